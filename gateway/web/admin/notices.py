"""Who may open medical documents is told to all who may: on their pages, until they have seen it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.clock import paris_date
from gateway.web.house import InHouse, Seen, WebHouse
from gateway.web.present import day
from gateway.web.rights import Right, rights_of
from storage import notices, people
from storage.db import Session
from storage.people import Person

router = APIRouter()

SENTENCES: Mapping[str, str] = {
    "given": "{by} a donné à {about} un rôle qui ouvre les documents médicaux",
    "link": "{by} a fait un lien de mot de passe pour {about}, qui peut ouvrir les documents médicaux",
    "factor": "{by} a retiré le second facteur de {about}, qui peut ouvrir les documents médicaux",
    "address": "{by} a changé l’adresse de connexion de {about}, qui peut ouvrir les documents médicaux",
    "enabled": "{by} a réactivé le compte de {about}, qui peut ouvrir les documents médicaux",
}
"""What may give somebody the medical documents, by its code."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one person has not yet said to have seen; ``last`` closes it."""

    sentences: tuple[str, ...]
    last: int


def of(rooms: WebHouse, login: str) -> Told | None:
    """What this person is told on every page; ``None`` when there is nothing."""
    with rooms.database.reading() as session:
        found = notices.unseen(session, login)
    if not found:
        return None
    said = tuple(
        f"Le {day(paris_date(one.at))}, {SENTENCES[one.action].format(by=one.by, about=one.about)}."
        for one in found
    )
    return Told(said, found[-1].id or 0)


def opens_medical(rooms: WebHouse, roles: list[str]) -> bool:
    return Right.MEDICAL_CONTENT in rights_of(roles, rooms.book)


def warn(rooms: WebHouse, session: Session, action: str, about: str, by: str) -> None:
    """Tell everybody who may open medical documents, but those whom it is about or who did it."""
    others = [p for p in people.everyone(session) if p.login not in {about, by}]
    told = [p.login for p in others if _is_told(rooms, p)]
    notices.tell(session, told, action=action, about=about, by=by, at=rooms.clock.now())


@router.post("/compte/avis/vus")
def see(rooms: InHouse, seen: Seen, dernier: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0) -> Response:
    """This person has seen what was told up to there."""
    with rooms.database.transaction() as session:
        notices.see(session, seen.login, dernier, rooms.clock.now())
    return RedirectResponse("/", 303)


def _is_told(rooms: WebHouse, person: Person) -> bool:
    return person.active and not person.program and opens_medical(rooms, person.roles)
