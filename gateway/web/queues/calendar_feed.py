"""Due dates of a queue as an iCalendar feed (RFC 5545), behind a revocable address.

A calendar cannot present a header: the token is in the address, opens this feed and nothing else, is shown
once and kept as a hash. Events hold the title of the delay and the reference of the case: no name, no
sender, no word of a document. Fetches are counted, never told one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse
from icalendar import Calendar, Event

from gateway.errors import NotFound, Refused
from gateway.web.access import Desk, Viewer, desk_of
from gateway.web.admin.tokens import told
from gateway.web.doorstep.tokens import CALENDAR
from gateway.web.house import InHouse, Seen, Shown, WebHouse, address
from storage import agenda, tokens
from storage.agenda import Entry
from storage.db import Session
from storage.people import Person
from storage.tokens import Token

router = APIRouter()

MOST_FEEDS = 20
"""Feeds in force one person may hold."""
EVERY = timedelta(hours=1)
"""How often a calendar is asked to look again."""
GONE = (
    "Cet agenda n’existe pas, ou il est révoqué ; rien n’est publié à cette adresse."
    " Demandez-en une autre à la page « Mon compte »."
)
Secret = Annotated[str, Path(pattern="^psr_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$")]


@router.get("/agenda/{token}.ics")
def feed(request: Request, rooms: InHouse, token: Secret) -> Response:
    """The due dates of the token's queue; 304 when the calendar already has them."""
    at = rooms.clock.now()
    with rooms.database.reading() as session:
        held = tokens.check(session, token, at)
        desk = _desk(rooms, session, held)
        found = agenda.entries(session, [(desk.circuit, desk.name)])
    with rooms.database.transaction() as session:
        tokens.count_use(session, held.id if held else "", at)
    content = calendar(desk, found, rooms.settings.public_url)
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-store"}
    if found:
        headers["Last-Modified"] = format_datetime(max(entry.changed_at for entry in found), usegmt=True)
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="echeances-{desk.name}.ics"'
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


@router.post("/compte/agendas")
def make(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    file: Annotated[str, Form(max_length=161)] = "",
) -> Response:
    """Make the address of the feed of one queue this person reads; shown this once."""
    circuit, _, queue = file.partition("/")
    desk = desk_of(seen, rooms.circuits.by_name, rooms.circuits.directory, circuit, queue)
    if desk is None:
        raise Refused(
            "Cette file n’est pas des vôtres ; aucun agenda n’a été créé. Choisissez-en une autre."
        )
    at, base = rooms.clock.now(), address(request, rooms, "/agenda/")
    with rooms.database.transaction() as session:
        live = [row for row in tokens.feeds_of(session, seen.login) if row.live(at)]
        if len(live) >= MOST_FEEDS:
            raise Refused(
                f"Vous avez déjà {MOST_FEEDS} agendas ; aucun n’a été créé. Révoquez-en un d’abord."
            )
        presented, row = tokens.create(
            session,
            title=f"Échéances, {desk.title}"[:120],
            scopes=(CALENDAR,),
            created_by=seen.login,
            at=at,
            expires_at=at + timedelta(days=rooms.settings.token_days),
            circuit=circuit,
            queue=queue,
        )
        told(rooms, session, row, seen.login, "created")
    return shown.show(
        request, "agenda.html", address=f"{base}{presented}.ics", desk=desk, expires=row.expires_at
    )


@router.post("/compte/agendas/{token_id}/revoquer")
def revoke(rooms: InHouse, seen: Seen, token_id: str) -> Response:
    """End a feed one made: its address publishes nothing any more."""
    with rooms.database.transaction() as session:
        row = tokens.get(session, token_id)
        if row is None or row.created_by != seen.login or row.queue is None:
            raise NotFound("Cet agenda n’existe pas ; rien n’a été changé. Rechargez la page.")
        if tokens.revoke(session, token_id, rooms.clock.now()) is not None:
            told(rooms, session, row, seen.login, "revoked")
    return RedirectResponse("/compte?fait=agenda-revoque", 303)


def calendar(desk: Desk, found: Sequence[Entry], public_url: str | None) -> bytes:
    """The feed: the same due dates give the same bytes."""
    made = Calendar()
    made.add("prodid", "-//Passerelle//Echeances//FR")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"Échéances : {desk.title}")
    made.add("refresh-interval", EVERY, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    for entry in found:
        made.add_component(_event(entry, public_url))
    return bytes(made.to_ical())


def _event(entry: Entry, public_url: str | None) -> Event:
    deadline, reference = entry.deadline, entry.case_reference
    event = Event()
    event.add("uid", uid(deadline.kind, deadline.origin))
    event.add("dtstamp", entry.changed_at.replace(microsecond=0))
    event.add("last-modified", entry.changed_at.replace(microsecond=0))
    event.add("sequence", max(entry.changes - 1, 0))
    event.add("dtstart", deadline.due)
    event.add("dtend", deadline.due + timedelta(days=1))
    doubt = "" if deadline.status == "confirmed" else " (délai à confirmer)"
    event.add("summary", f"{deadline.title or deadline.kind}, {reference or 'sans dossier'}{doubt}")
    event.add("description", deadline.basis)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    if public_url and reference:
        event.add("url", f"{public_url}/dossiers/{reference}")
    return event


def uid(kind: str, origin: str) -> str:
    """The name of a due date for ever: what started it, by which rule; it says neither."""
    return f"{sha256(f'{kind}|{origin}'.encode()).hexdigest()[:40]}@passerelle"


def _desk(rooms: WebHouse, session: Session, held: Token | None) -> Desk:
    """The queue of a feed, as long as who made it reads it. Raises ``NotFound``."""
    row = tokens.get(session, held.id) if held is not None else None
    if held is None or row is None or held.circuit is None or held.queue is None:
        raise NotFound(GONE)
    person = session.get(Person, row.created_by)
    if person is None or not person.active:
        raise NotFound(GONE)
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    reader = Viewer(person.login, person.name, tuple(person.roles), book=rooms.book)
    desk = desk_of(reader, circuits, directory, held.circuit, held.queue)
    if desk is None:
        raise NotFound(GONE)
    return desk


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
