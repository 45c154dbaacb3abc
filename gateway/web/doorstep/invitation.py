"""One-time links: an administrator makes one, hands it over, and the person chooses their password."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound
from gateway.evidence.record import Kind
from gateway.web.doorstep import doorstep
from gateway.web.doorstep.passwords import weakness
from gateway.web.guard import token_hash
from gateway.web.house import InHouse, Shown, WebHouse
from storage import invitations, people, sessions
from storage.db import Session
from storage.invitations import Invitation
from storage.people import Person

router = APIRouter(prefix="/connexion/lien")

NO_LINK = (
    "Ce lien n’ouvre plus rien : il ne sert qu’une fois et son temps est compté ; aucun compte n’a été"
    " changé. Demandez-en un autre à un administrateur."
)
DIFFERENT = "Les deux mots de passe ne sont pas les mêmes ; rien n’a été changé. Recommencez."


def invite(rooms: WebHouse, session: Session, login: str, by: str) -> str:
    """Make the link of a person (its path, shown once); an earlier one no longer opens."""
    token, at = secrets.token_urlsafe(32), rooms.clock.now()
    invitations.invite(
        session,
        Invitation(
            token_hash=token_hash(token),
            login=login,
            created_by=by,
            created_at=at,
            expires_at=at + timedelta(hours=rooms.settings.link_hours),
        ),
    )
    return f"/connexion/lien/{token}"


@router.get("/{token}")
def form(request: Request, rooms: InHouse, shown: Shown, token: str) -> Response:
    """Choose a password."""
    person = _person(rooms, token)
    return doorstep.show(request, rooms, shown, "lien.html", person=person, error=None)


@router.post("/{token}")
def choose(
    request: Request,
    rooms: InHouse,
    shown: Shown,
    token: str,
    *,
    mot_de_passe: Annotated[str, Form(max_length=1024)] = "",
    encore: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    """Keep the password, use the link up, end every session; the person then signs in with it."""
    person = _person(rooms, token)
    error = DIFFERENT if mot_de_passe != encore else None
    error = error or weakness(mot_de_passe, person.login, person.name, person.email or "")
    if error is not None:
        return doorstep.show(request, rooms, shown, "lien.html", person=person, error=error, status=400)
    hashed = rooms.passwords.hash(mot_de_passe)
    with rooms.database.transaction() as session:
        if not invitations.use(session, token_hash(token), rooms.clock.now()):
            raise NotFound(NO_LINK)
        people.set_password(session, person.login, hashed)
        sessions.close_sessions(session, person.login)
        rooms.recorder.add(
            session, Kind.PERSON, f"person:{person.login}", action="password-chosen", person=person.login
        )
    return RedirectResponse("/connexion?fait=choisi", 303)


def _person(rooms: WebHouse, token: str) -> Person:
    with rooms.database.reading() as session:
        login = invitations.open_for(session, token_hash(token), rooms.clock.now())
        person = people.get(session, login) if login else None
    if person is None or not person.active:
        raise NotFound(NO_LINK)
    return person
