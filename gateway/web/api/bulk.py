"""One action of a program on several items: each by itself, each with its own answer."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Response

from gateway.web.api import bodies, offers
from gateway.web.api.calls import Called, acted, body_of
from gateway.web.api.queues import Word, here
from gateway.web.house import InHouse, Seen
from gateway.web.queues import bulk

router = APIRouter(prefix="/api/v1/queues/{circuit}/{queue}", tags=["Actions"])

_ADDRESSES: Mapping[str, str] = {
    "take": "prendre",
    "assign": "confier",
    "wait": "attendre",
    "reclassify": "type",
    "reroute": "reorientation",
    "put-back": "rendre",
    "close": "terminer",
}


@router.post(
    "/bulk",
    response_model=offers.Outcomes,
    openapi_extra=body_of(bodies.Several),
    summary="Faire la même action sur plusieurs éléments",
)
def several(rooms: InHouse, seen: Seen, call: Called, circuit: Word, queue: Word) -> Response:
    """Each item is done or refused by itself, on the version named in the body."""

    def act(asked: bodies.Several) -> tuple[offers.Outcomes, None]:
        here(rooms, seen, circuit, queue)
        action = _ADDRESSES[asked.verb]
        bulk.permit(seen, action)
        day = asked.wake_on.isoformat() if asked.wake_on else ""
        order = bulk.Order(action, asked.person, asked.kind, asked.door, day, asked.tell)
        wanted = {one.item: one.version for one in asked.items}
        found, _ = bulk.run(rooms, seen, queue, list(wanted.items()), order, keep=not asked.dry_run)
        return offers.Outcomes(
            verb=asked.verb,
            dry_run=asked.dry_run,
            items=[offers.Outcome(item=one.id, done=not one.why, why=one.why) for one in found],
        ), None

    return acted(rooms, seen, call, bodies.Several, act)
