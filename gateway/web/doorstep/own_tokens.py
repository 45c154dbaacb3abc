"""A person's own API tokens: made by nobody else, with the password again, or the code of their factor."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from gateway.errors import Refused
from gateway.web.access import SCOPE_TITLES, Viewer
from gateway.web.admin.tokens import told
from gateway.web.doorstep.account import confirmed
from gateway.web.doorstep.tokens import MOST_TOKENS, scopes_of
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from storage import tokens

router = APIRouter()


@router.post("/compte/jetons")
def make(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    *,
    objet: Annotated[str, Form(max_length=120)] = "",
    jours: Annotated[int, Form()] = 90,
    portees: Annotated[list[str], Form()] = [],  # noqa: B006 (FastAPI copies it)
    actuel: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    """Make a token in one's own name; shown this once."""
    scopes = tuple(dict.fromkeys(portees))
    _check(rooms, seen, objet, scopes, jours)
    confirmed(rooms, request, seen, actuel, strong=True)
    at = rooms.clock.now()
    with rooms.database.transaction() as session:
        if sum(1 for row in tokens.of_person(session, seen.login) if row.live(at)) >= MOST_TOKENS:
            raise Refused(
                f"Vous avez déjà {MOST_TOKENS} jetons ; aucun n’a été créé. Révoquez-en un d’abord."
            )
        presented, row = tokens.create(
            session,
            title=objet.strip(),
            scopes=scopes,
            created_by=seen.login,
            at=at,
            expires_at=at + timedelta(days=jours),
            login=seen.login,
        )
        told(rooms, session, row, seen.login, "created")
    titles = [SCOPE_TITLES[scope] for scope in scopes]
    return shown.show(request, "jeton.html", presented=presented, token=row, titles=titles)


def _check(rooms: WebHouse, seen: Viewer, title: str, scopes: tuple[str, ...], days: int) -> None:
    wrong = None
    if not title.strip():
        wrong = "Dites à quoi servira ce jeton"
    elif not scopes or any(scope not in scopes_of(seen) for scope in scopes):
        wrong = "Choisissez au moins une portée, parmi celles de vos rôles"
    elif not 1 <= days <= rooms.settings.token_days:
        wrong = f"Un jeton vit de 1 à {rooms.settings.token_days} jours"
    if wrong is not None:
        raise Refused(f"{wrong} ; aucun jeton n’a été créé. Corrigez puis recommencez.")
