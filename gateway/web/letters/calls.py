"""Calls to make about letters: on a page of their own, in their queue, on their case; done by a person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, Refused
from gateway.outbound.handing import call_done
from gateway.web.access import Right, Viewer, desk_of, desks
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from storage import calls, cases
from storage.calls import Call, CallReason
from storage.db import Session

router = APIRouter()

LIMIT = 200
REASONS = {
    CallReason.FAILED: "lettre refusée",
    CallReason.GIVEN_UP: "lettre abandonnée",
    CallReason.NO_RECEIPT: "aucun retour",
    CallReason.TOO_MANY: "trop de lettres en un jour",
}
NO_CALL = (
    "Cet appel n’existe pas, ou il relève de files que votre rôle n’ouvre pas ; rien n’a été changé."
    " Revenez à la liste des appels."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as a page shows it."""

    call: Call
    reason: str
    tel: str
    """Digits to dial, empty without a number."""
    reference: str | None
    done_by_me: bool
    """Whether this person may say that it is done."""


@router.get("/appels")
def every_call(request: Request, rooms: InHouse, seen: Seen, shown: Shown) -> Response:
    """What the queues of this person have to do by telephone, the oldest first."""
    with rooms.database.reading() as session:
        found = calls.waiting_in(session, places_of(rooms, seen), LIMIT + 1)
        told = shown_as(seen, session, found[:LIMIT])
    return shown.show(request, "appels.html", appels=told, more=len(found) > LIMIT)


@router.get("/appels/file/{queue}")
def of_queue(request: Request, rooms: InHouse, seen: Seen, shown: Shown, queue: str) -> Response:
    """The calls of one queue, as a fragment of its page; empty when there are none."""
    places = [place for place in places_of(rooms, seen) if place[1] == queue]
    with rooms.database.reading() as session:
        found = calls.waiting_in(session, places, LIMIT + 1)
        told = shown_as(seen, session, found[:LIMIT])
    return shown.show(request, "appels-file.html", appels=told, more=len(found) > LIMIT)


@router.post("/appels/{call_id}/fait")
def done(
    rooms: InHouse, seen: Seen, call_id: RowId, *, note: Annotated[str, Form(max_length=300)] = ""
) -> Response:
    """A person telephoned: the call and the wait of its letter end, with what was said."""
    at = rooms.clock.now()
    with rooms.database.transaction() as session:
        call = calls.get(session, call_id)
        if call is None or not _theirs(rooms, seen, call):
            raise NotFound(NO_CALL)
        events = call_done(session, call, seen.login, at, note)
        if not events:
            raise Refused("Cet appel est déjà fait, ou un retour l’a retiré ; rien n’a été changé.")
        rooms.recorder.add_all(session, events)
    return RedirectResponse("/appels?fait=appel", 303)


def visible(rooms: WebHouse, seen: Viewer, session: Session) -> list[Asked]:
    """The first calls of the queues this person reads, the oldest first."""
    return shown_as(seen, session, calls.waiting_in(session, places_of(rooms, seen), LIMIT))


def places_of(rooms: WebHouse, seen: Viewer) -> list[tuple[str, str]]:
    """The queues whose calls this person sees; a call that is of no queue is its supervisors'."""
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    places = [(desk.circuit, desk.name) for desk in desks(seen, circuits, directory)]
    if seen.may(Right.EVERY_QUEUE):
        places += [(name, "") for name in circuits]
    return places


def about(
    rooms: WebHouse, seen: Viewer, session: Session, case_id: int | None, delivery: str | None
) -> list[Asked]:
    """The calls about a case or a mail that this person may see."""
    found = calls.waiting_about(session, case_id, delivery)
    return shown_as(seen, session, [call for call in found if _theirs(rooms, seen, call)])


def shown_as(seen: Viewer, session: Session, found: Iterable[Call]) -> list[Asked]:
    """Calls with the reference of their case."""
    told = []
    for call in found:
        case = cases.by_id(session, call.case_id) if call.case_id is not None else None
        told.append(
            Asked(
                call,
                REASONS[call.reason],
                re.sub(r"[^0-9+]", "", call.phone),
                case.reference if case is not None else None,
                seen.may(Right.ACT),
            )
        )
    return told


def _theirs(rooms: WebHouse, seen: Viewer, call: Call) -> bool:
    if not call.queue:
        return seen.may(Right.EVERY_QUEUE) and seen.may(Right.WORK)
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    return desk_of(seen, circuits, directory, call.circuit, call.queue) is not None
