"""Holds that keep a case from being erased: those that stand, one put, one lifted, by a supervisor."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.web.api import bodies, models, offers
from gateway.web.api.calls import Called, acted, body_of
from gateway.web.api.cases import Reference
from gateway.web.house import InHouse, RowId, Seen
from gateway.web.supervision import conservation
from storage import retention

router = APIRouter(prefix="/api/v1", tags=["Conservation"])


@router.get("/holds", summary="Les gels posés par des personnes")
def standing(rooms: InHouse) -> offers.Holds:
    """Holds that nobody lifted."""
    with rooms.database.reading() as session:
        found = retention.holds(session)
    return offers.Holds(
        holds=[
            offers.HoldSeen(
                id=hold.id or 0,
                case=case.reference,
                reason=hold.reason,
                by=hold.placed_by,
                at=hold.placed_at,
            )
            for hold, case in found
        ]
    )


@router.post(
    "/cases/{reference}/hold",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Held),
    summary="Geler un dossier",
)
def place(rooms: InHouse, seen: Seen, call: Called, reference: Reference) -> Response:
    """Nothing of the case is erased while the hold stands."""

    def act(asked: bodies.Held) -> tuple[models.Done, None]:
        conservation.place(rooms, seen, reference, motif=asked.reason)
        return models.Done(done="hold", case=reference.upper()), None

    return acted(rooms, seen, call, bodies.Held, act)


@router.post(
    "/holds/{hold_id}/lift",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Nothing),
    summary="Lever un gel",
)
def lift(rooms: InHouse, seen: Seen, call: Called, hold_id: RowId) -> Response:
    """What else holds the case still does."""

    def act(_asked: bodies.Nothing) -> tuple[models.Done, None]:
        conservation.lift(rooms, seen, hold_id)
        return models.Done(done="lift", hold=hold_id), None

    return acted(rooms, seen, call, bodies.Nothing, act)
