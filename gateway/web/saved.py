"""Views of a queue that people keep: the name they give to filters and an order; shared by a supervisor."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, Refused
from gateway.web import choices
from gateway.web.access import Right
from gateway.web.house import InHouse, RowId, Seen
from gateway.web.queue import here_of
from storage import views
from storage.views import View

router = APIRouter()

NO_VIEW = "Cette vue n’existe pas, ou elle n’est pas à vous ; rien n’a été changé. Revenez à la file."


@router.post("/files/{queue}/vues")
def keep(
    rooms: InHouse,
    seen: Seen,
    queue: str,
    *,
    nom: Annotated[str, Form(max_length=60)] = "",
    filtres: Annotated[str, Form(max_length=choices.LONGEST)] = "",
    partagee: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Keep the filters of the page under a name; the same name again replaces them."""
    here_of(rooms, seen, queue)
    name = " ".join("".join(c if c.isprintable() else " " for c in nom).split())
    if not name:
        raise Refused("La vue n’a pas de nom ; rien n’a été enregistré. Donnez-lui un nom.")
    given = dict(parse_qsl(filtres, max_num_fields=20))
    query = choices.read(given, rooms.circuits.directory.caisses).query()
    shared = partagee == "oui"
    if shared and not seen.may(Right.SUPERVISE):
        raise Refused("Seul un superviseur partage une vue ; rien n’a été enregistré.")
    view = View(
        owner=seen.login,
        queue=queue,
        name=name,
        query=query,
        shared=shared,
        created_at=rooms.clock.now(),
    )
    with rooms.database.transaction() as session:
        if not views.keep(session, view):
            raise Refused(
                f"Vous avez déjà {views.MOST} vues ; rien n’a été enregistré : retirez-en une d’abord."
            )
    return RedirectResponse(f"/files/{queue}?{query}{'&' if query else ''}fait=vue", 303)


@router.post("/files/{queue}/vues/{view_id}/retirer")
def drop(rooms: InHouse, seen: Seen, queue: str, view_id: RowId) -> Response:
    """Remove a view of one's own; a supervisor may remove one that is shared."""
    here_of(rooms, seen, queue)
    with rooms.database.transaction() as session:
        view = views.get(session, view_id)
        own = view is not None and view.owner == seen.login
        others = view is not None and view.shared and seen.may(Right.SUPERVISE)
        if view is None or view.queue != queue or not (own or others):
            raise NotFound(NO_VIEW)
        views.drop(session, view_id)
    return RedirectResponse(f"/files/{queue}?fait=vue-retiree", 303)
