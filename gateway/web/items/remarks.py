"""Internal notes of a piece of work: written from its page, waiting on the first page of whom they name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.cases import notes
from gateway.cases.transitions import SUPERVISOR
from gateway.errors import Refused
from gateway.web.access import Desk, Right, Viewer
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from gateway.web.items.actions import desk_of_item, readers
from storage import comments, people
from storage.db import Session
from storage.findable import ADMINISTRATIVE
from storage.people import Person

router = APIRouter()


@router.post("/elements/{item_id}/notes")
def write(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    item_id: RowId,
    *,
    texte: Annotated[str, Form()] = "",
) -> Response:
    """Keep a note; whoever it names sees it on their first page. A refused one comes back with its text."""
    try:
        add(rooms, seen, item_id, texte)
    except Refused as error:
        with rooms.database.reading() as session:
            item, desk = desk_of_item(rooms, seen, session, item_id)
            names = nameable(session, desk)
        values = {"item": item, "desk": desk, "nameable": names, "text": texte, "error": error.public}
        return shown.show(request, "note.html", status=422, **values)
    return RedirectResponse(f"/elements/{item_id}?fait=note#notes", 303)


def add(rooms: WebHouse, seen: Viewer, item_id: int, text: str) -> None:
    """Keep a note. Raises ``Refused``: empty, too long, or it names somebody who could not read it."""
    at = rooms.clock.now()
    with rooms.database.transaction() as session:
        item, desk = desk_of_item(rooms, seen, session, item_id)
        event = notes.write(
            session,
            rooms.vault.ring,
            item,
            text,
            seen.login,
            at,
            confidentiality=desk.confidentiality,
            readers={person.login for person in nameable(session, desk)},
        )
        comments.see(session, seen.login, item_id, at)
        rooms.recorder.add_all(session, [event])


@router.post("/elements/{item_id}/notes/vues")
def see(rooms: InHouse, seen: Seen, item_id: RowId) -> Response:
    """The person has read the notes that name them; they no longer wait on the first page."""
    with rooms.database.transaction() as session:
        desk_of_item(rooms, seen, session, item_id)
        comments.see(session, seen.login, item_id, rooms.clock.now())
    return RedirectResponse(f"/elements/{item_id}#notes", 303)


def nameable(session: Session, desk: Desk) -> list[Person]:
    """Whom a note of this queue may name: its readers, and the supervisors where nothing is medical."""
    found = {person.login: person for person in readers(session, desk)}
    if desk.confidentiality == ADMINISTRATIVE:
        found |= {p.login: p for p in people.everyone(session) if p.active and SUPERVISOR in p.roles}
    return [found[login] for login in sorted(found)]


def may_read_medical(seen: Viewer) -> bool:
    """Whether notes written in a medical queue show their words to this person."""
    return seen.may(Right.MEDICAL_CONTENT)


@dataclass(frozen=True, slots=True)
class Called:
    """A note that names somebody and that they have not seen."""

    item_id: int
    title: str
    by: str
    at: datetime


def waiting(session: Session, seen: Viewer, readable: Collection[tuple[str, str]]) -> list[Called]:
    """Notes that name this person, in the queues they still read."""
    found = comments.unseen(session, seen.login)
    names = {comment.by: people.get(session, comment.by) for comment, _ in found}
    return [
        Called(item.id or 0, item.title, _named(comment.by, names[comment.by]), comment.at)
        for comment, item in found
        if (item.circuit, item.queue) in readable
    ]


def _named(login: str, person: Person | None) -> str:
    return person.name if person is not None else login
