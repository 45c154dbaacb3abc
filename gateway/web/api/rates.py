"""How often one person's programs may call: a bucket a login, refilled as time passes (429 when empty)."""

from __future__ import annotations

import math
from datetime import datetime
from threading import Lock

from fastapi import Request

from gateway.web.api import problems
from gateway.web.api.problems import ApiError
from gateway.web.house import house, viewer


class Rates:
    """The buckets of one process. ``a_minute``: calls of one login in a minute, at once or spread."""

    def __init__(self, a_minute: int) -> None:
        self.a_minute = a_minute
        self._left: dict[str, tuple[float, datetime]] = {}
        self._lock = Lock()

    def wait(self, login: str, at: datetime) -> int:
        """Count one call; 0, or the seconds to wait when there have been too many."""
        rate = self.a_minute / 60
        with self._lock:
            left, last = self._left.get(login, (float(self.a_minute), at))
            left = min(float(self.a_minute), left + max(0.0, (at - last).total_seconds()) * rate)
            if left < 1:
                self._left[login] = left, at
                return math.ceil((1 - left) / rate)
            self._left[login] = left - 1, at
            return 0


def limited(request: Request) -> None:
    """Dependency of every address of the API, after the guard. Raises ``ApiError`` (429)."""
    rates: Rates = request.app.state.rates
    seconds = rates.wait(viewer(request).login, house(request).clock.now())
    if seconds:
        error = ApiError(
            problems.TOO_MANY,
            f"Plus de {rates.a_minute} appels en une minute ; rien n’a été changé."
            f" Recommencez dans {seconds} secondes.",
        )
        error.retry_after = seconds
        raise error
