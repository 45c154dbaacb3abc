"""API tokens and open sessions of everyone, seen and ended by the administrator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.web.access import SCOPE_TITLES
from gateway.web.doorstep.tokens import OF_A_PROGRAM
from gateway.web.guard import idle_time
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from gateway.web.pages import Pages
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
    jours: Annotated[int, Form()] = 90,
    portees: Annotated[list[str], Form()] = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    """Make a token of a program, shown this once. A person's own is theirs to make: whoever held one made
    here would be somebody else in the log."""
    at, scopes = rooms.clock.now(), tuple(dict.fromkeys(portees))
    _check(rooms, objet, scopes, jours)
    with rooms.database.transaction() as session:
        owner = people.get(session, personne)
        if owner is None or not owner.program:
            raise Refused(
                "Un jeton se fait ici pour un compte de programme ; aucun n’a été créé. Une personne fait"
                " le sien à la page « Mon compte »."
            )
        presented, row = tokens.create(
            session,
            title=objet.strip(),
            scopes=scopes,
            created_by=seen.login,
            at=at,
            expires_at=at + timedelta(days=jours),
            login=owner.login,
        )
        told(rooms, session, row, seen.login, "created")
    return _tokens(request, rooms, shown, presented)


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


def _check(rooms: WebHouse, title: str, scopes: tuple[str, ...], days: int) -> None:
    wrong = None
    if not title.strip():
        wrong = "Dites à quoi servira ce jeton"
    elif not scopes or any(scope not in OF_A_PROGRAM for scope in scopes):
        wrong = "Choisissez au moins une portée, parmi celles d’un programme"
    elif not 1 <= days <= rooms.settings.token_days:
        wrong = f"Un jeton vit de 1 à {rooms.settings.token_days} jours"
    if wrong is not None:
        raise Refused(f"{wrong} ; aucun jeton n’a été créé. Corrigez puis recommencez.")


def _tokens(request: Request, rooms: WebHouse, shown: Pages, presented: str | None) -> Response:
    with rooms.database.reading() as session:
        known = tokens.everyone(session)
        programs = [one for one in people.everyone(session) if one.active and one.program]
    return shown.show(
        request,
        "jetons.html",
        tokens=known,
        people=programs,
        scopes=OF_A_PROGRAM,
        every_scope=SCOPE_TITLES,
        presented=presented,
        longest=rooms.settings.token_days,
        now=rooms.clock.now(),
    )
