"""Holds that keep a case from being erased: those that stand, one put, one lifted, by a supervisor."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from gateway.web import conservation
from gateway.web.api import bodies, models, offers
from gateway.web.api.calls import Called, body_of, once
from gateway.web.house import InHouse, RowId, Seen
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
def place(
    rooms: InHouse,
    seen: Seen,
    call: Called,
    reference: Annotated[str, Path(max_length=32, description="Référence (SPA-2026-00042).")],
) -> Response:
    """Nothing of the case is erased while the hold stands."""

    def work() -> tuple[models.Done, None]:
        conservation.place(rooms, seen, reference, motif=call.read(bodies.Held).reason)
        return models.Done(done="hold", case=reference.upper()), None

    return once(rooms, seen, call, work)


@router.post(
    "/holds/{hold_id}/lift",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Nothing),
    summary="Lever un gel",
)
def lift(rooms: InHouse, seen: Seen, call: Called, hold_id: RowId) -> Response:
    """What else holds the case still does."""

    def work() -> tuple[models.Done, None]:
        call.read(bodies.Nothing)
        conservation.lift(rooms, seen, hold_id)
        return models.Done(done="lift", hold=hold_id), None

    return once(rooms, seen, call, work)
