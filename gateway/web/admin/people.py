"""People and their roles: made, changed, closed, given a link; and the matrix as it is applied."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, Refused
from gateway.evidence.record import Field, Kind
from gateway.web.access import (
    RIGHT_TITLES,
    ROUTES,
    Right,
    Viewer,
    known_role,
)
from gateway.web.admin import notices
from gateway.web.admin.tokens import told
from gateway.web.doorstep import doorstep
from gateway.web.doorstep.invitation import invite
from gateway.web.guard import idle_time
from gateway.web.house import InHouse, Seen, Shown, WebHouse, address
from gateway.web.pages import Pages
from gateway.web.rights import SPILLS
from storage import factors, people, sessions, tokens
from storage.db import Session
from storage.people import Person

router = APIRouter()

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,79}")
_ADDRESS = re.compile(r"[^@\s]{1,100}@[^@\s]{1,99}")
NOBODY = "Ce compte n’existe pas ; rien n’a été changé. Revenez à la liste."
LAST_ADMIN = (
    "Ce compte est le dernier administrateur ouvert ; rien n’a été changé."
    " Donnez d’abord ce rôle à un autre."
)
_Line = Annotated[str, Form(max_length=200)]
_Roles = Annotated[list[str], Form()]


@router.get("/personnes")
def everyone(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Every account, and the form that makes one."""
    return _list(request, rooms, shown)


@router.post("/personnes")
def add(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    *,
    identifiant: _Line = "",
    nom: _Line = "",
    courriel: _Line = "",
    roles: _Roles = [],  # noqa: B006 (FastAPI copies it)
    caisses: _Line = "",
    programme: Annotated[bool, Form()] = False,
) -> Response:
    """Make an account without a password, and its one-time link; that of a program has none."""
    login, name, email = identifiant.strip().casefold(), nom.strip()[:120], people.folded(courriel)
    asked = _roles(rooms, roles, caisses)
    if not programme:
        address(request, rooms, "/")  # before anything is kept: where its link would lead
    if not LOGIN.fullmatch(login) or not name:
        raise Refused(
            "Un identifiant compte de 2 à 80 lettres sans accent, chiffres, points ou tirets, et un nom est"
            " nécessaire ; aucun compte n’a été créé. Corrigez puis recommencez."
        )
    with rooms.database.transaction() as session:
        if people.get(session, login) is not None:
            raise Refused(
                "Un compte porte déjà cet identifiant ; rien n’a été changé. Choisissez-en un autre."
            )
        _check_email(session, email, login)
        person = Person(login=login, name=name, email=email, roles=asked, program=programme)
        _check_program(rooms, person, asked)
        people.add(session, person)
        link = None if programme else invite(rooms, session, login, seen.login)
        medical = _warned(rooms, session, seen, person, "given")
        _told(rooms, session, seen, login, "account-created", roles=asked, medical=medical)
    if programme:
        return RedirectResponse(f"/personnes/{login}?fait=programme", 303)
    return _one(request, rooms, shown, login, link=link)


@router.get("/personnes/{login}")
def one(request: Request, rooms: InHouse, shown: Shown, login: str) -> Response:
    """One account."""
    return _one(request, rooms, shown, login)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a form of the page of an account asks."""

    rooms: WebHouse
    session: Session
    by: Viewer
    person: Person
    name: str
    email: str | None
    roles: list[str]


@router.post("/personnes/{login}/{action}")
def change(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    login: str,
    action: str,
    *,
    nom: _Line = "",
    courriel: _Line = "",
    roles: _Roles = [],  # noqa: B006 (FastAPI copies it)
    caisses: _Line = "",
) -> Response:
    """One change of one account."""
    verb = _VERBS.get(action)
    if verb is None:
        raise NotFound("Cette action n’existe pas ; rien n’a été changé. Rechargez la page.")
    asked = _roles(rooms, roles, caisses) if action == "roles" else []
    if action == "lien":
        address(request, rooms, "/")
    with rooms.database.transaction() as session:
        person = people.get(session, login)
        if person is None:
            raise NotFound(NOBODY)
        link = verb(_Asked(rooms, session, seen, person, nom.strip()[:120], people.folded(courriel), asked))
    if link is not None:
        return _one(request, rooms, shown, login, link=link)
    return RedirectResponse(f"/personnes/{login}?fait=compte", 303)


def _set_roles(asked: _Asked) -> None:
    if "admin" in asked.person.roles and "admin" not in asked.roles:
        _keep_an_admin(asked)
    if asked.by.login == asked.person.login:
        raise Refused("Personne ne change ses propres rôles ; rien n’a été changé. Demandez à un autre.")
    _check_program(asked.rooms, asked.person, asked.roles)
    before = list(asked.person.roles)
    opened = notices.opens_medical(asked.rooms, before)
    people.set_roles(asked.session, asked.person.login, asked.roles)
    asked.person.roles = asked.roles
    medical = not opened and _warned(asked.rooms, asked.session, asked.by, asked.person, "given")
    _say(asked, "roles-changed", roles=asked.roles, before=before, medical=medical)


def _set_identity(asked: _Asked) -> None:
    if not asked.name:
        raise Refused("Un nom est nécessaire ; rien n’a été changé. Écrivez-le puis recommencez.")
    _check_email(asked.session, asked.email, asked.person.login)
    moved = asked.email is not None and asked.email != asked.person.email
    people.set_identity(asked.session, asked.person.login, asked.name, asked.email)
    medical = moved and _warned(asked.rooms, asked.session, asked.by, asked.person, "address")
    _say(asked, "identity-changed", medical=medical)


def _close(asked: _Asked) -> None:
    if "admin" in asked.person.roles:
        _keep_an_admin(asked)
    people.set_active(asked.session, asked.person.login, active=False)
    sessions.close_sessions(asked.session, asked.person.login)
    _say(asked, "disabled")


def _reopen(asked: _Asked) -> None:
    people.set_active(asked.session, asked.person.login, active=True)
    _say(asked, "enabled", medical=_warned(asked.rooms, asked.session, asked.by, asked.person, "enabled"))


def _link(asked: _Asked) -> str:
    """The former password no longer opens: whoever asks for a link has lost it, or somebody found it, and
    with it whatever tokens and feeds were made."""
    if asked.person.program:
        raise Refused(
            "Personne n’entre avec un compte de programme ; rien n’a été changé. Faites-lui un jeton."
        )
    people.set_password(asked.session, asked.person.login, "")
    sessions.close_sessions(asked.session, asked.person.login)
    link = invite(asked.rooms, asked.session, asked.person.login, asked.by.login)
    _end_tokens(asked)
    _say(asked, "link-made", medical=_warned(asked.rooms, asked.session, asked.by, asked.person, "link"))
    return link


def _forget_factor(asked: _Asked) -> None:
    factors.remove(asked.session, asked.person.login)
    sessions.close_sessions(asked.session, asked.person.login)
    _end_tokens(asked)
    medical = _warned(asked.rooms, asked.session, asked.by, asked.person, "factor")
    _say(asked, "second-factor-reset", medical=medical)


def _end_tokens(asked: _Asked) -> None:
    for row in tokens.revoke_all(asked.session, asked.person.login, asked.rooms.clock.now()):
        told(asked.rooms, asked.session, row, asked.by.login, "revoked")


def _unlock(asked: _Asked) -> None:
    people.forgive(asked.session, asked.person.login)
    _say(asked, "unlocked")


def _end_sessions(asked: _Asked) -> None:
    count = sessions.close_sessions(asked.session, asked.person.login)
    _say(asked, "sessions-ended", count=count)


_VERBS: dict[str, Callable[[_Asked], str | None]] = {
    "roles": _set_roles,
    "identite": _set_identity,
    "desactiver": _close,
    "reactiver": _reopen,
    "lien": _link,
    "second-facteur": _forget_factor,
    "deverrouiller": _unlock,
    "sessions": _end_sessions,
}


@router.get("/administration/droits")
def matrix(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """The matrix of rights, and the right each address asks for: the data the guard reads, as it is."""
    book = rooms.book
    routes: dict[Right, list[str]] = {}
    for (method, path), right in ROUTES.items():
        routes.setdefault(right, []).append(f"{method} {path}")
    return shown.show(
        request,
        "droits.html",
        matrix=book.rights,
        role_titles=book.titles,
        homes={role: rooms.circuits.by_name[home].title for role, home in book.homes.items()},
        right_titles=RIGHT_TITLES,
        routes=routes,
    )


def _list(request: Request, rooms: WebHouse, shown: Pages) -> Response:
    with rooms.database.reading() as session:
        known = people.everyone(session)
        strong = factors.holders(session)
    return shown.show(
        request,
        "personnes.html",
        people=known,
        strong=strong,
        needs=lambda person: doorstep.needs_second(rooms, person),
        role_title=rooms.book.title,
        role_titles=rooms.book.titles,
        now=rooms.clock.now(),
    )


def _one(request: Request, rooms: WebHouse, shown: Pages, login: str, link: str | None = None) -> Response:
    at = rooms.clock.now()
    with rooms.database.reading() as session:
        person = people.get(session, login)
        if person is None:
            raise NotFound(NOBODY)
        opened = sessions.live(session, at, idle_time(rooms), login)
        strong = factors.confirmed(session, login)
        held = [token for token in tokens.of_person(session, login) if token.live(at)]
    return shown.show(
        request,
        "personne.html",
        person=person,
        open_sessions=opened,
        strong=strong,
        needed=doorstep.needs_second(rooms, person),
        tokens=held,
        link=address(request, rooms, link) if link else None,
        link_hours=rooms.settings.link_hours,
        role_title=rooms.book.title,
        role_titles=rooms.book.titles,
        caisses=" ".join(r.partition(":")[2] for r in person.roles if r.startswith("cpam:")),
        now=at,
    )


def _roles(rooms: WebHouse, ticked: list[str], caisses: str) -> list[str]:
    """The roles of a form: the boxes, and one ``cpam:<code>`` for each code. Raises ``Refused``."""
    found = [role for role in ticked if role != "cpam"]
    found += [f"cpam:{code}" for code in re.split(r"[\s,;]+", caisses.strip()) if code]
    wrong = [role for role in found if not known_role(role, rooms.circuits.directory, rooms.book)]
    if wrong:
        raise Refused(
            f"Rôle inconnu : {', '.join(w[:40] for w in wrong)} ; rien n’a été changé. Un rôle de"
            " caisse demande le code à trois chiffres d’une caisse de l’annuaire."
        )
    if rooms.book.spills(found):
        raise Refused(f"{SPILLS} ; rien n’a été changé. Faites deux comptes.")
    return list(dict.fromkeys(found))


def _check_program(rooms: WebHouse, person: Person, roles: list[str]) -> None:
    if person.program and (notices.opens_medical(rooms, roles) or "admin" in roles or person.email):
        raise Refused(
            "Un compte de programme n’a ni courriel, ni rôle médical, ni administration ; rien n’a été"
            " changé. Retirez-les."
        )


def _warned(rooms: WebHouse, session: Session, by: Viewer, person: Person, action: str) -> bool:
    """Whether the account opens medical documents; everybody who does is then told what was done."""
    opens = notices.opens_medical(rooms, person.roles)
    if opens:
        notices.warn(rooms, session, action, person.login, by.login)
    return opens


def _check_email(session: Session, email: str | None, login: str) -> None:
    if email is None:
        return
    if not _ADDRESS.fullmatch(email):
        raise Refused("Cette adresse de courriel n’en est pas une ; rien n’a été changé. Corrigez-la.")
    if any(p.email == email and p.login != login for p in people.everyone(session)):
        raise Refused(
            "Un autre compte porte déjà cette adresse ; rien n’a été changé. Choisissez-en une autre."
        )


def _keep_an_admin(asked: _Asked) -> None:
    others = (p for p in people.everyone(asked.session) if p.login != asked.person.login)
    if not any(p.active and "admin" in p.roles for p in others):
        raise Refused(LAST_ADMIN)


def _say(asked: _Asked, action: str, **more: Field) -> None:
    _told(asked.rooms, asked.session, asked.by, asked.person.login, action, **more)


def _told(rooms: WebHouse, session: Session, by: Viewer, login: str, action: str, **more: Field) -> None:
    rooms.recorder.add(session, Kind.PERSON, f"person:{login}", action=action, person=by.login, **more)
