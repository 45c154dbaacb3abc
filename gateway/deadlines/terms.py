"""What a due date is computed from, kept beside it: any day it can be computed again, and explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.circuits.model import DeadlineRule, Unit


@dataclass(frozen=True, slots=True)
class Terms:
    """``delay`` ``unit`` after ``start``, in the calendar ``calendar`` of the département ``place``.

    A due date keeps the terms it was set under: a rule rewritten later holds for what starts later.
    """

    start: date
    why: str
    """What started it (French)."""
    delay: int
    unit: Unit
    calendar: str
    place: str | None
    rule: str
    """Title, legal basis and status, as people read them."""
    since: datetime
    """The instant it was known to start: only what comes after it can stop, pause or restart it."""

    def row(self) -> dict[str, Any]:
        """As JSON, for ``Deadline.terms``."""
        return {
            "start": self.start.isoformat(),
            "why": self.why,
            "delay": self.delay,
            "unit": str(self.unit),
            "calendar": self.calendar,
            "place": self.place,
            "rule": self.rule,
            "since": self.since.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Pause:
    """A suspension: the days after ``on``, up to ``until`` included, do not count.

    A delay counts from the day after its start; so does its suspension, and what is left of the delay
    counts from the day after ``until``. Without ``until`` it lasts.
    """

    on: date
    until: date | None
    why: str

    def row(self) -> dict[str, str]:
        told = {"on": self.on.isoformat(), "why": self.why}
        return told | ({"until": self.until.isoformat()} if self.until else {})


_STATUS = {"confirmed": "confirmé", "to be confirmed": "à confirmer"}


def terms_of(rule: DeadlineRule, start: date, why: str, place: str | None, since: datetime) -> Terms:
    """The terms of a delay that starts now."""
    status = _STATUS.get(rule.status, rule.status)
    said = f"règle : {rule.title} ({rule.basis}), délai {status}"
    return Terms(start, why, rule.delay, rule.unit, rule.calendar, place, said, since)


def terms_from(row: Mapping[str, Any] | None) -> Terms | None:
    """The terms kept with a due date; ``None`` when it is not one that is computed again."""
    if row is None:
        return None
    return Terms(
        start=date.fromisoformat(row["start"]),
        why=row["why"],
        delay=row["delay"],
        unit=Unit(row["unit"]),
        calendar=row["calendar"],
        place=row["place"],
        rule=row["rule"],
        since=datetime.fromisoformat(row["since"]),
    )


def pauses_from(rows: Iterable[Mapping[str, str]]) -> tuple[Pause, ...]:
    return tuple(
        Pause(
            date.fromisoformat(row["on"]),
            date.fromisoformat(row["until"]) if "until" in row else None,
            row["why"],
        )
        for row in rows
    )


def lasting(pauses: Sequence[Pause]) -> bool:
    """Whether the delay is suspended now."""
    return bool(pauses) and pauses[-1].until is None
