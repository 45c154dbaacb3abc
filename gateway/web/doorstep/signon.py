"""Single sign-on at the doorstep: leaving for the provider, coming back, and who that is here."""

from __future__ import annotations

import json
from hashlib import sha256

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, Refused, Unavailable
from gateway.evidence.record import Kind
from gateway.web.doorstep import doorstep
from gateway.web.doorstep.oidc import Identity, SignOn
from gateway.web.doorstep.session import refused, remember
from gateway.web.guard import local_path
from gateway.web.house import InHouse, Shown, WebHouse, address
from storage import people
from storage.errors import StorageError
from storage.people import Person
from storage.secretbox import seal, unseal
from storage.sessions import Stage

router = APIRouter(prefix="/connexion/oidc")

COOKIE = "passerelle-oidc"
_PATH = "/connexion/oidc"
_CONTEXT = "oidc"
NO_SIGN_ON = (
    "La connexion unique n’est pas en service ici ; rien n’a été ouvert. Entrez avec un mot de passe."
)


@router.get("")
def leave(request: Request, rooms: InHouse, shown: Shown, suite: str = "/") -> Response:
    """Send the browser to the provider, with a sealed proof kept in a cookie of this browser alone."""
    sign_on = _sign_on(rooms)
    try:
        departure = sign_on.leave(_back(request, rooms), rooms.clock.now())
    except (Refused, Unavailable) as error:
        return refused(request, rooms, shown, suite, error=error.public, status=503)
    kept = json.dumps({"proof": departure.proof, "suite": local_path(suite)[:1000]})
    response = RedirectResponse(departure.address, 303)
    response.set_cookie(
        COOKIE,
        seal(rooms.vault.ring, kept, _CONTEXT),
        max_age=600,
        path=_PATH,
        secure=rooms.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/retour")
def arrive(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """The provider's answer: a known person comes in with our roles, anybody else is told why not."""
    sign_on = _sign_on(rooms)
    try:
        kept = json.loads(unseal(rooms.vault.ring, request.cookies.get(COOKIE, ""), _CONTEXT))
    except StorageError:
        gone = "Cette connexion a été commencée ailleurs ou il y a trop longtemps ; recommencez-la d’ici."
        return refused(request, rooms, shown, error=gone, status=400)
    suite = local_path(kept["suite"])
    try:
        identity = sign_on.arrive(
            _back(request, rooms), dict(request.query_params), kept["proof"], rooms.clock.now()
        )
    except (Refused, Unavailable) as error:
        status = 503 if isinstance(error, Unavailable) else 401
        return _without(refused(request, rooms, shown, suite, error=error.public, status=status))
    person = _person(rooms, identity)
    if person is None:
        return _without(_stranger(request, rooms, shown, sign_on, identity))
    return _without(_in(request, rooms, person, identity, suite))


def _back(request: Request, rooms: WebHouse) -> str:
    """Where the provider sends people back."""
    return address(request, rooms, f"{_PATH}/retour")


def _sign_on(rooms: WebHouse) -> SignOn:
    if rooms.sign_on is None:
        raise NotFound(NO_SIGN_ON)
    return rooms.sign_on


def _person(rooms: WebHouse, identity: Identity) -> Person | None:
    by_email = rooms.installation is None or rooms.installation.oidc.match == "email"
    with rooms.database.reading() as session:
        find = people.with_email if by_email else people.get
        person = find(session, identity.name)
    return person if person is not None and person.active and not person.program else None


def _in(request: Request, rooms: WebHouse, person: Person, identity: Identity, suite: str) -> Response:
    """Our own second factor is asked too, unless the provider says that one was given there."""
    stage = Stage.FULL if identity.strong else doorstep.next_stage(rooms, person)
    token = doorstep.open_session(
        rooms, request, person, stage, via="oidc", strong=identity.strong, hint=identity.id_token
    )
    response = doorstep.enter(rooms, token, suite, stage)
    if stage is not Stage.FULL:
        remember(rooms, response, suite)
    return response


def _stranger(
    request: Request, rooms: WebHouse, shown: Shown, sign_on: SignOn, identity: Identity
) -> Response:
    doorstep.failed(rooms, request, "")
    mark = sha256(identity.name.casefold().encode()).hexdigest()
    with rooms.database.transaction() as session:
        rooms.recorder.add(
            session, Kind.LOGIN, f"oidc:{mark[:12]}", outcome="unknown", via="oidc", sha256=mark
        )
    sentence = (
        f"{sign_on.title} vous a bien reconnu, mais aucun compte ouvert de Passerelle ne porte cette"
        " identité ; rien n’a été ouvert. Demandez à un administrateur de créer le vôtre."
    )
    return refused(request, rooms, shown, error=sentence, status=403)


def _without(response: Response) -> Response:
    """The proof serves once."""
    response.delete_cookie(COOKIE, path=_PATH)
    return response
