"""A form sent after its session ended, or that was refused, is not lost: it comes back filled, to the same
person alone.

The fields are sealed with the key ring for one login and one draft, kept a day, forgotten once the form
has been sent for good. Passwords and codes are never kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from gateway.errors import NotFound
from gateway.web.access import Viewer
from gateway.web.house import InHouse, Seen, Shown, WebHouse, house
from storage import drafts
from storage.drafts import KEPT, Draft
from storage.secretbox import seal, unseal

router = APIRouter()

FIELD = "reprise"
"""Query parameter and hidden field that name a draft."""
NO_DRAFT = (
    "Ce texte gardé n’existe pas ou plus (il est gardé un jour, pour la seule personne qui l’a écrit) ;"
    " rien n’a été changé. Revenez à l’accueil."
)
_NEVER = re.compile(r"csrf|passe|code|secret|reprise|version", re.IGNORECASE)
_NAME = re.compile(r"[0-9a-f]{32}")
WRITTEN = frozenset(
    {"texte", "objet", "valeur", "motif", "argument", "note", "nom", "sujet", "reference", "nir"}
)
"""Fields that people write in; what else a form sends is chosen again in a moment."""
_CLOSED = ("/connexion", "/compte", "/personnes", "/administration", "/deconnexion", "/reprises")


def keep(rooms: WebHouse, request: Request, login: str, form: FormData) -> str | None:
    """Keep what was typed; returns the address of the form's page, which names the draft.

    ``None`` when there is nothing worth keeping (no field, or a page of accounts).
    """
    action = request.url.path
    fields = [(n, v) for n, v in form.multi_items() if isinstance(v, str) and not _NEVER.search(n)]
    if action.startswith(_CLOSED) or not any(value for _, value in fields):
        return None
    at, name = rooms.clock.now(), drafts.new_id()
    page = page_of(request)
    with rooms.database.transaction() as session:
        drafts.keep(
            session,
            Draft(
                id=name,
                login=login,
                action=action[:500],
                page=page,
                fields=seal(rooms.vault.ring, json.dumps(fields), f"draft:{login}:{name}"),
                created_at=at,
                expires_at=at + KEPT,
            ),
        )
    return f"{page}{'&' if '?' in page else '?'}{urlencode({FIELD: name})}"


async def settle(request: Request) -> AsyncIterator[None]:
    """Dependency of every route: once a form that came back is sent without error, its draft goes."""
    yield
    seen: Viewer | None = getattr(request.state, "viewer", None)
    if seen is None or request.method != "POST":
        return
    form = await request.form()
    name = form.get(FIELD)
    if isinstance(name, str) and _NAME.fullmatch(name):
        await run_in_threadpool(_forget, house(request), seen.login, name)


@router.get("/reprises/{draft_id}")
def draft(request: Request, rooms: InHouse, seen: Seen, shown: Shown, draft_id: str) -> Response:
    """What was written: as JSON for the page that puts it back, as a page of its own without scripts."""
    found = _mine(rooms, seen, draft_id)
    text = unseal(rooms.vault.ring, found.fields, f"draft:{seen.login}:{found.id}")
    fields: list[tuple[str, str]] = [(name, value) for name, value in json.loads(text)]
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"action": found.action, "fields": fields})
    return shown.show(request, "reprise.html", draft=found, fields=[f for f in fields if f[1]])


@router.post("/reprises/{draft_id}/oublier")
def forget(rooms: InHouse, seen: Seen, draft_id: str) -> Response:
    """The person does not want it back."""
    found = _mine(rooms, seen, draft_id)
    _forget(rooms, seen.login, found.id)
    return RedirectResponse("/?fait=oublie", 303)


def _mine(rooms: WebHouse, seen: Viewer, name: str) -> Draft:
    with rooms.database.reading() as session:
        found = drafts.of(session, name, seen.login, rooms.clock.now())
    if found is None:
        raise NotFound(NO_DRAFT)
    return found


def _forget(rooms: WebHouse, login: str, name: str) -> None:
    with rooms.database.transaction() as session:
        drafts.forget(session, name, login)


def written(form: FormData) -> bool:
    """Whether somebody wrote something in this form."""
    return any(name in WRITTEN and isinstance(v, str) and v.strip() for name, v in form.multi_items())


def page_of(request: Request) -> str:
    """The page that held the form: what the browser says when it is one of ours, else the home page."""
    told = urlsplit(request.headers.get("hx-current-url") or request.headers.get("referer") or "")
    if told.netloc != request.url.netloc or not told.path.startswith("/") or told.path.startswith("//"):
        return "/"
    kept = [part for part in told.query.split("&") if part and not part.startswith((f"{FIELD}=", "fait="))]
    return (told.path + (f"?{'&'.join(kept)}" if kept else ""))[:1900]
