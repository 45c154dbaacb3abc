"""What a form says of time: the period it grants, asks or refuses. Pure, read by cases and deadlines.

A period is never guessed (domain, 10.2): both dates must be readable on the form itself. An answer that
grants everything without repeating the dates grants the dates asked on the same sheet; a partial one
grants only the dates it writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gateway.circuits.decision import DocumentSeen
from gateway.circuits.model import Circuit
from parsers.facts import Fact, Source


class PeriodKind(StrEnum):
    """What the form does: authorise, ask for more, grant it, refuse it."""

    AUTHORISED = "authorised"
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PeriodSeen:
    """A period as the form writes it, both days included. Only a refusal may lack its dates."""

    kind: PeriodKind
    starts: date | None
    ends: date | None
    amount: str | None
    """Decimal euros with a point."""

    @property
    def covers(self) -> bool:
        """True when it gives rights."""
        return self.kind in {PeriodKind.AUTHORISED, PeriodKind.GRANTED}


def best_fact(facts: Iterable[Fact], name: str) -> Fact | None:
    """The fact to act upon: a person's last correction, else the most confident one that normalises."""
    named = [fact for fact in facts if fact.name == name]
    corrections = [fact for fact in named if fact.source is Source.PERSON]
    if corrections:
        return corrections[-1]
    readable = [fact for fact in named if fact.normalised]
    return max(readable, key=lambda fact: fact.confidence, default=None)


def value_of(document: DocumentSeen, name: str) -> str | None:
    """The normalised value of ``name`` in ``document``, ``None`` when absent or unreadable."""
    fact = best_fact(document.facts, name)
    return fact.normalised if fact and fact.normalised else None


def date_of(document: DocumentSeen, name: str) -> date | None:
    """Like :func:`value_of`, as a day; a value that is no ISO 8601 date reads as absent."""
    value = value_of(document, name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def period_of(circuit: Circuit, document: DocumentSeen) -> PeriodSeen | None:
    """The period this document writes, or ``None`` when it writes none that can be read."""
    if document.kind in circuit.authorises:
        return _whole(document, PeriodKind.AUTHORISED, "start_date", "end_date", "amount")
    if document.kind in circuit.requests:
        return _requested(document, PeriodKind.REQUESTED)
    if document.kind in circuit.answers:
        return _answered(document)
    return None


def union(periods: Iterable[tuple[date, date]]) -> tuple[tuple[date, date], ...]:
    """Merge periods that overlap or follow each other without a day between; both ends included."""
    merged: list[tuple[date, date]] = []
    for starts, ends in sorted(periods):
        if merged and starts <= merged[-1][1] + timedelta(days=1):
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((starts, ends))
    return tuple(merged)


def _answered(document: DocumentSeen) -> PeriodSeen | None:
    answer = value_of(document, "answer")
    if answer == "refus":
        asked = _requested(document, PeriodKind.REFUSED)
        return asked or PeriodSeen(PeriodKind.REFUSED, None, None, None)
    granted = _whole(document, PeriodKind.GRANTED, "granted_start", "granted_end", "granted_amount")
    if answer == "accord-partiel":
        return granted
    if answer == "accord":
        nothing_written = not any(f.name in {"granted_start", "granted_end"} for f in document.facts)
        return granted or (_requested(document, PeriodKind.GRANTED) if nothing_written else None)
    return None


def _requested(document: DocumentSeen, kind: PeriodKind) -> PeriodSeen | None:
    return _whole(document, kind, "requested_start", "requested_end", "additional_amount")


def _whole(
    document: DocumentSeen, kind: PeriodKind, first: str, last: str, amount: str
) -> PeriodSeen | None:
    starts, ends = date_of(document, first), date_of(document, last)
    if starts is None or ends is None or ends < starts:
        return None
    return PeriodSeen(kind, starts, ends, value_of(document, amount))
