"""A person says which case a mail belongs to, or that it opens one: what filing left undecided.

A mistake is repaired by taking the mail out of the case (``leaving``), then by another choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.cases.closing import rejoined
from gateway.cases.grouping import case_columns, group_documents
from gateway.cases.history import add_period
from gateway.cases.strangers import domain_of
from gateway.cases.struck import Forms, settle
from gateway.circuits.decision import Decision, DocumentSeen, MailSeen
from gateway.circuits.model import BY_PERIOD, Circuit
from gateway.clock import paris_date
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import cases, deadlines, reviews
from storage.cases import Case, Item
from storage.db import Session
from storage.deadlines import DeadlineState
from storage.documents import Document

Event = tuple[Kind, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Choice:
    """Who chose, for which item as they saw it, and which case; ``None`` opens a new one."""

    item_id: int
    version: int
    reference: str | None
    by: str


def choose_case(
    session: Session,
    choice: Choice,
    documents: Sequence[Document],
    mail: MailSeen,
    decision: Decision,
    circuit: Circuit,
    at: datetime,
) -> tuple[Case, tuple[Event, ...]]:
    """File the mail's documents that have no case yet in the one chosen; entries to record last.

    The caller then calls ``deadlines.schedule.settle_case``. Raises ``NotFound`` for an unknown item or
    case, ``Refused`` when the item has a case, changed meanwhile, or belongs to another circuit.
    """
    cases.lock_circuit(session, circuit.name)
    item = _undecided(session, choice)
    case = _case(session, choice, documents, mail, decision, circuit, at)
    if case.id is None or case.circuit != item.circuit:
        raise Refused(
            "Ce dossier est d'un autre circuit ; rien n'a été changé : choisissez un autre dossier."
        )
    reopened = rejoined(session, case, at, item.delivery)
    reason = f"choisi par {choice.by}" if choice.reference else f"ouvert par {choice.by}"
    events: list[Event] = [_chosen(choice, item, case, opened=choice.reference is None), *reopened]
    seen = {d.position: d for d in mail.documents}
    for row in documents:
        document = seen.get(row.position)
        if row.id is None or document is None or cases.case_of_document(session, row.id) is not None:
            continue
        cases.file_document(session, row.id, case.id, at, [reason])
        events.extend(_periods(session, circuit, case, document, row.id, at))
    filed = {
        row.position
        for row in documents
        if row.id is not None and cases.case_of_document(session, row.id) == case.id
    }
    for other in cases.items_of(session, item.delivery):
        follows = other.id == item.id or (other.part == item.part and _routed(other, decision) <= filed)
        if other.id is not None and other.case_id is None and follows:
            reasons = [*other.reasons, f"dossier {reason}"]
            cases.change_item(session, other.id, other.version, case_id=case.id, reasons=reasons)
    deadlines.adopt(session, item.delivery, case.id, None if _routed(None, decision) <= filed else filed)
    _drop_doubles(session, circuit, case.id, documents, at)
    return case, tuple(events)


def _periods(
    session: Session, circuit: Circuit, case: Case, document: DocumentSeen, number: int, at: datetime
) -> Sequence[Event]:
    """What a document gives its case; one that left it and comes back finds its periods again."""
    if not any(period.case_id == case.id for period in cases.periods_of_document(session, number)):
        event = add_period(session, circuit, case, document, number, at=at)
        return [event] if event is not None else []
    forms = Forms({number: document}, reviews.rejected(session, [number]))
    return settle(session, circuit, case, forms, number, at=at).events


def _routed(item: Item | None, decision: Decision) -> set[int]:
    """Documents that make the work of an item: the others of its mail may speak of somebody else."""
    every = {position for route in decision.routes for position in route.documents}
    if item is None or item.positions is None:
        return every
    return every.intersection(item.positions) or set(item.positions)


def _drop_doubles(
    session: Session, circuit: Circuit, case_id: int, documents: Sequence[Document], at: datetime
) -> None:
    """A further copy of a form already in the case watches no period of its own."""
    watching = {rule.kind for rule in circuit.deadlines if rule.start in BY_PERIOD}
    doubles = {
        f"document:{row.delivery}:{row.position}"
        for row in documents
        if row.id is not None and cases.period_of_document(session, row.id) is None
    }
    for deadline in deadlines.pending_of_case(session, case_id):
        if deadline.kind in watching and deadline.origin in doubles and deadline.id is not None:
            reason = "autre exemplaire d'un formulaire déjà au dossier"
            deadlines.end(session, deadline.id, DeadlineState.CANCELLED, reason, at)


def _undecided(session: Session, choice: Choice) -> Item:
    item = cases.item(session, choice.item_id)
    if item is None:
        raise NotFound("Ce travail n'existe pas ; rien n'a été changé.")
    if item.version != choice.version or item.case_id is not None:
        raise Refused(
            "Ce travail a changé depuis que vous l'avez lu ; rien n'a été changé : relisez la page."
        )
    return item


def _case(
    session: Session,
    choice: Choice,
    documents: Sequence[Document],
    mail: MailSeen,
    decision: Decision,
    circuit: Circuit,
    at: datetime,
) -> Case:
    if choice.reference is not None:
        found = cases.get(session, choice.reference)
        if found is None:
            raise NotFound("Ce dossier n'existe pas ; rien n'a été changé : vérifiez sa référence.")
        return found
    filed = {
        row.position for row in documents if row.id and cases.case_of_document(session, row.id) is not None
    }
    left = [
        g
        for g in group_documents(circuit, mail, decision.establishment)
        if g.documents[0].position not in filed
    ]
    if not left:
        raise Refused("Ce message n'a aucun document à mettre dans un dossier ; rien n'a été changé.")
    return cases.open_case(
        session,
        Case(
            reference=cases.next_reference(session, circuit.reference_prefix, paris_date(at).year),
            circuit=circuit.name,
            opened_at=at,
            opened_by_delivery=mail.sha256,
            opened_by_position=left[0].documents[0].position,
            sender_domain=domain_of(mail),
            **case_columns(left[0], decision.caisse),
        ),
    )


def _chosen(choice: Choice, item: Item, case: Case, *, opened: bool) -> Event:
    fields = {
        "case": case.reference,
        "item": item.id,
        "by": choice.by,
        "opened": opened,
        "delivery": item.delivery,
    }
    return Kind.CANDIDATE_CHOSEN, f"case:{case.reference}", fields
