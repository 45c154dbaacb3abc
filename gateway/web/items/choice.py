"""A person says which case a mail belongs to: a candidate, another by its reference, or a new one."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter

from gateway.cases.choose import Choice, Event, choose_case
from gateway.cases.superseded import apply_successions
from gateway.circuits.decision import Decision
from gateway.circuits.model import Circuit
from gateway.deadlines.closing import wait_again
from gateway.deadlines.judged import Moment
from gateway.deadlines.leaving import come_back
from gateway.deadlines.schedule import settle_case
from gateway.errors import NotFound, Refused
from gateway.triage.seen import mail_seen
from gateway.web.access import Right, Viewer, reads_any
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items import corrected
from gateway.web.items.actions import actor, desk_of_item
from storage import cases, items, sheets
from storage.cases import Item, ItemState
from storage.db import Session
from storage.deliveries import Delivery

router = APIRouter()

_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)
NO_CHOICE = (
    "Le dossier de cet élément ne peut pas être choisi ici (il en a un, il est terminé, en quarantaine, ou"
    " une autre personne le tient) ; rien n’a été changé. Relisez la page."
)
NO_CASE = (
    "Ce dossier n’existe pas, ou il relève de files que votre rôle n’ouvre pas ; rien n’a été changé."
    " Vérifiez sa référence."
)
CHANGED = "Une autre personne vient d’agir sur cet élément ; rien n’a été changé. Relisez la page."


@router.post("/elements/{item_id}/dossier")
def choose(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    *,
    version: Annotated[int, Form(ge=1)],
    reference: Annotated[str, Form(max_length=40)] = "",
    nouveau: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """File the mail in the case chosen and end the delays it answers, in one transaction."""
    wanted = " ".join(reference.split()).upper() or None
    if (wanted is None) == (nouveau != "oui"):
        raise Refused("Aucun dossier n’est choisi ; rien n’a été changé. Donnez une référence.")
    with rooms.database.transaction() as session:
        rooms.recorder.add_all(session, put_in(rooms, seen, session, item_id, version, wanted))
    return RedirectResponse(f"/elements/{item_id}?fait=dossier", 303)


def put_in(
    rooms: WebHouse, seen: Viewer, session: Session, item_id: int, version: int | None, wanted: str | None
) -> list[Event]:
    """Put an item that has no case in the one ``wanted``, ``None`` for a new one; what to record last.

    ``version`` ``None``: as it is now, in a transaction that changed it already.
    """
    item, _ = desk_of_item(rooms, seen, session, item_id)
    circuit = rooms.circuits.by_name.get(item.circuit)
    cases.lock_circuit(session, item.circuit)
    if circuit is None or version not in {None, item.version}:
        raise Refused(CHANGED)
    if not offered(item, seen, circuit):
        raise Refused(NO_CHOICE)
    if wanted is not None:
        _readable(rooms, seen, session, item, wanted)
    return _file(rooms, session, Choice(item_id, item.version, wanted, seen.login), item, circuit)


def offered(item: Item, seen: Viewer, circuit: Circuit | None) -> bool:
    """Whether this person may choose the case of ``item``: nobody else holds it, nothing is decided."""
    if circuit is None or not seen.may(Right.ACT) or item.case_id is not None:
        return False
    if item.state is ItemState.DONE or item.queue == circuit.quarantine_queue:
        return False
    return item.taken_by in {None, seen.login} or actor(seen).supervises


def _readable(rooms: WebHouse, seen: Viewer, session: Session, item: Item, reference: str) -> None:
    """A case of queues this person does not read does not exist for them.

    The one the item was taken out of may be chosen again by whoever works on the item: it undoes that.
    """
    case = cases.get(session, reference)
    if case is not None and case.id in items.left_by(session, item.id or 0):
        return
    places = sheets.places_of_case(session, case.id or 0) if case is not None else set()
    if not reads_any(seen, rooms.circuits.by_name, rooms.circuits.directory, places):
        raise NotFound(NO_CASE)


def _file(rooms: WebHouse, session: Session, choice: Choice, item: Item, circuit: Circuit) -> list[Event]:
    at = rooms.clock.now()
    delivery = session.get_one(Delivery, item.delivery)
    papers = sheets.papers_of_delivery(session, item.delivery)
    seen = mail_seen(delivery, [(paper.document, paper.facts, paper.issues) for paper in papers])
    decision = _DECISION.validate_python(delivery.decision)
    if item.positions is not None:  # a part of a mail: its own documents, no other
        own = tuple(d for d in seen.documents if d.position in item.positions)
        seen = replace(seen, documents=own)
    kept = {document.position for document in seen.documents}
    rows = [paper.document for paper in papers if paper.document.position in kept]
    case, events = choose_case(session, choice, rows, seen, decision, circuit, at)
    chosen = cases.item(session, choice.item_id)
    if case.id is None or chosen is None or chosen.case_id != case.id:
        raise Refused(CHANGED)  # somebody took the item between our reading and our writing
    now = Moment(circuit, rooms.calendars, at)
    back = [*wait_again(session, now, case.id), *come_back(session, now, case.id, item.delivery)]
    whole = corrected.read(session, rows)[0].get(item.delivery)
    missed = corrected.scheduled(rooms, session, circuit, whole, case.id) if back and whole else []
    settled = settle_case(session, circuit, case.id, at, rooms.calendars)
    followed = apply_successions(session, delivery, [case], at)
    return [*events, *back, *missed, *settled, *followed]
