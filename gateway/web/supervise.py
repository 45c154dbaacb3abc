"""Pages of the supervisor and of the auditor."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.web import story
from gateway.web.house import InHouse, Seen, Shown
from gateway.web.words import names
from storage import audit, deliveries, queues, sheets

router = APIRouter()

PAGE = 50
Position = Annotated[int | None, Query(ge=0, le=2**62)]


@router.get("/mis-de-cote")
def set_aside(request: Request, rooms: InHouse, shown: Shown, apres: str = "") -> Response:
    """Deliveries that stopped, with the step, the reason and the time."""
    with rooms.database.reading() as session:
        found = queues.set_aside(session, _instant(apres), PAGE + 1)
    stopped = found[:PAGE]
    last = stopped[-1].set_aside_at if len(found) > PAGE else None
    return shown.show(
        request,
        "mis-de-cote.html",
        stopped=stopped,
        following=last.isoformat() if last else None,
        first_page=not apres,
    )


@router.post("/mis-de-cote/{sha256}/relancer")
def release(rooms: InHouse, seen: Seen, sha256: str) -> Response:
    """Send a delivery back to the step where it stopped."""
    at = rooms.clock.now()
    with rooms.database.transaction() as session:
        delivery = deliveries.get(session, sha256)
        if delivery is None:
            raise NotFound("Ce message n’existe pas ; rien n’a été changé. Rechargez la liste.")
        step = delivery.set_aside_step
        if not deliveries.release(session, delivery.sha256, at):
            raise Refused("Ce message n’est plus mis de côté ; rien n’a été changé. Rechargez la liste.")
        rooms.recorder.add(
            session,
            Kind.RELEASED,
            f"delivery:{delivery.sha256}",
            step=step,
            person=seen.login,
        )
    rooms.wake(delivery.sha256)
    return RedirectResponse("/mis-de-cote?fait=relance", 303)


@router.get("/journal")
def journal(request: Request, rooms: InHouse, shown: Shown, avant: Position = None) -> Response:
    """The log: its head, its last signed checkpoint, its events without any document."""
    with rooms.database.reading() as session:
        size, root = audit.head(session)
        checkpoint = sheets.last_checkpoint(session)
        events = sheets.journal(session, avant, PAGE + 1)
    known = names(rooms.circuits.by_name.values())
    told = [story.tell(event, known) for event in events[:PAGE]]
    return shown.show(
        request,
        "journal.html",
        size=size,
        root=root.hex(),
        checkpoint=checkpoint,
        events=told,
        following=told[-1].position if len(events) > PAGE else None,
        first_page=avant is None,
    )


def _instant(text: str) -> datetime | None:
    """The key of a page; a mangled one starts from the beginning."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
