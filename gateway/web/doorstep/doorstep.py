"""What every way in shares: attempts counted and waited for, sessions opened, cookies of the doorstep."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from gateway.evidence.record import Kind
from gateway.web.doorstep.passwords import address_locked_until, locked_until
from gateway.web.guard import LOGIN_COOKIE, idle_time, local_path, session_cookie, token_hash
from gateway.web.house import WebHouse
from gateway.web.pages import Pages
from storage import attempts, factors, people, sessions
from storage.db import Session
from storage.people import Person
from storage.secretbox import seal
from storage.sessions import Stage, WebSession

DOORSTEP = "/connexion"
HALFWAY = timedelta(minutes=10)
"""Time to give the code, or to set the second factor up, once the password was right."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to come in. ``judged`` is ``False`` while the account or the address waits: then nothing
    is looked at, no password computed, nothing told but a number."""

    judged: bool
    person: Person | None = None


def attempt(rooms: WebHouse, request: Request, login: str) -> Attempt:
    """Count an attempt before it is judged, so that those made side by side are all counted; it may make
    the account wait. A login nobody has waits like another: it looks the same from outside."""
    at = rooms.clock.now()
    with rooms.database.transaction() as session:
        if attempts.locked(session, _place(request), at):
            return Attempt(judged=False)
        person = people.get(session, login)
        if person is None or not person.active or person.program:
            return Attempt(judged=not _nobody_waits(session, login, at))
        count = people.count_attempt(session, login, at)
        if count is None:
            attempts.count(session, f"{attempts.AWAY}{login}", at, forget=None)
            return Attempt(judged=False)
        people.lock(session, login, locked_until(count, at))
        away = attempts.turned_away(session, login)
        if away:
            rooms.recorder.add(session, Kind.LOCKED, f"person:{login}", action="wait-ended", count=away)
        return Attempt(judged=True, person=person)


def _nobody_waits(session: Session, login: str, at: datetime) -> bool:
    """Whether a login without an account waits; counts the attempt otherwise. Only its hash is kept."""
    subject = f"{attempts.LOGIN}{sha256(login.encode()).hexdigest()}"
    if attempts.locked(session, subject, at):
        return True
    count = attempts.count(session, subject, at, forget=None)
    attempts.lock(session, subject, locked_until(count, at))
    return False


def failed(rooms: WebHouse, request: Request, login: str, outcome: str = "refused") -> None:
    """Record the failure of a judged attempt under a known login (what was typed for an unknown one is kept
    nowhere), count it for the address, and say when either begins to wait. What comes during a wait is not
    judged, hence not told one by one: the log does not grow at a stranger's will."""
    at, place = rooms.clock.now(), _place(request)
    with rooms.database.transaction() as session:
        until = None
        if not attempts.locked(session, place, at):  # what comes while it waits is not held against it
            count = attempts.count(session, place, at)
            until = address_locked_until(count, at)
            attempts.lock(session, place, until)
            attempts.sweep(session, at)
        person = people.get(session, login)
        if person is not None:
            rooms.recorder.add(
                session, Kind.LOGIN, f"person:{login}", outcome=outcome, address=_address(request)
            )
            if person.locked_until is not None and person.locked_until > at:
                rooms.recorder.add(
                    session,
                    Kind.LOCKED,
                    f"person:{login}",
                    attempt=person.failures,
                    until=_text(person.locked_until),
                )
        if until is not None:
            rooms.recorder.add(
                session, Kind.LOCKED, f"address:{_address(request)}", attempt=count, until=_text(until)
            )


def needs_second(rooms: WebHouse, person: Person) -> bool:
    """Whether the settings ask a second factor from whoever holds these roles, or one with their rights."""
    if rooms.settings.totp != "required":
        return False
    asked = rooms.settings.totp_roles
    held = {name for role in person.roles for name in (role, role.partition(":")[0])}
    held |= {rooms.book.like[role] for role in person.roles if role in rooms.book.like}
    return not asked or not held.isdisjoint(asked)


def next_stage(rooms: WebHouse, person: Person) -> Stage:
    """What is left to do after a right password."""
    with rooms.database.reading() as session:
        if factors.confirmed(session, person.login):
            return Stage.CODE
    return Stage.ENROL if needs_second(rooms, person) else Stage.FULL


def open_session(
    rooms: WebHouse,
    request: Request,
    person: Person,
    stage: Stage = Stage.FULL,
    *,
    via: str = "password",
    strong: bool = False,
    hint: str | None = None,
) -> str:
    """A new session with a new token, always: one from before the sign-in is never raised to a better one.

    Returns the cookie's token.
    """
    token, at = secrets.token_urlsafe(32), rooms.clock.now()
    name = token_hash(token)
    life = timedelta(hours=rooms.settings.session_hours) if stage is Stage.FULL else HALFWAY
    row = WebSession(
        token_hash=name,
        login=person.login,
        csrf=secrets.token_urlsafe(32),
        created_at=at,
        seen_at=at,
        expires_at=at + life,
        stage=stage,
        via=via,
        strong=strong,
        address=_address(request),
        agent=request.headers.get("user-agent", "")[:200],
        hint=seal(rooms.vault.ring, hint, f"hint:{name}") if hint else None,
    )
    with rooms.database.transaction() as session:
        if stage is not Stage.CODE:  # until the code is right the attempts go on being counted
            people.forgive(session, person.login)
        sessions.sweep_sessions(session, at)
        sessions.end_session(session, token_hash(_cookie(rooms, request)), at)
        sessions.open_session(session, row)
        if stage is Stage.FULL:
            rooms.recorder.add(
                session, Kind.LOGIN, f"person:{person.login}", outcome="in", via=via, strong=strong
            )
    return token


def halfway(rooms: WebHouse, request: Request, *stages: Stage) -> tuple[WebSession, Person] | None:
    """The sign-in under way of this browser, when it stands at one of ``stages``."""
    name = token_hash(_cookie(rooms, request))
    with rooms.database.reading() as session:
        found = sessions.session_of(session, name, rooms.clock.now(), idle_time(rooms))
    return found if found is not None and found[0].stage in stages else None


def enter(rooms: WebHouse, token: str, after: str, stage: Stage = Stage.FULL) -> Response:
    """Give the browser its cookie and send it on: to the page asked for, or to the next question."""
    onward = {Stage.CODE: f"{DOORSTEP}/code", Stage.ENROL: f"{DOORSTEP}/activation"}.get(stage)
    response = RedirectResponse(onward or local_path(after), 303)
    give_cookie(rooms, response, token)
    if stage is Stage.FULL:
        response.delete_cookie(LOGIN_COOKIE, path=DOORSTEP)
    return response


def give_cookie(rooms: WebHouse, response: Response, token: str) -> None:
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


def show(
    request: Request, rooms: WebHouse, shown: Pages, template: str, *, status: int = 200, **values: Any
) -> Response:
    """A page of the doorstep: its form carries the session's token, or that of a short-lived cookie."""
    seen = request.state.viewer
    csrf = seen.csrf if seen else request.cookies.get(LOGIN_COOKIE) or secrets.token_urlsafe(24)
    response = shown.show(request, template, status=status, csrf=csrf, **values)
    if seen is None:
        response.set_cookie(
            LOGIN_COOKIE,
            csrf,
            max_age=3600,
            path=DOORSTEP,
            secure=rooms.settings.secure_cookies,
            httponly=True,
            samesite="lax",
        )
    return response


def _cookie(rooms: WebHouse, request: Request) -> str:
    return request.cookies.get(session_cookie(rooms.settings.secure_cookies), "")


def _address(request: Request) -> str:
    return request.client.host[:64] if request.client else "inconnue"


def _place(request: Request) -> str:
    return f"address:{_address(request)}"


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
