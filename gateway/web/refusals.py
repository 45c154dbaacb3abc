"""Who asks for what is not theirs, object by object, is told in the log: a walk along the numbers shows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import log

EVERY = timedelta(hours=1)
"""A person and an object are told once in this time."""
MOST = 100
"""Objects of one person told in that time; one more line says that others follow."""
_KEPT = 10_000
"""Pairs of a person and an object kept in memory; the oldest give way."""
_REFUSED = frozenset({403, 404})


class Throttle:
    """What was told lately. Its memory is bounded, and so is what it lets through."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._lock = now, Lock()
        self._told: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._counts: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def lets(self, person: str, what: str) -> str | None:
        """What to log of this refusal: ``object``; ``more`` once a person has too many; or nothing."""
        at = self._now()
        with self._lock:
            last = self._told.pop((person, what), None)
            fresh = last is not None and timedelta() <= at - last < EVERY
            self._told[(person, what)] = last if fresh and last is not None else at
            since, count = self._counts.pop(person, (at, 0))
            if not timedelta() <= at - since < EVERY:
                since, count = at, 0
            self._counts[person] = (since, count if fresh else count + 1)
            for kept in (self._told, self._counts):
                while len(kept) > _KEPT:
                    kept.popitem(last=False)
        if fresh or count > MOST:
            return None
        return "more" if count == MOST else "object"


class Refusals:
    """ASGI middleware: an answer 403 or 404 to a known person, on an address that names an object."""

    def __init__(self, app: ASGIApp, now: Callable[[], datetime]) -> None:
        self._app, self._throttle = app, Throttle(now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _REFUSED:
                self._tell(scope, message["status"])
            await send(message)

        await self._app(scope, receive, watched if scope["type"] == "http" else send)

    def _tell(self, scope: Scope, status: int) -> None:
        viewer: Any = scope.get("state", {}).get("viewer")
        named: dict[str, Any] = scope.get("path_params") or {}
        if viewer is None or not named:
            return
        what = " ".join(f"{name}={_mark(value)}" for name, value in sorted(named.items()))
        told = self._throttle.lets(viewer.login, what)
        if told is not None:
            route = getattr(scope.get("route"), "path", "")
            log.object_refused(
                viewer.login, scope["method"], route, what if told == "object" else "…", status
            )


def _mark(value: object) -> str:
    """Which object, without a word of it: its number, or the beginning of the hash of its name."""
    text = str(value)
    return text if text.isdecimal() and len(text) <= 10 else sha256(text.encode()).hexdigest()[:12]
