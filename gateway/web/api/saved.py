"""Views of a queue that a person keeps: listed, kept, removed by a program as from the page."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.web.api import bodies, models, offers
from gateway.web.api.calls import Called, acted, body_of
from gateway.web.api.queues import Word, here
from gateway.web.house import InHouse, RowId, Seen
from gateway.web.queues import saved
from storage import views

router = APIRouter(prefix="/api/v1/queues/{circuit}/{queue}/views", tags=["Files"])


@router.get("", summary="Les vues d’une file : les siennes et celles qui sont partagées")
def every_view(rooms: InHouse, seen: Seen, circuit: Word, queue: Word) -> offers.Views:
    """The views that the page of the queue shows to this person."""
    here(rooms, seen, circuit, queue)
    with rooms.database.reading() as session:
        found = views.of_queue(session, queue, seen.login)
    return offers.Views(
        views=[
            offers.ViewSeen(
                id=one.id or 0, name=one.name, filters=one.query, shared=one.shared, owner=one.owner
            )
            for one in found
        ]
    )


@router.post(
    "",
    response_model=models.Done,
    openapi_extra=body_of(bodies.ViewKept),
    summary="Garder une vue d’une file",
)
def keep(rooms: InHouse, seen: Seen, call: Called, circuit: Word, queue: Word) -> Response:
    """Keep filters under a name; only a supervisor shares."""

    def act(asked: bodies.ViewKept) -> tuple[models.Done, None]:
        here(rooms, seen, circuit, queue)
        kept = saved.store(rooms, seen, queue, asked.name, asked.filters, shared=asked.shared)
        return models.Done(done="keep-view", view=kept), None

    return acted(rooms, seen, call, bodies.ViewKept, act)


@router.post(
    "/{view_id}/remove",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Nothing),
    summary="Retirer une vue",
)
def remove(
    rooms: InHouse, seen: Seen, call: Called, circuit: Word, queue: Word, view_id: RowId
) -> Response:
    """Remove a view of one's own; a supervisor may remove one that is shared."""

    def act(_asked: bodies.Nothing) -> tuple[models.Done, None]:
        here(rooms, seen, circuit, queue)
        saved.drop(rooms, seen, queue, view_id)
        return models.Done(done="remove-view", view=view_id), None

    return acted(rooms, seen, call, bodies.Nothing, act)
