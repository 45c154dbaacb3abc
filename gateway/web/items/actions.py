"""What people do to an item from its page: the verbs of ``cases.transitions`` under French addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.cases.transitions import Actor, Event, Verb, act, verbs_for
from gateway.circuits.model import DONE
from gateway.deadlines.schedule import end_all
from gateway.errors import NotFound, Refused
from gateway.web.access import Desk, Right, Viewer, desk_of
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items import following
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
NO_DAY = "Ce jour n’est pas une date ; rien n’a été changé. Choisissez une date."
ACTIONS: Mapping[str, tuple[Verb, str]] = {
    "prendre": (Verb.TAKE, "Prendre"),
    "terminer": (Verb.FINISH, "Terminer"),
    "attendre": (Verb.WAIT, "Mettre en attente"),
    "reprendre": (Verb.RESUME, "Reprendre"),
    "rendre": (Verb.PUT_BACK, "Rendre à la file"),
    "relever": (Verb.TAKE_OVER, "Reprendre à son compte"),
    "rouvrir": (Verb.REOPEN, "Rouvrir"),
}
"""Address, verb and label, in the order of the buttons."""
ASSIGN = "confier"
ADDRESSES: Mapping[str, Verb] = {address: verb for address, (verb, _) in ACTIONS.items()} | {
    ASSIGN: Verb.ASSIGN
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One verb on one item as its author saw it, with what the verb needs."""

    item_id: int
    version: int
    verb: Verb
    person: str = ""
    wake_on: date | None = None


@router.post("/elements/{item_id}/actions/{action}")
def button(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    action: str,
    *,
    version: Annotated[int, Form(ge=1)],
    personne: Annotated[str, Form(max_length=80)] = "",
    reveil: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Follow one arrow, then come back to the item; once it is finished, to the next of its list."""
    with rooms.database.reading() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
        onward = following.after(rooms, seen, session, request, item) if action == "terminer" else None
    do(rooms, seen, item_id, action, version=version, personne=personne, reveil=reveil)
    return RedirectResponse(onward or f"/elements/{item_id}?fait={action}", 303)


def do(
    rooms: WebHouse,
    seen: Viewer,
    item_id: int,
    action: str,
    *,
    version: int,
    personne: str = "",
    reveil: str = "",
) -> None:
    """Follow one arrow on the version the person saw, and record it."""
    if action not in ADDRESSES:
        raise NotFound("Cette action n’existe pas ; rien n’a été changé. Revenez à l’élément.")
    asked = Asked(item_id, version, ADDRESSES[action], personne, day_of(reveil))
    with rooms.database.transaction() as session:
        rooms.recorder.add_all(session, follow(rooms, seen, session, asked))


def follow(rooms: WebHouse, seen: Viewer, session: Session, asked: Asked) -> Sequence[Event]:
    """Follow one arrow; what to record last. ``NotFound`` or ``Refused``: nothing was written."""
    _, desk = desk_of_item(rooms, seen, session, asked.item_id)
    holder = _holder(session, desk, asked.person) if asked.verb is Verb.ASSIGN else None
    item, event = act(
        session,
        asked.item_id,
        asked.version,
        asked.verb,
        actor(seen),
        queue_roles=desk.roles,
        at=rooms.clock.now(),
        holder=holder,
        wake_on=asked.wake_on,
        lease=lease(rooms),
    )
    return [event, *(_ended(rooms, session, item) if asked.verb is Verb.FINISH else ())]


def offered(item: Item, seen: Viewer, desk: Desk, at: datetime | None = None) -> list[tuple[str, str]]:
    """(address, label) of what this person may do to ``item`` now."""
    if not seen.may(Right.ACT) or item.merged_into is not None:
        return []
    verbs = verbs_for(item, actor(seen), desk.roles, at)
    return [(address, label) for address, (verb, label) in ACTIONS.items() if verb in verbs]


def colleagues(session: Session, item: Item, seen: Viewer, desk: Desk) -> list[Person]:
    """To whom this person may give ``item``: those who read its queue; nobody when they may not."""
    if not seen.may(Right.TAKE_OVER) or Verb.ASSIGN not in verbs_for(item, actor(seen), desk.roles):
        return []
    return [person for person in readers(session, desk) if person.login != item.taken_by]


def readers(session: Session, desk: Desk) -> list[Person]:
    """Active people who read a queue by one of its roles."""
    return [person for person in people.everyone(session) if _reads(person, desk)]


def lease(rooms: WebHouse) -> timedelta:
    """How long whoever takes a piece of work is alone on it."""
    return timedelta(minutes=rooms.settings.lease_minutes)


def day_of(text: str) -> date | None:
    """A day typed in a form; nothing is no day. Raises ``Refused``."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(NO_DAY) from None


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
