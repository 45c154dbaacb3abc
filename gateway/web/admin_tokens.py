"""API tokens and open sessions of everyone, seen and ended by the administrator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.circuits.model import CAISSE
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.web.access import SCOPE_TITLES, SCOPES
from gateway.web.guard import idle_time
from gateway.web.house import CircuitsInForce, InHouse, Seen, Shown, WebHouse, address
from gateway.web.pages import Pages
from gateway.web.tokens import CALENDAR
from storage import people, sessions, tokens
from storage.db import Session

router = APIRouter(prefix="/administration")


@router.get("/jetons")
def every_token(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Every token: whose, what for, until when, last use; never its secret."""
    return _tokens(request, rooms, shown, None)


@router.post("/jetons")
def make(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    *,
    objet: Annotated[str, Form(max_length=120)] = "",
    personne: Annotated[str, Form(max_length=80)] = "",
    file: Annotated[str, Form(max_length=161)] = "",
    jours: Annotated[int, Form()] = 90,
    portees: Annotated[list[str], Form()] = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    """Make a token of a person, or the calendar feed of one queue; shown this once."""
    at, longest = rooms.clock.now(), rooms.settings.token_days
    circuit, _, queue = file.partition("/")
    scopes = (CALENDAR,) if queue else tuple(s for s in portees if s != CALENDAR)
    _check(rooms, objet, personne, circuit, queue, scopes, jours)
    with rooms.database.transaction() as session:
        if personne and people.get(session, personne) is None:
            raise Refused(
                "Ce compte n’existe pas ; aucun jeton n’a été créé. Choisissez-en un dans la liste."
            )
        presented, row = tokens.create(
            session,
            title=objet.strip(),
            scopes=scopes,
            created_by=seen.login,
            at=at,
            expires_at=at + timedelta(days=min(jours, longest)),
            login=personne or None,
            circuit=circuit or None,
            queue=queue or None,
        )
        told(rooms, session, row, seen.login, "created")
    feed = address(request, rooms, f"/agenda/{presented}.ics") if queue else None
    return _tokens(request, rooms, shown, presented, feed)


@router.post("/jetons/{token_id}/revoquer")
def revoke(rooms: InHouse, seen: Seen, token_id: str) -> Response:
    """End a token at once."""
    with rooms.database.transaction() as session:
        row = tokens.get(session, token_id)
        if row is None:
            raise NotFound("Ce jeton n’existe pas ; rien n’a été changé. Rechargez la page.")
        if tokens.revoke(session, token_id, rooms.clock.now()) is not None:
            told(rooms, session, row, seen.login, "revoked")
    return RedirectResponse("/administration/jetons?fait=jeton-revoque", 303)


@router.get("/sessions")
def every_session(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Who is in, since when, from where."""
    at = rooms.clock.now()
    with rooms.database.reading() as session:
        opened = sessions.live(session, at, idle_time(rooms))
        names = {person.login: person.name for person in people.everyone(session)}
    return shown.show(request, "sessions.html", open_sessions=opened, names=names)


@router.post("/sessions/{session_id}/fermer")
def close(rooms: InHouse, seen: Seen, session_id: str) -> Response:
    """End somebody's session."""
    with rooms.database.transaction() as session:
        found = sessions.named(session, session_id)
        if found is None:
            raise NotFound("Cette session n’existe plus ; rien n’a été changé. Rechargez la page.")
        sessions.end_session(session, found.token_hash, rooms.clock.now())
        rooms.recorder.add(
            session, Kind.LOGIN, f"person:{found.login}", outcome="revoked", person=seen.login
        )
    return RedirectResponse("/administration/sessions?fait=session-fermee", 303)


def told(rooms: WebHouse, session: Session, row: tokens.ApiToken, by: str, action: str) -> None:
    """Write a token's life in the log: its public name, never its secret."""
    rooms.recorder.add(
        session,
        Kind.TOKEN,
        f"token:{row.id}",
        action=action,
        scopes=row.scopes,
        login=row.login,
        queue=row.queue,
        expires=row.expires_at.isoformat(),
        person=by,
    )


def feeds(circuits: CircuitsInForce) -> list[tuple[str, str]]:
    """Every queue that may have a calendar feed: ``circuit/queue`` and its title."""
    found: list[tuple[str, str]] = []
    for circuit in circuits.by_name.values():
        for queue in circuit.queues:
            names = [queue.name]
            if CAISSE in queue.name:
                names = [queue.name.replace(CAISSE, code) for code in circuits.directory.caisses]
            for name in names:
                known = circuit.queue(name) if CAISSE in queue.name else queue
                found.append((f"{circuit.name}/{name}", known.title if known else name))
    return found


def _check(
    rooms: WebHouse, title: str, login: str, circuit: str, queue: str, scopes: tuple[str, ...], days: int
) -> None:
    wrong = None
    if not title.strip():
        wrong = "Dites à quoi servira ce jeton"
    elif bool(login) == bool(queue):
        wrong = "Un jeton est à une personne, ou à l’agenda d’une file"
    elif queue and f"{circuit}/{queue}" not in dict(feeds(rooms.circuits)):
        wrong = "Cette file n’existe pas"
    elif not scopes or any(scope not in SCOPES for scope in scopes):
        wrong = "Choisissez au moins une portée"
    elif not 1 <= days <= rooms.settings.token_days:
        wrong = f"Un jeton vit de 1 à {rooms.settings.token_days} jours"
    if wrong is not None:
        raise Refused(f"{wrong} ; aucun jeton n’a été créé. Corrigez puis recommencez.")


def _tokens(
    request: Request, rooms: WebHouse, shown: Pages, presented: str | None, feed: str | None = None
) -> Response:
    with rooms.database.reading() as session:
        known = tokens.everyone(session)
        persons = [person for person in people.everyone(session) if person.active]
    return shown.show(
        request,
        "jetons.html",
        tokens=known,
        people=persons,
        feeds=feeds(rooms.circuits),
        scope_titles={s: t for s, t in SCOPE_TITLES.items() if s != CALENDAR},
        every_scope=SCOPE_TITLES,
        presented=presented,
        feed=feed,
        longest=rooms.settings.token_days,
        now=rooms.clock.now(),
    )
