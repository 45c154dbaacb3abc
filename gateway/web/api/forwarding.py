"""Medical reports forwarded by a program of the medical pole: what may leave, then leave it, encrypted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.web.api import bodies, models, offers
from gateway.web.api.calls import Called, body_of
from gateway.web.api.verbs import acted_on
from gateway.web.house import InHouse, RowId, Seen
from gateway.web.letters import forward

router = APIRouter(prefix="/api/v1/items/{item_id}/forwarding", tags=["Transmission"])


@router.get("", summary="Les comptes rendus qui peuvent partir, vers qui, et s’ils partiraient chiffrés")
def ready(
    rooms: InHouse, seen: Seen, item_id: RowId, to: Annotated[str, Query(max_length=320)] = ""
) -> offers.Forwardable:
    """What the page of the medical pole shows before anything leaves."""
    with rooms.database.reading() as session:
        counter = forward.counter_of(rooms, seen, session, item_id, to)
    return offers.Forwardable(
        recipient=counter.recipient,
        recipients=[one.address for one in counter.addresses],
        encrypted=counter.choice.certificate is not None,
        reports=[
            offers.ReportSeen(document=r.document.id or 0, title=r.title, left=[f.at for f in r.left])
            for r in counter.reports
        ],
    )


@router.post(
    "",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Forwarded),
    summary="Transmettre des comptes rendus au service médical, chiffrés",
)
def leave(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """The documents named leave once for the address; without a certificate nothing leaves."""

    def act(asked: bodies.Forwarded, _version: int) -> None:
        forward.forward(rooms, seen, item_id, a=asked.to, pieces=asked.documents)

    return acted_on(rooms, seen, call, item_id, bodies.Forwarded, act, "forward")
