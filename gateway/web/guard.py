"""Every request passes here first: who is it, is the route open to them, is the form ours."""

from __future__ import annotations

import hmac
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from gateway import log
from gateway.errors import PasserelleError
from gateway.evidence.record import through
from gateway.web.access import ROUTES, Right, Viewer
from gateway.web.admin import notices
from gateway.web.bounds import MAX_BODY, MAX_FIELDS
from gateway.web.doorstep import drafts, tokens
from gateway.web.house import WebHouse, house
from storage import balances, sessions
from storage.sessions import Stage

API = "/api/"
"""Addresses that answer programs: a token may open them, errors are problem details (RFC 9457)."""
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf"
LOGIN_COOKIE = "passerelle-connexion"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SignInError(PasserelleError):
    """No session: the person is sent to the sign-in page, then back to ``after``."""

    def __init__(self, after: str) -> None:
        super().__init__("Identifiez-vous pour voir cette page.")
        self.after = after


class ResumeError(PasserelleError):
    """The form came from an earlier session of the same person: its text is kept, ``page`` shows it."""

    def __init__(self, page: str) -> None:
        super().__init__("Votre session a changé ; votre texte est gardé : relisez-le puis envoyez.")
        self.page = page


class ForbiddenError(PasserelleError):
    """The session is good, the right is not there."""


class BadFormError(PasserelleError):
    """The form does not carry the token of this session."""


def session_cookie(secure: bool) -> str:
    """``__Host-`` ties the cookie to this host, over TLS only; plain HTTP (demo) cannot use it."""
    return "__Host-passerelle" if secure else "passerelle"


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def local_path(text: str) -> str:
    """A path of this site, safe to redirect to; anything else becomes the home page."""
    good = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if good else "/"


def idle_time(rooms: WebHouse) -> timedelta:
    return timedelta(minutes=rooms.settings.idle_minutes)


async def guard(request: Request) -> None:
    """Dependency of every route: sets ``request.state.viewer`` or raises."""
    path: str = request.scope["route"].path
    rooms = house(request)
    presented = tokens.presented(request) if path.startswith(API) else None
    if presented is not None:
        seen = await run_in_threadpool(tokens.viewer, rooms, presented)
    else:
        seen = await run_in_threadpool(_viewer, rooms, request)
    request.state.viewer = seen
    through(seen.token if seen is not None else None)
    if seen is not None and seen.may(Right.LEDGER) and presented is None:
        request.state.unbalanced = await run_in_threadpool(_unbalanced, rooms)
    if seen is not None and seen.may(Right.MEDICAL_CONTENT) and presented is None:
        request.state.notices = await run_in_threadpool(notices.of, rooms, seen.login)
    changes = request.method not in _SAFE
    right = ROUTES.get(("GET" if request.method == "HEAD" else request.method, path))
    if right is not Right.PUBLIC:
        if seen is None:
            raise SignInError(await _kept(request, rooms) if changes else _back(request))
        if right is None or right not in seen.rights:
            log.access_refused(seen.login, request.method, path)
            raise ForbiddenError(
                "Cette page n’est pas ouverte à votre rôle ; rien n’a été changé."
                " Demandez à un administrateur si votre travail en a besoin."
            )
    if changes and presented is None:
        await _check(request, rooms, await _form(request), seen)


def _viewer(rooms: WebHouse, request: Request) -> Viewer | None:
    token = request.cookies.get(session_cookie(rooms.settings.secure_cookies))
    if not token:
        return None
    at, name = rooms.clock.now(), token_hash(token)
    with rooms.database.reading() as session:
        found = sessions.session_of(session, name, at, idle_time(rooms))
    if found is None or found[0].stage is not Stage.FULL:
        return None
    opened, person = found
    # a page left open is not a person: neither its stream nor the lists it asks for keep a session alive
    waits = "text/event-stream" in request.headers.get("accept", "") or request.headers.get("x-flux") == "1"
    if sessions.stale(opened, at) and not waits:
        with rooms.database.transaction() as session:
            sessions.touch(session, name, at)
    return Viewer(person.login, person.name, tuple(person.roles), opened.csrf, book=rooms.book)


def _unbalanced(rooms: WebHouse) -> int:
    """Days of the ledger that do not add up: told on every page of whoever watches it."""
    with rooms.database.reading() as session:
        return len(balances.alarms(session))


async def _form(request: Request) -> FormData:
    """The fields. Where a route declares some the framework has parsed them, within the same limits."""
    return await request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_BODY)


async def _check(request: Request, rooms: WebHouse, form: FormData, seen: Viewer | None) -> None:
    """The form carries the token of this session; one of an earlier session of the same person is kept."""
    given = request.headers.get(CSRF_HEADER) or form.get(CSRF_FIELD)
    expected = request.cookies.get(LOGIN_COOKIE, "") if seen is None else seen.csrf
    if isinstance(given, str) and expected and hmac.compare_digest(given.encode(), expected.encode()):
        return
    if seen is not None and isinstance(given, str):
        page = await run_in_threadpool(_earlier, request, rooms, form, seen.login, given)
        if page is not None:
            raise ResumeError(page)
    raise BadFormError(
        "Ce formulaire n’est plus valable (la session a changé) ; rien n’a été changé."
        " Rechargez la page et recommencez."
    )


def _earlier(request: Request, rooms: WebHouse, form: FormData, login: str, given: str) -> str | None:
    with rooms.database.reading() as session:
        if not sessions.with_csrf(session, login, given):
            return None
    return drafts.keep(rooms, request, login, form)


async def _kept(request: Request, rooms: WebHouse) -> str:
    """Where to return after signing in again: to the form, whose text is kept for the same login."""
    token = request.cookies.get(session_cookie(rooms.settings.secure_cookies), "")
    if not token:
        return "/"
    form = await _form(request)
    return await run_in_threadpool(_keep, request, rooms, form, token_hash(token))


def _keep(request: Request, rooms: WebHouse, form: FormData, name: str) -> str:
    with rooms.database.reading() as session:
        ended = sessions.ended_session(session, name)
    given = form.get(CSRF_FIELD) or request.headers.get(CSRF_HEADER)
    if ended is None or ended.stage is not Stage.FULL or given != ended.csrf:
        return "/"
    return quote(drafts.keep(rooms, request, ended.login, form) or "/", safe="/")


def _back(request: Request) -> str:
    """The page asked for, as one value of a query."""
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(local_path(request.url.path + query), safe="/")
