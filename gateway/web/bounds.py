"""The size of what strangers send: counted as it comes, before anything is parsed or routed."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024
"""Octets of a form or of a call: more is refused by its announced length, or as it comes."""
MAX_FIELDS = 200
_WITHOUT = frozenset({"GET", "HEAD", "OPTIONS"})


class BoundedBody:
    """ASGI middleware: a body is read whole here, at most ``MAX_BODY`` octets, then handed on; a larger
    one is answered by ``refuse`` and the connection closed, whatever the rest of the application does."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Request], Response]) -> None:
        self._app, self._refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _carries(scope):
            await self._app(scope, receive, send)
            return
        read = None if _announced(scope) > MAX_BODY else await _read(receive)
        if read is None:
            response = self._refuse(Request(scope))
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        waiting = list(read)

        async def again() -> Message:
            return waiting.pop(0) if waiting else await receive()

        await self._app(scope, again, send)


def _carries(scope: Scope) -> bool:
    """Whether a body may come: a read that announces none is left as it is (its stream listens)."""
    names = {name for name, _ in scope["headers"]}
    return scope["method"] not in _WITHOUT or bool(names & {b"content-length", b"transfer-encoding"})


def _announced(scope: Scope) -> int:
    """The length the headers announce; 0 when they announce none, or nothing that is a length."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


async def _read(receive: Receive) -> list[Message] | None:
    """What comes, to its end or to the departure of the client; ``None`` when it is too much."""
    found: list[Message] = []
    size = 0
    while True:
        message = await receive()
        found.append(message)
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return found
