"""Views of a queue that people keep: the name they give to filters and an order; shared by a supervisor."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, Refused
from gateway.web.access import Right, Viewer
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.queues import choices
from gateway.web.queues.queue import here_of
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
    store(rooms, seen, queue, nom, filtres, shared=partagee == "oui")
    query = _query(rooms, filtres)
    return RedirectResponse(f"/files/{queue}?{query}{'&' if query else ''}fait=vue", 303)


def store(rooms: WebHouse, seen: Viewer, queue: str, name: str, filters: str, *, shared: bool) -> int:
    """Keep a view; its number. Raises ``NotFound`` for a queue not read, ``Refused``."""
    here_of(rooms, seen, queue)
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not name:
        raise Refused("La vue n’a pas de nom ; rien n’a été enregistré. Donnez-lui un nom.")
    query = _query(rooms, filters)
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
        mine = views.of_person(session, seen.login)
        return next(one.id or 0 for one in mine if (one.queue, one.name) == (queue, name))


def _query(rooms: WebHouse, filters: str) -> str:
    """The filters in their one form. Raises ``Refused`` when they are too many."""
    try:
        given = dict(parse_qsl(filters, max_num_fields=20))
    except ValueError:
        raise Refused("Ces filtres sont trop nombreux ; rien n’a été enregistré. Retirez-en.") from None
    return choices.read(given, rooms.circuits.directory.caisses).query()


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
