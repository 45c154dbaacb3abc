"""Contestations read: those of the circuits a person handles, or the recoveries of their caisse."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from gateway.web.api import models, paging, views
from gateway.web.api.calls import tag
from gateway.web.api.paging import After, Limit
from gateway.web.contestations.contested import opened, sight_of
from gateway.web.house import InHouse, Seen
from storage import contestations
from storage.contestations import ContestationState

router = APIRouter(prefix="/api/v1/contestations", tags=["Contestations"])

LETTER = "k"
"""What the ETag of a contestation starts with."""


@router.get("", summary="Les contestations, par état")
def everything(
    request: Request,
    response: Response,
    rooms: InHouse,
    seen: Seen,
    *,
    state: ContestationState | None = None,
    after: After = "",
    limit: Limit = paging.SIZE,
) -> models.Contestations:
    """A page of contestations, the oldest first."""
    sight = sight_of(rooms, seen)
    states = tuple(ContestationState) if state is None else (state,)
    with rooms.database.reading() as session:
        found = contestations.page(
            session,
            sight.works or tuple(rooms.circuits.by_name),
            states,
            caisses=None if sight.works else sight.caisses,
            after=paging.number_key(after),
            size=limit + 1,
        )
    page, cursor = paging.cut(found, limit, lambda row: paging.cursor(row[0].id or 0))
    return models.Contestations(
        contestations=[views.contestation(one, case.reference if case else None) for one, case in page],
        next=paging.following(request, response, cursor),
    )


@router.get("/{reference}", summary="Une contestation")
def one(
    response: Response, rooms: InHouse, seen: Seen, reference: Annotated[str, Path(max_length=32)]
) -> models.ContestationSeen:
    """A contestation this person may see; its ETag is what ``If-Match`` asks for."""
    with rooms.database.reading() as session:
        found, case, _circuit, _sight = opened(rooms, seen, session, reference)
    response.headers["ETag"] = tag(LETTER, found.id or 0, found.version)
    return views.contestation(found, case.reference if case else None)
