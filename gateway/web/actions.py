"""What people do to an item from its page: the verbs of ``cases.transitions`` under French addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.cases.transitions import Actor, Event, Verb, act, verbs_for
from gateway.circuits.model import DONE
from gateway.deadlines.schedule import end_all
from gateway.errors import NotFound, Refused
from gateway.web.access import Desk, Right, Viewer, desk_of
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from storage import people, sheets
from storage.cases import Item
from storage.db import Session
from storage.deadlines import PENDING
from storage.people import Person

router = APIRouter()

NO_ITEM = (
    "Cet élément n’existe pas, ou il est dans une file que votre rôle n’ouvre pas ; rien n’a été changé."
    " Revenez à vos files."
)
ACTIONS: Mapping[str, tuple[Verb, str]] = {
    "prendre": (Verb.TAKE, "Prendre"),
    "terminer": (Verb.FINISH, "Terminer"),
    "attendre": (Verb.WAIT, "Mettre en attente"),
    "reprendre": (Verb.RESUME, "Reprendre"),
    "rendre": (Verb.PUT_BACK, "Rendre à la file"),
    "rouvrir": (Verb.REOPEN, "Rouvrir"),
}
"""Address, verb and label, in the order of the buttons."""
ASSIGN = "confier"
ADDRESSES: Mapping[str, Verb] = {address: verb for address, (verb, _) in ACTIONS.items()} | {
    ASSIGN: Verb.ASSIGN
}


@router.post("/elements/{item_id}/actions/{action}")
def do(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    action: str,
    *,
    version: Annotated[int, Form(ge=1)],
    personne: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Follow one arrow on the version the person saw, record it, come back to the item."""
    if action not in ADDRESSES:
        raise NotFound("Cette action n’existe pas ; rien n’a été changé. Revenez à l’élément.")
    with rooms.database.transaction() as session:
        _, desk = desk_of_item(rooms, seen, session, item_id)
        verb = ADDRESSES[action]
        holder = _holder(session, desk, personne) if verb is Verb.ASSIGN else None
        item, event = act(
            session, item_id, version, verb, actor(seen), queue_roles=desk.roles, holder=holder
        )
        events = [event]
        if verb is Verb.FINISH:
            events += _ended(rooms, session, item)
        rooms.recorder.add_all(session, events)
    return RedirectResponse(f"/elements/{item_id}?fait={action}", 303)


def offered(item: Item, seen: Viewer, desk: Desk) -> list[tuple[str, str]]:
    """(address, label) of what this person may do to ``item`` now."""
    if not seen.may(Right.ACT):
        return []
    verbs = verbs_for(item, actor(seen), desk.roles)
    return [(address, label) for address, (verb, label) in ACTIONS.items() if verb in verbs]


def colleagues(session: Session, item: Item, seen: Viewer, desk: Desk) -> list[Person]:
    """To whom this person may give ``item``: those who read its queue; nobody when they may not."""
    if not seen.may(Right.TAKE_OVER) or Verb.ASSIGN not in verbs_for(item, actor(seen), desk.roles):
        return []
    return [p for p in people.everyone(session) if _reads(p, desk) and p.login != item.taken_by]


def _reads(person: Person, desk: Desk) -> bool:
    return person.active and not set(person.roles).isdisjoint(desk.roles)


def _holder(session: Session, desk: Desk, login: str) -> str | None:
    """The login, when that person reads the queue; the transition refuses the absence of one."""
    person = people.get(session, login) if login else None
    if person is not None and not _reads(person, desk):
        raise Refused("Cette personne ne lit pas la file ; rien n’a été changé. Choisissez-en une autre.")
    return person.login if person else None


def _ended(rooms: WebHouse, session: Session, item: Item) -> Sequence[Event]:
    """End the delays of this mail that wait for somebody to finish this kind of work."""
    circuit = rooms.circuits.by_name[item.circuit]
    rules = {
        rule.kind
        for rule in circuit.deadlines
        if DONE in rule.stopped_by and {"*", item.kind} & set(rule.document_kinds)
    }
    waiting = [
        d for d in sheets.deadlines_of(session, item.delivery) if d.kind in rules and d.state in PENDING
    ]
    return end_all(session, waiting, "le travail est terminé", rooms.clock.now())


def actor(seen: Viewer) -> Actor:
    return Actor(seen.login, frozenset(seen.roles))


def desk_of_item(rooms: WebHouse, seen: Viewer, session: Session, item_id: int) -> tuple[Item, Desk]:
    """The item and its queue, when this person reads it; else it does not exist for them."""
    item = session.get(Item, item_id)
    if item is None:
        raise NotFound(NO_ITEM)
    desk = desk_of(seen, rooms.circuits.by_name, rooms.circuits.directory, item.circuit, item.queue)
    if desk is None:
        raise NotFound(NO_ITEM)
    return item, desk
