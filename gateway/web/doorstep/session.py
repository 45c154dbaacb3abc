"""Signing in with a password and out: server-side sessions, only a hash of the token kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.evidence.record import Kind
from gateway.web.access import Right
from gateway.web.doorstep import doorstep
from gateway.web.guard import local_path, session_cookie, token_hash
from gateway.web.house import InHouse, Seen, Shown, WebHouse, address
from gateway.web.pages import Pages
from storage import sessions
from storage.secretbox import unseal

router = APIRouter()

WRONG = (
    "Identifiant ou mot de passe refusé ; rien n’a été ouvert. Après plusieurs essais le compte attend"
    " quelques minutes : patientez avant de recommencer, ou demandez à un administrateur."
)


@router.get("/")
def home(seen: Seen) -> Response:
    """The first page a person's rights open."""
    pages = (
        (Right.WORK, "/files"),
        (Right.JOURNAL, "/journal"),
        (Right.PEOPLE, "/personnes"),
    )
    return RedirectResponse(next((page for right, page in pages if seen.may(right)), "/compte"), 303)


@router.get("/connexion")
def form(request: Request, rooms: InHouse, shown: Shown, suite: str = "/") -> Response:
    """The sign-in form; a person already signed in goes on."""
    if request.state.viewer is not None:
        return RedirectResponse(local_path(suite), 303)
    return refused(request, rooms, shown, suite)


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
    """Count the attempt, then judge it; a second factor is asked next from whoever has or needs one."""
    tried = doorstep.attempt(rooms, request, identifiant)
    person = tried.person
    right = tried.judged and rooms.passwords.check(person.password_hash if person else None, mot_de_passe)
    if person is None or not right:
        if tried.judged:
            doorstep.failed(rooms, request, identifiant)
        return refused(request, rooms, shown, suite, login=identifiant, error=WRONG, status=401)
    stage = doorstep.next_stage(rooms, person)
    token = doorstep.open_session(rooms, request, person, stage)
    response = doorstep.enter(rooms, token, suite, stage)
    if stage is not sessions.Stage.FULL:
        remember(rooms, response, suite)
    return response


@router.post("/deconnexion")
def sign_out(request: Request, rooms: InHouse, seen: Seen, shown: Shown) -> Response:
    """End the session here and in the table; then at the identity provider, when it came from there."""
    secure = rooms.settings.secure_cookies
    name = token_hash(request.cookies.get(session_cookie(secure), ""))
    with rooms.database.transaction() as session:
        ended = sessions.ended_session(session, name)
        sessions.close_session(session, name)
        rooms.recorder.add(session, Kind.LOGIN, f"person:{seen.login}", outcome="out")
    hint = unseal(rooms.vault.ring, ended.hint, f"hint:{name}") if ended and ended.hint else None
    elsewhere = None
    if rooms.sign_on and hint:
        here = address(request, rooms, "/connexion")
        elsewhere = rooms.sign_on.sign_out_address(here, hint, rooms.clock.now())
    response: Response = RedirectResponse("/connexion?fait=sorti", 303)
    if elsewhere is not None and rooms.sign_on is not None:
        request.state.viewer = None
        # a page, not a redirect: the policy lets forms lead to this site only
        response = shown.show(request, "sortie.html", elsewhere=elsewhere, provider=rooms.sign_on.title)
    response.delete_cookie(session_cookie(secure), path="/", secure=secure, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


SUITE_COOKIE = "passerelle-suite"


def remember(rooms: WebHouse, response: Response, suite: str) -> None:
    """Keep the page asked for while the second factor is asked."""
    response.set_cookie(
        SUITE_COOKIE,
        local_path(suite).encode("ascii", "ignore").decode(),
        max_age=600,
        path=doorstep.DOORSTEP,
        secure=rooms.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def refused(
    request: Request,
    rooms: WebHouse,
    shown: Pages,
    suite: str = "/",
    *,
    login: str = "",
    error: str | None = None,
    status: int = 200,
) -> Response:
    """The sign-in form, with what went wrong if anything did."""
    provider = rooms.sign_on.title if rooms.sign_on else None
    return doorstep.show(
        request,
        rooms,
        shown,
        "connexion.html",
        status=status,
        suite=local_path(suite),
        login=login,
        error=error,
        provider=provider,
    )
