"""A decision becomes a case and its items: one transaction, repeatable without harm.

The documents of a mail are grouped by the person they speak of. Each group joins the case it matches at
the circuit's threshold, opens one when it holds a form that may, or leaves candidates for a person. A
sender foreign to the case and to the directory never joins it, whatever it quotes (lessons, row 13).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.cases.closing import rejoined
from gateway.cases.grouping import Group, case_columns, group_documents
from gateway.cases.history import add_period
from gateway.cases.likely import Likely, likely
from gateway.cases.matching import CANDIDATE_FLOOR
from gateway.cases.reopened import settle_former, settle_quarantine
from gateway.cases.sharing import by_caisse, caisse_of, held
from gateway.cases.strangers import domain_of, is_foreign
from gateway.circuits.decision import Decision, DocumentSeen, MailKind, MailSeen, Route
from gateway.circuits.directory import Directory
from gateway.circuits.model import COVER_NOTE, Circuit
from gateway.clock import paris_date
from gateway.evidence.record import Kind
from storage import cases
from storage import items as items_
from storage.cases import Candidate, Case, Item
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import Document

Event = tuple[Kind, str, Mapping[str, Any]]

_DOUBT = 0.5
"""An authorisation opens its own case unless an existing one is at least this likely."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What filing did. ``case`` is the one of the leading document, ``None`` when a person decides."""

    items: tuple[Item, ...]
    case: Case | None
    opened: bool
    joined: bool
    candidates: int
    events: tuple[Event, ...]
    cases: tuple[Case, ...] = ()
    """Every case the mail went to: one mail may carry several people's forms."""


@dataclass(frozen=True, slots=True)
class _Settled:
    """One group, once decided: its case, or the candidates shown to a person."""

    group: Group
    case: Case | None
    opened: bool
    likely: tuple[Likely, ...]
    events: tuple[Event, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Filing:
    """What every part of the filing of one mail needs."""

    session: Session
    mail: MailSeen
    decision: Decision
    circuit: Circuit
    directory: Directory
    rows: Mapping[int, int]
    """Row number of each document, by position."""
    notes: frozenset[int]
    """Positions of the mail's own text."""
    at: datetime


def file_delivery(
    session: Session,
    delivery: Delivery,
    documents: Sequence[Document],
    mail: MailSeen,
    decision: Decision,
    circuit: Circuit,
    directory: Directory,
    at: datetime,
) -> Filed:
    """File one mail. The same delivery filed twice gives the same rows and no second event."""
    cases.lock_circuit(session, circuit.name)
    rows = {row.position: row.id for row in documents if row.id is not None}
    notes = frozenset(row.position for row in documents if row.kind == COVER_NOTE)
    work = _Filing(session, mail, decision, circuit, directory, rows, notes, at)
    settled: tuple[_Settled, ...] = ()
    if (
        mail.kind is MailKind.MAIL
        and not decision.quarantined
        and decision.queue != circuit.quarantine_queue
    ):
        groups = by_caisse(group_documents(circuit, mail, decision.establishment), decision)
        settled = tuple(_settle(work, group) for group in groups)
    items, item_events, candidates = _put_in_queues(work, delivery, settled)
    item_events += settle_quarantine(session, delivery, decision, circuit.quarantine_queue)
    item_events += settle_former(session, delivery, decision, circuit.quarantine_queue)
    lead = next((s for s in settled if s.case is not None), None)
    return Filed(
        items=items,
        case=lead.case if lead else None,
        opened=bool(lead and lead.opened),
        joined=bool(lead and not lead.opened),
        candidates=candidates,
        events=(*(event for s in settled for event in s.events), *item_events),
        cases=tuple({s.case.reference: s.case for s in settled if s.case is not None}.values()),
    )


def _settle(work: _Filing, group: Group) -> _Settled:
    already = _case_already_given(work, group)
    if already is not None:
        return _Settled(group, already, already.opened_by_delivery == work.mail.sha256, (), (), ())
    found = likely(work.session, work.circuit, group.identity)
    best = found[0] if found else None
    left = items_.cases_left(work.session, work.mail.sha256)
    if best and best.case.id in left:
        reason = "une personne a détaché ce message de ce dossier : elle seule l'y remet"
        return _Settled(group, None, False, found, (), (reason,))
    if best and best.match.score >= work.circuit.match_threshold and not _tied(found):
        if not is_foreign(work.directory, work.mail, best.case.sender_domain):
            return _join(work, group, best)
        reason = "expéditeur étranger au dossier et à l'annuaire : une personne décide du rattachement"
        return _Settled(group, None, False, found, (), (reason,))
    opener = next((d for d in group.documents if d.kind in work.circuit.opens_case), None)
    if opener is not None and not _doubtful(work, opener, best):
        return _open(work, group, opener)
    reason = (
        "dossier à choisir parmi les candidats : aucun n'atteint le seuil de rattachement"
        if found
        else "aucun dossier ne correspond"
    )
    return _Settled(group, None, False, found, (), (reason,))


def _doubtful(work: _Filing, opener: DocumentSeen, best: Likely | None) -> bool:
    if best is None:
        return False
    # A further request speaks of an authorisation that exists: any likeness is a reason to ask.
    floor = _DOUBT if opener.kind in work.circuit.authorises else CANDIDATE_FLOOR
    return best.match.score >= floor


def _tied(likely: tuple[Likely, ...]) -> bool:
    """Two cases that fit equally well: choosing is a person's work."""
    return len(likely) > 1 and likely[0].match.score - likely[1].match.score < 0.02


def _case_already_given(work: _Filing, group: Group) -> Case | None:
    for document in group.documents:
        case_id = cases.case_of_document(work.session, work.rows[document.position])
        if case_id is not None:
            return cases.by_id(work.session, case_id)
    return None


def _join(work: _Filing, group: Group, best: Likely) -> _Settled:
    case = best.case
    cases.complete(work.session, _number(case), case_columns(group, caisse_of(group, work.decision)))
    fields = {
        "delivery": work.mail.sha256,
        "score": f"{best.match.score:.4f}",
        "reasons": list(best.match.reasons),
        "documents": [d.sha256 for d in group.documents],
    }
    joined: Event = (Kind.CASE_JOINED, f"case:{case.reference}", fields)
    reopened = rejoined(work.session, case, work.at, work.mail.sha256)
    events = (*reopened, *_file_documents(work, group, case, best.match.reasons))
    return _Settled(group, case, False, (), (joined, *events), best.match.reasons)


def _open(work: _Filing, group: Group, opener: DocumentSeen) -> _Settled:
    year = paris_date(work.at).year
    case = cases.open_case(
        work.session,
        Case(
            reference=cases.next_reference(work.session, work.circuit.reference_prefix, year),
            circuit=work.circuit.name,
            opened_at=work.at,
            opened_by_delivery=work.mail.sha256,
            opened_by_position=opener.position,
            sender_domain=domain_of(work.mail),
            **case_columns(group, caisse_of(group, work.decision)),
        ),
    )
    fields = {
        "delivery": work.mail.sha256,
        "kind": opener.kind,
        "document": opener.sha256,
        "establishment": case.establishment_finess,
        "caisse": case.caisse,
    }
    opened: Event = (Kind.CASE_OPENED, f"case:{case.reference}", fields)
    reasons = (f"dossier ouvert par « {work.circuit.title_of(opener.kind)} »",)
    return _Settled(group, case, True, (), (opened, *_file_documents(work, group, case, reasons)), reasons)


def _file_documents(work: _Filing, group: Group, case: Case, reasons: Sequence[str]) -> tuple[Event, ...]:
    events: list[Event] = []
    for document in group.documents:
        row = work.rows[document.position]
        if cases.file_document(work.session, row, _number(case), work.at, reasons):
            event = add_period(work.session, work.circuit, case, document, row, at=work.at)
            events.extend([event] if event else [])
    return tuple(events)


def _put_in_queues(
    work: _Filing, delivery: Delivery, settled: tuple[_Settled, ...]
) -> tuple[tuple[Item, ...], list[Event], int]:
    items: list[Item] = []
    events: list[Event] = []
    candidates = 0
    for route in work.decision.routes:
        concerned = [s for s in settled if _concerns(s.group, route)]
        if len(settled) == 1:  # what names nobody follows the only person of the mail
            concerned = list(settled)
        lead = next((s for s in concerned if s.case is not None), None)
        item, new = cases.add_item(work.session, _item(work, delivery, route, concerned, lead))
        items.append(item)
        if not new:
            _hold_again(work, item, route, concerned)
            continue
        shown = {} if lead else {_number(x.case): x for s in concerned for x in s.likely}
        for one in shown.values():
            candidates += cases.add_candidate(
                work.session,
                Candidate(
                    item_id=item.id or 0,
                    case_id=_number(one.case),
                    score=one.match.score,
                    reasons=list(one.match.reasons),
                ),
            )
        fields = {
            "item": item.id,
            "queue": route.queue,
            "kind": route.kind,
            "case": lead.case.reference if lead and lead.case else None,
            "candidates": len(shown),
            "forward_to": list(route.forward_to),
        }
        events.append((Kind.ITEM_FILED, f"delivery:{delivery.sha256}", fields))
    return tuple(items), events, candidates


def _item(
    work: _Filing, delivery: Delivery, route: Route, concerned: Sequence[_Settled], lead: _Settled | None
) -> Item:
    others = len(route.documents) - 1
    more = (
        f" et {others} autre{'s' if others > 1 else ''} document{'s' if others > 1 else ''}"
        if others > 0
        else ""
    )
    reasons = (*route.reasons, *(r for s in concerned for r in s.reasons))
    several = {s.case.reference for s in concerned if s.case is not None}
    if len(several) > 1:
        reasons = (*reasons, f"ce message concerne aussi d'autres dossiers : {', '.join(sorted(several))}")
    return Item(
        delivery=delivery.sha256,
        circuit=work.circuit.name,
        queue=route.queue,
        case_id=lead.case.id if lead and lead.case else None,
        positions=_held(work, route, concerned),
        kind=route.kind,
        title=(work.circuit.title_of(route.kind) + more)[:300],
        sender=work.mail.sender or work.mail.envelope_from,
        reasons=list(dict.fromkeys(reasons)),
        forward_to=list(route.forward_to),
        created_at=work.at,
    )


def _held(work: _Filing, route: Route, concerned: Sequence[_Settled]) -> list[int] | None:
    return held(route, work.decision, [settled.group for settled in concerned], work.notes)


def _hold_again(work: _Filing, item: Item, route: Route, concerned: Sequence[_Settled]) -> None:
    """A mail read again (a key came, a password was given) has other documents at other positions.

    A mail that people cut in parts keeps their parts.
    """
    positions = _held(work, route, concerned)
    cut = items_.last_part(work.session, item.delivery, item.queue) > 0
    if not cut and item.positions != positions:
        cases.change_item(work.session, item.id or 0, item.version, positions=positions)


def _concerns(group: Group, route: Route) -> bool:
    return any(d.position in route.documents for d in group.documents)


def _number(case: Case) -> int:
    if case.id is None:
        raise ValueError("a case read from the database has a number")
    return case.id
