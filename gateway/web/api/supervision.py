"""What the supervisor and the auditor read: messages set aside, the log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from gateway.web import story
from gateway.web.api import bodies, models, paging, views
from gateway.web.api.calls import Called, acted, body_of
from gateway.web.api.paging import After, Limit
from gateway.web.house import InHouse, Seen
from gateway.web.supervision import supervise
from gateway.web.words import names
from storage import audit, listing, sheets
from storage.deliveries import Delivery

router = APIRouter(prefix="/api/v1", tags=["Supervision"])


@router.get("/set-aside", summary="Les messages mis de côté")
def set_aside(
    request: Request, response: Response, rooms: InHouse, after: After = "", limit: Limit = paging.SIZE
) -> models.SetAsides:
    """A page of the messages that stopped, the latest first."""
    with rooms.database.reading() as session:
        found = listing.set_aside(session, paging.instant_key(after), limit + 1)
    page, cursor = paging.cut(found, limit, _key)
    return models.SetAsides(
        deliveries=[views.set_aside(one) for one in page],
        next=paging.following(request, response, cursor),
    )


@router.post(
    "/set-aside/{sha256}/release",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Nothing),
    summary="Relancer un message mis de côté",
)
def release(
    rooms: InHouse, seen: Seen, call: Called, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
) -> Response:
    """Send a message back to the step where it stopped."""

    def act(_asked: bodies.Nothing) -> tuple[models.Done, None]:
        supervise.release(rooms, seen, sha256)
        return models.Done(done="release", delivery=sha256), None

    return acted(rooms, seen, call, bodies.Nothing, act)


@router.get("/journal", summary="Le journal des preuves")
def journal(
    request: Request, response: Response, rooms: InHouse, after: After = "", limit: Limit = paging.SIZE
) -> models.Events:
    """A page of the log, the latest first, with its size and root."""
    before = paging.number_key(after)
    with rooms.database.reading() as session:
        size, root = audit.head(session)
        found = sheets.journal(session, before, limit + 1)
    known = names(rooms.circuits.by_name.values())
    page, cursor = paging.cut(found, limit, lambda event: paging.cursor(event.position))
    told = [story.tell(event, known) for event in page]
    rows = [
        models.EventSeen(
            position=event.position,
            at=event.at,
            kind=str(event.kind),
            subject=event.subject,
            sentence=entry.words,
            detail=entry.detail or "",
            person=entry.person,
        )
        for event, entry in zip(page, told, strict=True)
    ]
    return models.Events(
        size=size, root=root.hex(), events=rows, next=paging.following(request, response, cursor)
    )


def _key(found: Delivery) -> str | None:
    return paging.cursor(found.set_aside_at, found.sha256) if found.set_aside_at else None
