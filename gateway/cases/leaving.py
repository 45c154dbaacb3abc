"""A person takes a piece of work out of a case it was wrongly put in; its documents leave with it.

The items of the same mail follow when none of their documents is left in the case. The case stays, empty if
need be; what was registered on it stays too. Choosing the case again undoes it all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.cases.grouping import group_documents
from gateway.cases.likely import likely
from gateway.cases.moves import CHANGED
from gateway.circuits.decision import Decision, MailSeen
from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.errors import Refused
from gateway.evidence.record import Kind
from storage import cases, documents, items, registrations
from storage.cases import Candidate, Case, Item
from storage.db import Session
from storage.documents import Document

Event = tuple[Kind, str, Mapping[str, Any]]

NO_CASE = "Cet élément n'est dans aucun dossier ; rien n'a été changé : relisez la page."
NO_REASON = (
    "Le motif manque ; rien n'a été changé. Dites en une phrase pourquoi ce dossier n'est pas le bon."
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who takes what out of which case, and why."""

    item: Item
    case: Case
    by: str
    reason: str
    at: datetime


def own_documents(session: Session, item: Item) -> list[Document]:
    """Documents of a piece of work that are filed in its case."""
    rows = documents.of_delivery(session, item.delivery)
    mine = [row for row in rows if items.holds(item, row.position)]
    return [row for row in mine if cases.case_of_document(session, row.id or 0) == item.case_id]


def unlink(
    session: Session, circuit: Circuit, asked: Leaving, mail: MailSeen, decision: Decision | None
) -> None:
    """Take the item, and those of its mail that keep nothing there, out of the case; show candidates.

    Its documents were taken out before (``cases.unfile``). Raises ``Refused`` when it changed meanwhile.
    """
    item, case = asked.item, asked.case
    said = f"détaché du dossier {case.reference} par {asked.by}"
    for one in cases.items_of(session, item.delivery):
        here = one.id == item.id
        if one.case_id != case.id or not (here or not own_documents(session, one)):
            continue
        why = f"{said} : {asked.reason}" if here else f"{said} avec le reste du message"
        columns = {"case_id": None, "reasons": [*one.reasons, why], **_places(one, decision)}
        if not cases.change_item(session, one.id or 0, one.version, **columns):
            raise Refused(CHANGED)
        _candidates(session, circuit, asked, one, mail, decision)


def told(session: Session, asked: Leaving, left: Sequence[Document]) -> Event:
    """The entry of the case that is left: which documents, and what stays registered there."""
    fields = {
        "case": asked.case.reference,
        "item": asked.item.id,
        "delivery": asked.item.delivery,
        "documents": [row.sha256 for row in left],
        "registrations": len(registrations.of_case(session, asked.case.id or 0)),
        "by": asked.by,
        "reason": asked.reason,
    }
    return Kind.CASE_LEFT, f"case:{asked.case.reference}", fields


def _places(item: Item, decision: Decision | None) -> dict[str, Any]:
    """Caisse and establishment of the mail itself, no longer those of the case."""
    if decision is None:
        return {"caisse": None, "finess": None}
    route = next((route for route in decision.routes if route.queue == item.queue), None)
    caisse = (route.caisse if route is not None else None) or decision.caisse
    return {"caisse": caisse, "finess": decision.establishment}


def _candidates(
    session: Session,
    circuit: Circuit,
    asked: Leaving,
    item: Item,
    mail: MailSeen,
    decision: Decision | None,
) -> None:
    """The cases it may be of, and the one it left, which no machine gives back to it."""
    score, number = 0.0, asked.case.id or 0
    for group in group_documents(circuit, mail, decision.establishment if decision is not None else None):
        for one in likely(session, circuit, group.identity):
            if one.case.id == number:
                score = max(score, one.match.score)
                continue
            candidate = Candidate(
                item_id=item.id or 0,
                case_id=one.case.id or 0,
                score=one.match.score,
                reasons=list(one.match.reasons),
            )
            items.add_candidate(session, candidate)
    why = f"détaché de ce dossier par {asked.by} le {paris_date(asked.at):%d/%m/%Y} ; le choisir y revient"
    items.leave_candidate(
        session, Candidate(item_id=item.id or 0, case_id=number, score=score, reasons=[why])
    )
