"""The second factor on the doorstep: the code at sign-in, and setting an authenticator up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound
from gateway.evidence.record import Kind
from gateway.web.doorstep import doorstep, totp
from gateway.web.doorstep.session import SUITE_COOKIE
from gateway.web.guard import local_path
from gateway.web.house import InHouse, Shown, WebHouse
from storage import factors, people
from storage.people import Person
from storage.secretbox import seal, unseal
from storage.sessions import Stage

router = APIRouter(prefix="/connexion")

WRONG_CODE = (
    "Ce code est refusé : il ne vaut que quelques secondes et une seule fois ; rien n’a été ouvert."
    " Attendez le suivant, ou utilisez un code de secours."
)
NOT_THE_CODE = (
    "Ce code n’est pas celui de l’application ; rien n’est activé. Vérifiez l’heure du téléphone puis"
    " donnez le code affiché maintenant."
)
_START = "/connexion"
_Code = Annotated[str, Form(max_length=40)]


@router.get("/code")
def ask(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """The form of the code, for a sign-in that stands there."""
    if doorstep.halfway(rooms, request, Stage.CODE) is None:
        return RedirectResponse(_START, 303)
    return doorstep.show(request, rooms, shown, "code.html", error=None)


@router.post("/code")
def give(request: Request, rooms: InHouse, shown: Shown, code: _Code = "") -> Response:
    """Judge the code as a password is: counted first, waited for, each code good once."""
    found = doorstep.halfway(rooms, request, Stage.CODE)
    if found is None:
        return RedirectResponse(_START, 303)
    tried = doorstep.attempt(rooms, request, found[0].login)
    person = tried.person
    if person is None or not right_code(rooms, person, code):
        if tried.judged:
            doorstep.failed(rooms, request, found[0].login, outcome="code-refused")
        return doorstep.show(request, rooms, shown, "code.html", error=WRONG_CODE, status=401)
    return _enter(rooms, request, person, found[0].via)


def right_code(rooms: WebHouse, person: Person, code: str) -> bool:
    """Whether ``code`` is the authenticator's of now, or an unused recovery code; it is used up."""
    at = rooms.clock.now()
    with rooms.database.transaction() as session:
        if totp.looks_like_recovery(code):
            used = factors.use_recovery(session, person.login, totp.recovery_hash(code), at)
            if used:
                rooms.recorder.add(
                    session, Kind.PERSON, f"person:{person.login}", action="recovery-code-used"
                )
            return used
        factor = factors.get(session, person.login)
        if factor is None or factor.confirmed_at is None:
            return False
        step = totp.step_of(_open(rooms, person.login, factor.secret), code, at)
        return step is not None and factors.accept_step(session, person.login, step)


@router.get("/activation")
def prepare(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """The QR code and the form of the first code."""
    person = _setting_up(rooms, request)
    if person is None:
        return RedirectResponse(_START, 303)
    secret = _secret(rooms, request, person)
    if secret is None:
        return RedirectResponse("/compte", 303)
    return _activation(request, rooms, shown, secret, None)


@router.get("/activation.svg")
def picture(request: Request, rooms: InHouse) -> Response:
    """The secret as a QR code, for the person setting it up; once confirmed it is never shown again."""
    person = _setting_up(rooms, request)
    secret = _secret(rooms, request, person) if person is not None else None
    if person is None or secret is None:
        raise NotFound("Aucune activation n’est en cours ; rien n’a été changé. Recommencez la connexion.")
    headers = {"Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store"}
    return Response(totp.picture(secret, person.login), media_type="image/svg+xml", headers=headers)


@router.post("/activation")
def confirm(request: Request, rooms: InHouse, shown: Shown, code: _Code = "") -> Response:
    """A first right code puts the second factor in force and shows the recovery codes, this once."""
    person = _setting_up(rooms, request)
    if person is None:
        return RedirectResponse(_START, 303)
    secret = _secret(rooms, request, person)
    if secret is None:
        return RedirectResponse("/compte", 303)
    at = rooms.clock.now()
    step = totp.step_of(secret, code, at)
    if step is None:
        return _activation(request, rooms, shown, secret, NOT_THE_CODE, status=401)
    codes = totp.new_recovery_codes()
    with rooms.database.transaction() as session:
        factors.confirm(session, person.login, at, [totp.recovery_hash(one) for one in codes], step)
        rooms.recorder.add(
            session, Kind.PERSON, f"person:{person.login}", action="second-factor-set", person=person.login
        )
    waiting = doorstep.halfway(rooms, request, Stage.ENROL)
    token = (
        doorstep.open_session(rooms, request, person, via=waiting[0].via, strong=True) if waiting else None
    )
    response = doorstep.show(request, rooms, shown, "secours.html", codes=codes, after=_suite(request))
    if token is not None:
        doorstep.give_cookie(rooms, response, token)
    return response


def begin(rooms: WebHouse, login: str) -> None:
    """Make a new secret, not in force until a code of it is given; until then a former one stays."""
    sealed = seal(rooms.vault.ring, totp.new_secret(), f"totp:{login}")
    with rooms.database.transaction() as session:
        factors.begin(session, login, sealed, rooms.clock.now())


def _setting_up(rooms: WebHouse, request: Request) -> Person | None:
    """Who may set a second factor up: a sign-in that must, or somebody already in."""
    seen = request.state.viewer
    if seen is not None:
        with rooms.database.reading() as session:
            return people.get(session, seen.login)
    found = doorstep.halfway(rooms, request, Stage.ENROL)
    return found[1] if found else None


def _secret(rooms: WebHouse, request: Request, person: Person) -> str | None:
    """The secret being set up; ``None`` when nothing is. A sign-in that must set one up has just given the
    password: one is made now. An open session has none until the account page began it, password given."""
    inside, at = request.state.viewer is not None, rooms.clock.now()
    with rooms.database.reading() as session:
        begun = factors.begun(session, person.login)
        in_force = factors.confirmed(session, person.login)
    if begun is None and not inside and not in_force:
        begin(rooms, person.login)
        with rooms.database.reading() as session:
            begun = factors.begun(session, person.login)
    if begun is None or (inside and at - begun[1] > doorstep.HALFWAY):
        return None
    return _open(rooms, person.login, begun[0])


def _open(rooms: WebHouse, login: str, sealed: str) -> str:
    return unseal(rooms.vault.ring, sealed, f"totp:{login}")


def _activation(
    request: Request, rooms: WebHouse, shown: Shown, secret: str, error: str | None, status: int = 200
) -> Response:
    return doorstep.show(
        request, rooms, shown, "activation.html", status=status, secret=totp.spaced(secret), error=error
    )


def _suite(request: Request) -> str:
    after = request.cookies.get(SUITE_COOKIE, "/")
    return local_path(after)


def _enter(rooms: WebHouse, request: Request, person: Person, via: str) -> Response:
    token = doorstep.open_session(rooms, request, person, via=via, strong=True)
    response = doorstep.enter(rooms, token, _suite(request))
    response.delete_cookie(SUITE_COOKIE, path=doorstep.DOORSTEP)
    return response
