"""Pages of the supervisor and of the auditor."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.web import story
from gateway.web.cursors import instant
from gateway.web.house import InHouse, Seen, Shown
from gateway.web.supervision import logbook
from gateway.web.words import names
from storage import audit, deliveries, listing, people, sheets
from storage import logbook as log
from storage.deliveries import DeliveryState

router = APIRouter()

PAGE = 50
WHOLE = 64
"""Characters of the name of a message: a list of them is never guessed from beginnings."""
Counted = Annotated[int, Query(ge=0, le=PAGE)]
Position = Annotated[int | None, Query(ge=0, le=2**62)]


@router.get("/mis-de-cote")
def set_aside(
    request: Request,
    rooms: InHouse,
    shown: Shown,
    apres: Annotated[str, Query(max_length=120)] = "",
    relances: Counted = 0,
    restes: Counted = 0,
) -> Response:
    """Deliveries that stopped, with the step, the reason and the time; what the last release did."""
    with rooms.database.reading() as session:
        found = listing.set_aside(session, _key(apres), PAGE + 1)
        total = deliveries.counts(session)[DeliveryState.SET_ASIDE]
    stopped = found[:PAGE]
    last = stopped[-1] if len(found) > PAGE else None
    return shown.show(
        request,
        "mis-de-cote.html",
        stopped=stopped,
        total=total,
        released=relances,
        kept=restes,
        following=f"{last.set_aside_at.isoformat()}~{last.sha256}" if last and last.set_aside_at else None,
        first_page=not apres,
    )


@router.post("/mis-de-cote/relancer")
def release_many(
    rooms: InHouse,
    seen: Seen,
    message: Annotated[list[str], Form(max_length=PAGE)] = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    """Send the messages chosen back to the step where each stopped, in one transaction."""
    if not message:
        raise Refused("Aucun message n’est coché ; rien n’a été changé. Cochez-en un au moins.")
    gone: list[str] = []
    with rooms.database.transaction() as session:
        events: list[tuple[Kind, str, dict[str, str | None]]] = []
        for sha256 in dict.fromkeys(message):
            delivery = deliveries.get(session, sha256) if len(sha256) == WHOLE else None
            step = delivery.set_aside_step if delivery is not None else None
            if delivery is not None and deliveries.release(session, sha256, rooms.clock.now()):
                gone.append(sha256)
                told = {"step": step, "person": seen.login}
                events.append((Kind.RELEASED, f"delivery:{sha256}", told))
        rooms.recorder.add_all(session, events)
    for sha256 in gone:
        rooms.wake(sha256)
    kept = len(dict.fromkeys(message)) - len(gone)
    return RedirectResponse(f"/mis-de-cote?relances={len(gone)}&restes={kept}", 303)


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
def journal(request: Request, rooms: InHouse, seen: Seen, shown: Shown, avant: Position = None) -> Response:
    """The log: its head, its last signed checkpoint, its events without any document, filtered."""
    filters = logbook.read(request.query_params)
    with rooms.database.reading() as session:
        size, root = audit.head(session)
        checkpoint = sheets.last_checkpoint(session)
        events = log.page(session, logbook.sought(session, filters), avant, PAGE + 1)
        links = logbook.links(rooms, session, seen, {event.subject for event in events[:PAGE]})
        persons = people.everyone(session)
    known = names(rooms.circuits.by_name.values(), rooms.circuits.directory)
    told = [story.tell(event, known) for event in events[:PAGE]]
    return shown.show(
        request,
        "journal.html",
        size=size,
        root=root.hex(),
        checkpoint=checkpoint,
        events=told,
        filters=filters,
        kinds=logbook.KINDS,
        links=links,
        about=logbook.about,
        people=persons,
        names={person.login: person.name for person in persons},
        following=filters.query(avant=told[-1].position) if len(events) > PAGE else None,
        first_page=avant is None,
    )


def _key(text: str) -> tuple[datetime, str] | None:
    """The key of a page (instant, hash); a mangled one starts from the beginning."""
    said, _, sha256 = text.partition("~")
    found = instant(said)
    return (found, sha256) if found is not None else None
