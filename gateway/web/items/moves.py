"""Sorting a piece of work anew, sending it to its right door, cutting it in two, joining two, undoing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.cases import moves, parts
from gateway.cases.transitions import Event
from gateway.clock import paris_date
from gateway.errors import Refused
from gateway.web.access import Viewer, desk_of
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items import doctype, doors
from gateway.web.items.actions import actor, desk_of_item
from storage import cases, documents
from storage.cases import Item
from storage.db import Session

router = APIRouter(prefix="/elements/{item_id}")

Version = Annotated[int, Form(ge=1)]
NO_DOOR = "Cette destination n’existe pas ; rien n’a été changé. Choisissez-en une dans la liste."


@router.post("/type")
def reclassify(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    *,
    version: Version,
    genre: Annotated[str, Form(max_length=40)] = "",
    suivre: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Give a piece of work and its document their real type; follow the rule of that type when asked."""
    with rooms.database.transaction() as session:
        events = sort(rooms, seen, session, item_id, version, genre, follow=suivre == "oui")
        rooms.recorder.add_all(session, events)
    return _onward(rooms, seen, item_id, "type")


@router.post("/reorientation")
def reroute(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    *,
    version: Version,
    porte: Annotated[str, Form(max_length=330)] = "",
    prevenir: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Send a piece of work to its right door, and tell its sender which address to use."""
    with rooms.database.transaction() as session:
        events = send(rooms, seen, session, item_id, version, porte, tell=prevenir == "oui")
        rooms.recorder.add_all(session, events)
    told = any(event[1].startswith("outbox:") for event in events)
    return _onward(rooms, seen, item_id, "reoriente-ecrit" if told else "reoriente")


@router.post("/partage")
def split(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    *,
    version: Version,
    pieces: Annotated[list[int] | None, Form(max_length=200)] = None,
) -> Response:
    """Cut the documents ticked into a piece of work of their own, and open it."""
    with rooms.database.transaction() as session:
        item, desk = desk_of_item(rooms, seen, session, item_id)
        _, other, event = parts.split(
            session,
            doctype.circuit_of(rooms, item),
            item_id,
            version,
            pieces or [],
            documents.of_delivery(session, item.delivery),
            actor(seen),
            queue_roles=desk.roles,
            at=rooms.clock.now(),
        )
        rooms.recorder.add_all(session, [event])
    return RedirectResponse(f"/elements/{other.id}?fait=partage", 303)


@router.post("/reunion")
def merge(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    *,
    version: Version,
    autre: Annotated[int, Form(ge=1, le=2**31 - 1)],
) -> Response:
    """Put the work of another item into this one."""
    with rooms.database.transaction() as session:
        _, desk = desk_of_item(rooms, seen, session, item_id)
        _, other_desk = desk_of_item(rooms, seen, session, autre)
        _, _, events = parts.merge(
            session,
            item_id,
            version,
            autre,
            actor(seen),
            queue_roles=desk.roles,
            other_roles=other_desk.roles,
            at=rooms.clock.now(),
        )
        rooms.recorder.add_all(session, events)
    return RedirectResponse(f"/elements/{item_id}?fait=reunion", 303)


@router.post("/defaire/{joining_id}")
def undo(rooms: InHouse, seen: Seen, item_id: RowId, joining_id: RowId, *, version: Version) -> Response:
    """Undo a split or a merge."""
    with rooms.database.transaction() as session:
        _, desk = desk_of_item(rooms, seen, session, item_id)
        _, events = parts.undo(
            session,
            joining_id,
            item_id,
            version,
            actor(seen),
            queue_roles=desk.roles,
            at=rooms.clock.now(),
        )
        rooms.recorder.add_all(session, events)
    return RedirectResponse(f"/elements/{item_id}?fait=defait", 303)


def sort(
    rooms: WebHouse, seen: Viewer, session: Session, item_id: int, version: int, kind: str, *, follow: bool
) -> list[Event]:
    """One piece of work sorted anew with the document that leads it; what to record last."""
    item, desk = desk_of_item(rooms, seen, session, item_id)
    circuit, who = doctype.circuit_of(rooms, item), actor(seen)
    item = moves.changeable(session, item_id, version, who, desk.roles)
    cases.lock_circuit(session, circuit.name)
    told = doctype.lead(rooms, seen, session, item, kind)
    _, event = moves.reclassify(
        session,
        circuit,
        item_id,
        version,
        kind,
        who,
        queue_roles=desk.roles,
        day=paris_date(rooms.clock.now()),
        follow=follow,
    )
    return [*told, event]


def send(
    rooms: WebHouse, seen: Viewer, session: Session, item_id: int, version: int, name: str, *, tell: bool
) -> list[Event]:
    """One piece of work sent to a door; its sender is told when asked, and always when the door is outside.

    A door outside that cannot be told to the sender is refused: the mail would be lost for everybody.
    """
    item, desk = desk_of_item(rooms, seen, session, item_id)
    circuit = doctype.circuit_of(rooms, item)
    found = doors.doors(circuit, rooms.circuits.directory, item.queue)
    door = next((door for door in found if door.name == name), None)
    if door is None:
        raise Refused(NO_DOOR)
    who, roles = actor(seen), desk.roles
    if door.outside:
        moved, event = moves.send_away(
            session, item_id, version, who, queue_roles=roles, to=door.address or door.title
        )
    else:
        moved, event = moves.reroute(session, circuit, item_id, version, door.name, who, queue_roles=roles)
    letter, why = (
        doors.tell(rooms, session, circuit, moved, door, seen.login) if tell or door.outside else (None, "")
    )
    if door.outside and letter is None:
        raise Refused(f"L’expéditeur ne peut pas être prévenu ({why}) ; rien n’a été changé.")
    return [event, letter] if letter is not None else [event]


def _onward(rooms: WebHouse, seen: Viewer, item_id: int, done: str) -> Response:
    """The item where this person still reads it; else their queues."""
    with rooms.database.reading() as session:
        item = session.get_one(Item, item_id)
    desk = desk_of(seen, rooms.circuits.by_name, rooms.circuits.directory, item.circuit, item.queue)
    where = f"/elements/{item_id}" if desk is not None else "/files"
    return RedirectResponse(f"{where}?fait={done}", 303)
