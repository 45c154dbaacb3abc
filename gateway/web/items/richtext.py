"""The HTML of a mail as its sender laid it out, cleaned in the sandbox, in a frame that runs nothing."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.errors import NotFound, Unavailable
from gateway.web.access import Viewer, may_open
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items.document import NO_DOCUMENT, NO_TEXT, find, uncover, visible
from parsers.errors import ParseError
from storage import documents
from storage.documents import Document

router = APIRouter(prefix="/documents")

HTML = "text/html"
FRAMED = {
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data:; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Nothing runs, nothing is fetched, no form leaves, and only our own pages may frame it."""


@router.get("/{document_id}/mise-en-forme")
def formatted(rooms: InHouse, seen: Seen, document_id: RowId) -> Response:
    """The cleaned page; pictures are those of the same mail that this person may open."""
    with rooms.database.reading() as session:
        document = find(rooms, seen, session, document_id)
        mine = visible(rooms, seen, session, document.delivery)
        beside = [d for d in documents.of_delivery(session, document.delivery) if d.position in mine]
    if document.media_type != HTML or rooms.read_html is None:
        raise NotFound(NO_DOCUMENT)
    uncover(rooms, seen, document, document.confidentiality, page=None)
    try:
        page = rooms.read_html(rooms.vault.get(document.sha256), _pictures(rooms, seen, beside))
    except ParseError as error:
        raise Unavailable(NO_TEXT) from error
    return Response(page, media_type="text/html; charset=utf-8", headers=FRAMED)


def _pictures(rooms: WebHouse, seen: Viewer, beside: list[Document]) -> dict[str, bytes]:
    """Bytes of the mail's pictures by Content-ID; whether they are pictures, the sandbox judges."""
    return {
        str(one.meta["content_id"]).lower(): rooms.vault.get(one.sha256)
        for one in beside
        if one.meta.get("content_id")
        and one.media_type.startswith("image/")
        and may_open(seen, one.confidentiality)
    }
