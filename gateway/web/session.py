"""Signing in and out: server-side sessions, only a hash of the token kept."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.evidence.record import Kind
from gateway.web.access import Right, rights_of
from gateway.web.guard import LOGIN_COOKIE, local_path, session_cookie, token_hash
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from gateway.web.pages import Pages
from gateway.web.passwords import locked_until
from storage import people, sessions
from storage.people import Person
from storage.sessions import WebSession

router = APIRouter()

WRONG = (
    "Identifiant ou mot de passe refusé ; rien n’a été ouvert. Après plusieurs essais le compte attend"
    " quelques minutes : patientez avant de recommencer, ou demandez à un administrateur."
)


@router.get("/")
def home(seen: Seen) -> Response:
    """The first page a person's rights open."""
    rights = rights_of(seen.roles)
    if Right.WORK in rights:
        return RedirectResponse("/files", 303)
    return RedirectResponse("/journal" if Right.JOURNAL in rights else "/personnes", 303)


@router.get("/connexion")
def form(request: Request, rooms: InHouse, shown: Shown, suite: str = "/") -> Response:
    """The sign-in form; a person already signed in goes on."""
    if request.state.viewer is not None:
        return RedirectResponse(local_path(suite), 303)
    return _form(request, rooms, shown, suite)


@router.post("/connexion")
def sign_in(
    request: Request,
    rooms: InHouse,
    shown: Shown,
    *,
    identifiant: Annotated[str, Form(max_length=80)] = "",
    mot_de_passe: Annotated[str, Form(max_length=1024)] = "",
    suite: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Count the attempt, then judge it: attempts made side by side are all counted."""
    person = _attempt(rooms, identifiant)
    right = rooms.passwords.check(person.password_hash if person else None, mot_de_passe)
    if person is None or not right:
        _failed(rooms, identifiant)
        return _form(request, rooms, shown, suite, login=identifiant, error=WRONG, status=401)
    response = RedirectResponse(local_path(suite), 303)
    token = _open(rooms, person)
    secure = rooms.settings.secure_cookies
    response.set_cookie(
        session_cookie(secure),
        token,
        max_age=rooms.settings.session_hours * 3600,
        secure=secure,
        httponly=True,
        samesite="lax",
        path="/",
    )
    response.delete_cookie(LOGIN_COOKIE, path="/connexion")
    return response


@router.post("/deconnexion")
def sign_out(request: Request, rooms: InHouse, seen: Seen) -> Response:
    """End the session here and in the table."""
    secure = rooms.settings.secure_cookies
    token = request.cookies.get(session_cookie(secure), "")
    with rooms.database.transaction() as session:
        sessions.close_session(session, token_hash(token))
        rooms.recorder.add(session, Kind.LOGIN, f"person:{seen.login}", outcome="out")
    response = RedirectResponse("/connexion?fait=sorti", 303)
    response.delete_cookie(session_cookie(secure), path="/", secure=secure, httponly=True, samesite="lax")
    return response


def _attempt(rooms: WebHouse, login: str) -> Person | None:
    """The person, if an attempt may be judged now; the attempt is counted and may lock the account."""
    at = rooms.clock.now()
    with rooms.database.transaction() as session:
        person = people.get(session, login)
        if person is None or not person.active:
            return None
        if person.locked_until is not None and at < person.locked_until:
            return None
        attempts = people.count_attempt(session, login)
        people.lock(session, login, locked_until(attempts, at))
        return person


def _failed(rooms: WebHouse, login: str) -> None:
    """Record the failure under a known login; what was typed for an unknown one is kept nowhere."""
    with rooms.database.transaction() as session:
        if people.get(session, login) is not None:
            rooms.recorder.add(session, Kind.LOGIN, f"person:{login}", outcome="refused")


def _open(rooms: WebHouse, person: Person) -> str:
    token = secrets.token_urlsafe(32)
    at = rooms.clock.now()
    with rooms.database.transaction() as session:
        people.forgive(session, person.login)
        sessions.sweep_sessions(session, at)
        sessions.open_session(
            session,
            WebSession(
                token_hash=token_hash(token),
                login=person.login,
                csrf=secrets.token_urlsafe(32),
                created_at=at,
                seen_at=at,
                expires_at=at + timedelta(hours=rooms.settings.session_hours),
            ),
        )
        rooms.recorder.add(session, Kind.LOGIN, f"person:{person.login}", outcome="in")
    return token


def _form(
    request: Request,
    rooms: WebHouse,
    shown: Pages,
    suite: str,
    *,
    login: str = "",
    error: str | None = None,
    status: int = 200,
) -> Response:
    csrf = request.cookies.get(LOGIN_COOKIE) or secrets.token_urlsafe(24)
    response = shown.show(
        request,
        "connexion.html",
        status=status,
        suite=local_path(suite),
        login=login,
        error=error,
        csrf=csrf,
    )
    response.set_cookie(
        LOGIN_COOKIE,
        csrf,
        max_age=3600,
        path="/connexion",
        secure=rooms.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return response
