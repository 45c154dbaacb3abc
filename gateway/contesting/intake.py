"""The lists of a mail: read in the sandbox, each claim compared with the cases, then written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.cases.grouping import identity_of_case
from gateway.cases.matching import (
    CANDIDATE_FLOOR,
    Identity,
    compare,
    fold_number,
    fold_reference,
    name_key,
)
from gateway.circuits.directory import FINESS, correspondent_of, establishment_named
from gateway.circuits.model import Circuit
from gateway.contestations.intake import Event, Likely, Matched, register
from gateway.contesting.acts import settle
from gateway.contesting.rooms import Contesting
from parsers.claims import Claim, ClaimsRead
from parsers.errors import ParseError
from storage import cases
from storage.cases import Case, PeriodStatus
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import Document

_MAX_CANDIDATES = 10
_INSIDE = 0.6
"""Chance that a stay inside the granted periods of a case is a stay of that case."""
_OUTSIDE = 0.7
"""Factor when the stay touches no period of the case, unless the dates are what is contested."""
_TIE = 0.02
Readings = Mapping[int, ClaimsRead | ParseError]
"""What was read in each list, by number of its document."""


@dataclass(frozen=True, slots=True)
class Content:
    """One document that carries claims: its row, its bytes."""

    row: Document
    content: bytes


def lists_among(circuit: Circuit, rows: Sequence[Document]) -> list[Document]:
    """The documents of a mail that carry claims and were written."""
    return [row for row in lists_named(circuit, rows) if row.id is not None]


def lists_named(circuit: Circuit, rows: Sequence[Document]) -> list[Document]:
    """The documents that were classed as lists of claims."""
    rules = circuit.contestations
    return [row for row in rows if rules is not None and row.kind == rules.kind]


def read_lists(rooms: Contesting, delivery: Delivery, found: Sequence[Content]) -> Readings:
    """Read each list in a limited child; what cannot be read says why in its place."""
    _, rules = rooms.rules(delivery.circuit)
    context = "\n".join((delivery.subject or "", str((delivery.mail or {}).get("body") or "")))
    readings: dict[int, ClaimsRead | ParseError] = {}
    for one in found:
        row = one.row
        try:
            read: ClaimsRead | ParseError = rooms.read(
                one.content, row.media_type, row.name, context, rules.words
            )
        except ParseError as error:
            read = error
        readings[row.id or 0] = read
    return readings


def register_lists(
    session: Session, rooms: Contesting, delivery: Delivery, readings: Readings, at: datetime
) -> list[Event]:
    """Write the contestations of a mail; nothing the second time. Locks the circuit."""
    circuit, rules = rooms.rules(delivery.circuit)
    cases.lock_circuit(session, circuit.name)
    trusted = _trusted(rooms, delivery)
    events: list[Event] = []
    for document_id, read in sorted(readings.items()):
        done = register(
            session,
            circuit,
            rules,
            delivery,
            document_id,
            read,
            lambda claim: match(session, rooms, circuit, claim, trusted=trusted),
            at,
        )
        events.extend(done.events)
        joined = [one.case_id for one in done.made if one.case_id is not None]
        events.extend(settle(session, rooms, joined, at))
    return events


def match(session: Session, rooms: Contesting, circuit: Circuit, claim: Claim, *, trusted: bool) -> Matched:
    """The cases that may be the one of ``claim``. A stranger's claim joins none: a person decides."""
    seen = _identity(rooms, claim)
    found = cases.possible(
        session,
        circuit.name,
        references=seen.quoted,
        form_reference=seen.form_reference or fold_reference(claim.reference),
        cnas_number=seen.cnas_number,
        birth_date=seen.birth_date,
        name_key=name_key(seen.name, seen.first_names),
    )
    scored = sorted((_score(session, seen, claim, case) for case in found), key=lambda s: -s.score)
    likely = tuple(s for s in scored if s.score >= CANDIDATE_FLOOR)[:_MAX_CANDIDATES]
    best = likely[0] if likely else None
    tied = len(likely) > 1 and likely[0].score - likely[1].score < _TIE
    if best is None or best.score < circuit.match_threshold or tied or not trusted:
        return Matched(None, likely)
    return Matched(best)


def _identity(rooms: Contesting, claim: Claim) -> Identity:
    written = claim.establishment or ""
    place = FINESS.search(written.replace(" ", "").upper())
    named = establishment_named(rooms.directory, written) if written and place is None else None
    return Identity(
        form_reference=fold_reference(claim.form_reference),
        cnas_number=fold_number(claim.cnas_number),
        name=claim.last_name,
        first_names=claim.first_names,
        birth_date=claim.birth_date,
        finess=place[0] if place else named.finess if named else None,
        quoted=tuple(r.upper() for r in (claim.reference, claim.form_reference) if r),
    )


def _score(session: Session, seen: Identity, claim: Claim, case: Case) -> Likely:
    known = identity_of_case(case)
    written = fold_reference(claim.reference)
    if seen.form_reference is None and written is not None and written == known.form_reference:
        # an invoice's number says nothing against a case; the form's own number says much for it
        seen = replace(seen, form_reference=written)
    match = compare(seen, known)
    score, reasons = match.score, list(match.reasons)
    if claim.starts is not None and claim.ends is not None:
        granted = [
            (p.starts, p.ends)
            for p in cases.periods(session, case.id or 0)
            if p.status is PeriodStatus.GRANTED and p.starts is not None and p.ends is not None
        ]
        if any(starts <= claim.starts and claim.ends <= ends for starts, ends in granted):
            score = 1 - (1 - score) * (1 - _INSIDE)
            reasons.append("séjour compris dans une période accordée")
        elif granted and not any(s <= claim.ends and claim.starts <= e for s, e in granted):
            score *= 1 if claim.reason == "dates" else _OUTSIDE
            reasons.append("séjour hors des périodes accordées")
    return Likely(case, round(score, 4), tuple(reasons))


def _trusted(rooms: Contesting, delivery: Delivery) -> bool:
    """Whether the sender is a correspondent we know, and not one we refuse."""
    known = correspondent_of(rooms.directory, delivery.sender or delivery.envelope_from)
    return known is not None and known.role != "refused"
