"""One's own account: where it is open, its password, its second factor, its tokens."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.web.access import SCOPE_TITLES, Viewer, desks
from gateway.web.doorstep import doorstep, secondfactor
from gateway.web.doorstep.passwords import weakness
from gateway.web.doorstep.tokens import scopes_of
from gateway.web.guard import idle_time, session_cookie, token_hash
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from storage import factors, people, sessions, tokens
from storage.db import Session
from storage.people import Person

router = APIRouter(prefix="/compte")

WRONG_PASSWORD = "Le mot de passe actuel n’est pas celui-là ; rien n’a été changé. Recommencez."  # noqa: S105
WRONG_CODE = "Ce code n’est pas celui de l’application ; rien n’a été changé. Attendez le suivant."
NO_SESSION = "Cette session n’existe plus ; rien n’a été changé. Rechargez la page."
_Password = Annotated[str, Form(max_length=1024)]


@router.get("")
def account(request: Request, rooms: InHouse, seen: Seen, shown: Shown) -> Response:
    """The page of one's own account."""
    at = rooms.clock.now()
    with rooms.database.reading() as session:
        person = people.get(session, seen.login)
        factor = factors.get(session, seen.login)
        values: dict[str, Any] = {
            "person": person,
            "open_sessions": sessions.live(session, at, idle_time(rooms), seen.login),
            "factor": factor if factor is not None and factor.confirmed_at is not None else None,
            "recovery_left": factors.recovery_left(session, seen.login),
            "may_prove": bool(person and person.password_hash) or factors.confirmed(session, seen.login),
            "tokens": tokens.of_person(session, seen.login),
            "feeds": tokens.feeds_of(session, seen.login),
        }
    mine = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    values["desks"] = [(f"{desk.circuit}/{desk.name}", desk.title) for desk in mine]
    return shown.show(
        request,
        "compte.html",
        **values,
        current=_mine(rooms, request),
        required=person is not None and doorstep.needs_second(rooms, person),
        scope_titles=SCOPE_TITLES,
        scopes=scopes_of(seen),
        longest=rooms.settings.token_days,
        now=at,
    )


@router.post("/mot-de-passe")
def password(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    *,
    actuel: _Password = "",
    nouveau: _Password = "",
    encore: _Password = "",
) -> Response:
    """Change the password, knowing the former; the other sessions end."""
    person = confirmed(rooms, request, seen, actuel)
    if nouveau != encore:
        raise Refused("Les deux nouveaux mots de passe diffèrent ; rien n’a été changé. Recommencez.")
    weak = weakness(nouveau, person.login, person.name, person.email or "")
    if weak is not None:
        raise Refused(f"{weak} Rien n’a été changé.")
    hashed = rooms.passwords.hash(nouveau)
    with rooms.database.transaction() as session:
        people.set_password(session, seen.login, hashed)
        sessions.close_sessions(session, seen.login, but=_mine(rooms, request))
        _told(rooms, session, seen, "password-changed")
    return RedirectResponse("/compte?fait=motdepasse", 303)


@router.post("/second-facteur")
def second(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    *,
    actuel: _Password = "",
    geste: Annotated[Literal["activer", "retirer"], Form()] = "activer",
) -> Response:
    """Begin an authenticator (the former stays in force until the first code of the new one), or give it up
    where it is not required. The password is asked, unless the account has nothing to ask: no password
    here, no factor yet."""
    with rooms.database.reading() as session:
        person = people.get(session, seen.login)
        in_force = factors.confirmed(session, seen.login)
    if in_force or person is None or person.password_hash:
        person = confirmed(rooms, request, seen, actuel)
    if geste == "activer":
        secondfactor.begin(rooms, seen.login)
        return RedirectResponse("/connexion/activation", 303)
    if doorstep.needs_second(rooms, person):
        raise Refused(
            "Votre rôle demande un second facteur ; il reste en place. Remplacez-le s’il le faut."
        )
    with rooms.database.transaction() as session:
        factors.remove(session, seen.login)
        _told(rooms, session, seen, "second-factor-removed")
    return RedirectResponse("/compte?fait=facteur-retire", 303)


@router.post("/sessions/{session_id}/fermer")
def close(rooms: InHouse, seen: Seen, session_id: str) -> Response:
    """End one of one's own sessions; the present one too."""
    with rooms.database.transaction() as session:
        found = sessions.named(session, session_id)
        if found is None or found.login != seen.login:
            raise NotFound(NO_SESSION)
        sessions.end_session(session, found.token_hash, rooms.clock.now())
        rooms.recorder.add(
            session, Kind.LOGIN, f"person:{seen.login}", outcome="revoked", person=seen.login
        )
    return RedirectResponse("/compte?fait=session-fermee", 303)


@router.post("/jetons/{token_id}/revoquer")
def revoke(rooms: InHouse, seen: Seen, token_id: str) -> Response:
    """End one of one's own tokens."""
    with rooms.database.transaction() as session:
        found = tokens.get(session, token_id)
        if found is None or found.login != seen.login:
            raise NotFound("Ce jeton n’existe pas ; rien n’a été changé. Rechargez la page.")
        if tokens.revoke(session, token_id, rooms.clock.now()) is not None:
            rooms.recorder.add(
                session, Kind.TOKEN, f"token:{token_id}", action="revoked", person=seen.login
            )
    return RedirectResponse("/compte?fait=jeton-revoque", 303)


def _mine(rooms: WebHouse, request: Request) -> str:
    return token_hash(request.cookies.get(session_cookie(rooms.settings.secure_cookies), ""))


def confirmed(
    rooms: WebHouse, request: Request, seen: Viewer, given: str, *, strong: bool = False
) -> Person:
    """The person, who has just given their password again (without one, their code; ``strong``: the code of
    whoever has a factor): counted and waited for as at sign-in."""
    tried = doorstep.attempt(rooms, request, seen.login)
    person = tried.person
    with rooms.database.reading() as session:
        by_code = person is None or not person.password_hash
        by_code = by_code or (strong and factors.confirmed(session, seen.login))
    right = person is not None and (
        secondfactor.right_code(rooms, person, given)
        if by_code
        else rooms.passwords.check(person.password_hash, given)
    )
    if person is None or not right:
        if tried.judged:
            doorstep.failed(rooms, request, seen.login)
        raise Refused(WRONG_CODE if by_code else WRONG_PASSWORD)
    with rooms.database.transaction() as session:
        people.forgive(session, seen.login)
    return person


def _told(rooms: WebHouse, session: Session, seen: Viewer, action: str) -> None:
    rooms.recorder.add(session, Kind.PERSON, f"person:{seen.login}", action=action, person=seen.login)
