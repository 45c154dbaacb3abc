"""What stands of the periods of a case, once people judged its forms: struck and restored, never deleted.

A form gives its period as long as nobody rejected it and its type and its answer say so. Among copies of
one form the first that counts gives the period; a copy that was ignored gives its own when the first counts
no more, and stands back when the first comes back. No other form is touched (domain, 10.2).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.cases.history import (
    ANSWER,
    add_period,
    correct_period,
    gives,
    key_of,
    key_seen,
)
from gateway.circuits.decision import DocumentSeen
from gateway.circuits.model import Circuit
from gateway.circuits.periods import best_fact, period_of
from gateway.evidence.record import Kind
from parsers.facts import Source
from storage import cases
from storage.cases import Case, Period, PeriodOrigin, PeriodStatus
from storage.db import Session

Event = tuple[Kind, str, Mapping[str, Any]]

REJECTED = "document rejeté par une personne"
OTHERWISE = "le document est d'un autre type ou dit autre chose, selon une personne"
LEFT = "document détaché du dossier par une personne"
COPY = "autre exemplaire d'un formulaire déjà au dossier"
AGAIN = "le formulaire compte de nouveau, selon une personne"

_EXTENSION = PeriodOrigin.EXTENSION
_REFUSAL = "refus"


@dataclass(frozen=True, slots=True)
class Forms:
    """The documents of a case as they read now, by number, in the order they were filed."""

    seen: Mapping[int, DocumentSeen | None]
    """``None``: a part of the mail that is no document of a circuit."""
    rejected: Collection[int]
    left: Collection[int] = ()
    """Those that a person takes out of the case."""

    def counts(self, number: int) -> bool:
        return self.seen.get(number) is not None and number not in {*self.rejected, *self.left}

    def why_not(self, number: int) -> str:
        """Why a period of this document stands no more."""
        if number in self.left:
            return LEFT
        return REJECTED if number in self.rejected else OTHERWISE


@dataclass(frozen=True, slots=True)
class Struck:
    """What was written, and the documents whose periods changed."""

    events: tuple[Event, ...]
    documents: frozenset[int]


@dataclass(slots=True)
class _Work:
    session: Session
    circuit: Circuit
    case: Case
    forms: Forms
    at: datetime
    events: list[Event]
    changed: set[int]

    def note(self, number: int, event: Event | None) -> None:
        if event is not None:
            self.events.append(event)
            self.changed.add(number)


def settle(
    session: Session, circuit: Circuit, case: Case, forms: Forms, number: int, *, at: datetime
) -> Struck:
    """Add, correct, strike or restore what document ``number`` gives, and its copies after it.

    Hold the circuit (``cases.lock_circuit``). Repeatable without harm.
    """
    work = _Work(session, circuit, case, forms, at, [], set())
    own = _own(work, number)
    for period in own:
        if period.stands and not _given(work, period):
            _strike(work, period, forms.why_not(number))
    _restore(work, own)
    document = forms.seen.get(number)
    if document is not None and forms.counts(number):
        work.note(number, correct_period(session, circuit, case, document, number))
        _restore(work, own)  # its dates may no longer be those of a copy
    _add(work, number)
    lost = {key_of(period) for period in own if not period.stands}
    if lost:
        rows = cases.periods(session, case.id or 0)
        _restore(work, [row for row in rows if row.document_id != number and key_of(row) in lost])
        for other in forms.seen:
            _add(work, other, lost)
    return Struck(tuple(work.events), frozenset(work.changed))


def expected(circuit: Circuit, document: DocumentSeen) -> frozenset[tuple[PeriodOrigin, PeriodStatus]]:
    """What a document of its type may give, as far as a person says what it answers."""
    if document.kind in circuit.authorises:
        return frozenset({(PeriodOrigin.AUTHORISATION, PeriodStatus.GRANTED)})
    if document.kind in circuit.requests:
        return frozenset({(_EXTENSION, PeriodStatus.REQUESTED), (_EXTENSION, PeriodStatus.TACIT)})
    if document.kind not in circuit.answers:
        return frozenset()
    granted, refused = (_EXTENSION, PeriodStatus.GRANTED), (_EXTENSION, PeriodStatus.REFUSED)
    said = best_fact(document.facts, ANSWER)
    if said is None or said.source is not Source.PERSON:
        return frozenset({granted, refused})  # two readings that disagree take nothing away
    return frozenset({refused if said.normalised == _REFUSAL else granted})


def _own(work: _Work, number: int) -> list[Period]:
    """What a document gave in this case; what it gave in one it left stays there."""
    found = cases.periods_of_document(work.session, number)
    return [period for period in found if period.case_id == work.case.id]


def _given(work: _Work, period: Period) -> bool:
    """Whether the document of this period still gives it."""
    if period.document_id not in work.forms.seen:
        return True  # of another case by now: not ours to judge
    document = work.forms.seen[period.document_id]
    if document is None or not work.forms.counts(period.document_id):
        return False
    return (period.origin, period.given) in expected(work.circuit, document)


def _strike(work: _Work, period: Period, why: str) -> None:
    if cases.strike(work.session, period):
        work.note(period.document_id, _told(work, Kind.PERIOD_STRUCK, period, why))


def _restore(work: _Work, periods: Iterable[Period]) -> None:
    """Bring each back unless an earlier copy stands; a later copy that stood in for it stands back."""
    rows = cases.periods(work.session, work.case.id or 0)
    for period in periods:
        if period.stands or not _given(work, period):
            continue
        same = [row for row in rows if row.stands and key_of(row) == key_of(period)]
        if any((row.id or 0) < (period.id or 0) for row in same):
            continue
        if cases.restore(work.session, period):
            work.note(period.document_id, _told(work, Kind.PERIOD_RESTORED, period, AGAIN))
        for row in same:
            _strike(work, row, COPY)


def _add(work: _Work, number: int, copies_of: Collection[Hashable] | None = None) -> None:
    """Add what a document writes and gave no row; ``copies_of``: only what is a copy of one of these."""
    document = work.forms.seen.get(number)
    if document is None or not work.forms.counts(number):
        return
    seen = period_of(work.circuit, document)
    if seen is None or (copies_of is not None and key_seen(seen) not in copies_of):
        return
    own = _own(work, number)
    if any(
        p.given is not PeriodStatus.TACIT and (p.stands or (p.origin, p.given) == gives(seen)) for p in own
    ):
        return
    work.note(number, add_period(work.session, work.circuit, work.case, document, number, at=work.at))


def _told(work: _Work, kind: Kind, period: Period, why: str) -> Event:
    document = work.forms.seen.get(period.document_id)
    fields = {
        "document": document.sha256 if document is not None else None,
        "origin": str(period.origin),
        "status": str(period.given),
        "starts": period.starts.isoformat() if period.starts else None,
        "ends": period.ends.isoformat() if period.ends else None,
        "why": why,
    }
    return kind, f"case:{work.case.reference}", fields
