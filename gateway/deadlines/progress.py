"""What became of a delay, pure: from its rule and what came since, in whatever order it was told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gateway.circuits.model import DeadlineRule
from gateway.deadlines.terms import Pause


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that came to a case: a document kind, ``@granted``, ``@event:…``, ``@letter:…``."""

    name: str
    on: date
    at: datetime
    """When it was known; ``on`` is the day it counts from."""
    title: str
    """How people call it (French)."""
    delivery: str | None = None
    number: int = 0
    """Of an event of the case; 0 for anything else."""
    about: str | None = None
    """The only mail whose delays it touches: a report forwarded says nothing of the others."""


@dataclass(frozen=True, slots=True)
class Progress:
    """At most one of ``stopped``, ``replaced``, ``restarted``; ``pauses`` up to then."""

    stopped: Fact | None = None
    replaced: Fact | None = None
    restarted: Fact | None = None
    pauses: tuple[Pause, ...] = ()


def progress(
    rule: DeadlineRule,
    facts: Iterable[Fact],
    since: datetime,
    *,
    delivery: str | None = None,
    number: int = 0,
) -> Progress:
    """Follow ``facts`` from ``since``, leaving out what started the delay itself.

    ``delivery`` and ``number`` name that start: its mail, or its event of the case.
    """
    pauses: list[Pause] = []
    for fact in _later(facts, since, delivery, number):
        if fact.name in rule.stopped_by:
            return Progress(stopped=fact, pauses=tuple(pauses))
        if fact.name in rule.replaced_by:
            return Progress(replaced=fact, pauses=tuple(pauses))
        if fact.name in rule.restarted_by:
            return Progress(restarted=fact, pauses=tuple(pauses))
        paused = bool(pauses) and pauses[-1].until is None
        if fact.name in rule.paused_by and not paused:
            pauses.append(Pause(max(fact.on, _reached(pauses)), None, fact.title))
        elif fact.name in rule.resumed_by and paused:
            last = pauses[-1]
            pauses[-1] = Pause(last.on, max(fact.on, last.on), f"{last.why} ; {fact.title}")
    return Progress(pauses=tuple(pauses))


def _later(facts: Iterable[Fact], since: datetime, delivery: str | None, number: int) -> Sequence[Fact]:
    later = [
        fact
        for fact in facts
        if (fact.at >= since or (fact.number and fact.number > number > 0))
        and (fact.delivery is None or fact.delivery != delivery)
        and (fact.about is None or fact.about == delivery)
        and not (fact.number and fact.number <= number)
    ]
    return sorted(later, key=lambda fact: fact.at)


def _reached(pauses: Sequence[Pause]) -> date:
    """Suspensions never overlap: the next begins where the last ended at the earliest."""
    return pauses[-1].until or date.min if pauses else date.min
