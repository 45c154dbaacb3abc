"""Periods of a case: each form adds its own, no other form rewrites it (domain, 10.2)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date, datetime
from typing import Any

from gateway.circuits.decision import DocumentSeen
from gateway.circuits.model import Circuit
from gateway.circuits.periods import PeriodKind, PeriodSeen, period_of, union
from gateway.evidence.cover import covering
from gateway.evidence.record import Kind
from storage import cases, reviews
from storage.cases import Case, Period, PeriodOrigin, PeriodStatus
from storage.db import Session
from storage.documents import PERSON

Event = tuple[Kind, str, Mapping[str, Any]]

_STATUS = {
    PeriodKind.AUTHORISED: PeriodStatus.GRANTED,
    PeriodKind.REQUESTED: PeriodStatus.REQUESTED,
    PeriodKind.GRANTED: PeriodStatus.GRANTED,
    PeriodKind.REFUSED: PeriodStatus.REFUSED,
}


_FIELDS = {
    PeriodKind.AUTHORISED: ("start_date", "end_date", "amount"),
    PeriodKind.GRANTED: ("granted_start", "granted_end", "granted_amount"),
}
_ASKED = ("requested_start", "requested_end", "additional_amount")
"""Fields that give a period its first day, its last day and its amount; those of a request by default."""
ANSWER = "answer"
"""Field by which an answer grants or refuses."""
PERIOD_FIELDS = frozenset({ANSWER, *_ASKED, *(name for names in _FIELDS.values() for name in names)})
"""Every field of a form that says something of a period."""


def add_period(
    session: Session,
    circuit: Circuit,
    case: Case,
    document: DocumentSeen,
    document_id: int,
    *,
    at: datetime,
) -> Event | None:
    """Add the period ``document`` writes, if it is one the case does not have; the entry to record.

    A second copy of the authorisation adds nothing, even when its dates read otherwise: the difference
    is for a person, who corrects the fact of one copy. Nor does a document that a person rejected. Safe to
    call again after a correction.
    """
    seen = period_of(circuit, document)
    if seen is None or case.id is None or _is_known(cases.periods(session, case.id), seen):
        return None
    if reviews.rejected(session, [document_id]):
        return None
    period = Period(
        case_id=case.id,
        document_id=document_id,
        origin=_origin(seen),
        status=_STATUS[seen.kind],
        starts=seen.starts,
        ends=seen.ends,
        amount=seen.amount[:20] if seen.amount else None,
        at=at,
    )
    if not cases.add_period(session, period):
        return None
    fields = {
        "document": document.sha256,
        "origin": str(period.origin),
        "status": str(period.status),
        "starts": _iso(seen.starts),
        "ends": _iso(seen.ends),
    }
    return (Kind.PERIOD_ADDED, f"case:{case.reference}", fields)


def correct_period(
    session: Session, circuit: Circuit, case: Case, document: DocumentSeen, document_id: int
) -> Event | None:
    """Correct the period ``document`` gave, once a person wrote what was misread; the entry to record.

    Only what a person wrote: two sources that disagree elsewhere change nothing. Only the period of the
    form itself: one deemed granted by silence stays as the person confirmed it.
    ``None`` when the form says the same, or gives no period any more: nothing is taken away here.
    """
    seen = period_of(circuit, document)
    if seen is None or case.id is None:
        return None
    here = gives(seen)
    own = cases.periods_of_document(session, document_id)
    period = next((p for p in own if p.case_id == case.id and (p.origin, p.given) == here), None)
    if period is None:
        return None
    written = {fact.name for fact in document.facts if fact.source == PERSON}
    first, last, sum_ = _FIELDS.get(seen.kind, _ASKED)
    starts = seen.starts if first in written else period.starts
    ends = seen.ends if last in written else period.ends
    amount = (seen.amount[:20] if seen.amount else None) if sum_ in written else period.amount
    if (period.starts, period.ends, period.amount) == (starts, ends, amount):
        return None
    before = {"old_starts": _iso(period.starts), "old_ends": _iso(period.ends)}
    cases.correct_period(session, period, starts, ends, amount)
    fields = {
        "document": document.sha256,
        "origin": str(period.origin),
        "status": str(period.given),
        "starts": _iso(starts),
        "ends": _iso(ends),
        **before,
    }
    return (Kind.PERIOD_CORRECTED, f"case:{case.reference}", fields)


def coverage(session: Session, case_id: int) -> tuple[tuple[date, date], ...]:
    """The days covered: union of the periods that give rights, both ends included."""
    return union(covering(cases.periods(session, case_id)))


def key_of(period: Period) -> Hashable:
    """What copies of one form share: an authorisation is one by case, any other form by what it says."""
    if period.origin is PeriodOrigin.AUTHORISATION:
        return PeriodOrigin.AUTHORISATION
    if period.given is PeriodStatus.TACIT:
        return PeriodStatus.TACIT, period.id
    return period.origin, period.given, period.starts, period.ends


def key_seen(seen: PeriodSeen) -> Hashable:
    """The same, of a period read on a form."""
    if seen.kind is PeriodKind.AUTHORISED:
        return PeriodOrigin.AUTHORISATION
    return _origin(seen), _STATUS[seen.kind], seen.starts, seen.ends


def gives(seen: PeriodSeen) -> tuple[PeriodOrigin, PeriodStatus]:
    """Origin and status of the period that a form writes."""
    return _origin(seen), _STATUS[seen.kind]


def _is_known(periods: list[Period], seen: PeriodSeen) -> bool:
    return any(p.stands and key_of(p) == key_seen(seen) for p in periods)


def _origin(seen: PeriodSeen) -> PeriodOrigin:
    return PeriodOrigin.AUTHORISATION if seen.kind is PeriodKind.AUTHORISED else PeriodOrigin.EXTENSION


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
