"""Every request passes here first: who is it, is the route open to them, is the form ours."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from gateway.errors import PasserelleError
from gateway.web.access import ROUTES, Right, Viewer, route_allows
from gateway.web.house import WebHouse, house
from storage import sessions

CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf"
LOGIN_COOKIE = "passerelle-connexion"
MAX_FORM = 64 * 1024


class SignInError(PasserelleError):
    """No session: the person is sent to the sign-in page, then back to ``after``."""

    def __init__(self, after: str) -> None:
        super().__init__("Identifiez-vous pour voir cette page.")
        self.after = after


class ForbiddenError(PasserelleError):
    """The session is good, the right is not there."""


class BadFormError(PasserelleError):
    """The form does not carry the token of this session, or is too large."""


def session_cookie(secure: bool) -> str:
    """``__Host-`` ties the cookie to this host, over TLS only; plain HTTP (demo) cannot use it."""
    return "__Host-passerelle" if secure else "passerelle"


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def local_path(text: str) -> str:
    """A path of this site, safe to redirect to; anything else becomes the home page."""
    good = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if good else "/"


async def guard(request: Request) -> None:
    """Dependency of every route: sets ``request.state.viewer`` or raises."""
    path: str = request.scope["route"].path
    seen = await run_in_threadpool(_viewer, house(request), request.cookies)
    request.state.viewer = seen
    right = ROUTES.get(("GET" if request.method == "HEAD" else request.method, path))
    if right is not Right.PUBLIC:
        if seen is None:
            raise SignInError(_back(request))
        if not route_allows(request.method, path, seen.roles):
            raise ForbiddenError(
                "Cette page n’est pas ouverte à votre rôle ; rien n’a été changé."
                " Demandez à un administrateur si votre travail en a besoin."
            )
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        await _check_form(request, seen)


def _viewer(rooms: WebHouse, cookies: Mapping[str, str]) -> Viewer | None:
    token = cookies.get(session_cookie(rooms.settings.secure_cookies))
    if not token:
        return None
    with rooms.database.reading() as session:
        found = sessions.session_of(session, token_hash(token), rooms.clock.now())
        if found is None:
            return None
        opened, person = found
        return Viewer(person.login, person.name, tuple(person.roles), opened.csrf)


async def _check_form(request: Request, seen: Viewer | None) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > MAX_FORM:
        raise BadFormError(
            "Le formulaire est trop grand ; rien n’a été changé. Réduisez le texte et recommencez."
        )
    form = await request.form(max_files=0, max_fields=200)
    given = request.headers.get(CSRF_HEADER) or form.get(CSRF_FIELD)
    expected = request.cookies.get(LOGIN_COOKIE, "") if seen is None else seen.csrf
    if (
        not isinstance(given, str)
        or not expected
        or not hmac.compare_digest(given.encode(), expected.encode())
    ):
        raise BadFormError(
            "Ce formulaire n’est plus valable (la session a changé) ; rien n’a été changé."
            " Rechargez la page et recommencez."
        )


def _back(request: Request) -> str:
    """Where to return after signing in: the page asked for, or home after a lost form."""
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(local_path(request.url.path + query), safe="/?=&%")
