"""Bytes as they came: a document, a whole message. The class decides, and each opening is told."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.web.house import InHouse, RowId, Seen
from gateway.web.items import document, message

router = APIRouter(prefix="/api/v1", tags=["Fichiers"])


class Octets(Response):
    """Bytes that nobody interprets."""

    media_type = "application/octet-stream"


@router.get(
    "/documents/{document_id}/original", response_class=Octets, summary="Le fichier d’un document, tel quel"
)
def original(rooms: InHouse, seen: Seen, document_id: RowId) -> Response:
    """The file as it came, when the class of its documents is open to this person."""
    return document.original(rooms, seen, document_id)


@router.get(
    "/items/{item_id}/message",
    response_class=Octets,
    summary="Le message d’un élément, tel qu’il est arrivé",
)
def whole(rooms: InHouse, seen: Seen, item_id: RowId) -> Response:
    """The raw message, when no part of it is closed to this person."""
    return message.message(rooms, seen, item_id)
