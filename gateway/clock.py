"""The only place that asks the time; everyone else is handed a clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class Clock(Protocol):
    """What the rooms may ask: an aware UTC instant."""

    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class TurnableClock:
    """A clock set by hand: tests and ``--at`` replays turn it forward or back."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def turn(self, by: timedelta) -> None:
        self._at += by

    def set(self, at: datetime) -> None:
        self._at = at


def paris_date(instant: datetime) -> date:
    """The calendar day in France at ``instant``: legal delays are counted in French days."""
    return instant.astimezone(PARIS).date()
