"""The words of a letter as they left, read again from the bytes kept, in a frame that runs nothing."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Response

from gateway.outbound.preview import Kept, kept
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.letters.letters import FRAMED_LETTER
from gateway.web.letters.sent import opened
from parsers.errors import ParseError
from storage.errors import BlobNotFound
from storage.outbox import OutboxEntry

router = APIRouter()

SEALED = (
    "Cette lettre est partie chiffrée pour son destinataire ; ses octets sont gardés et se téléchargent."
)

GONE = "Les octets de cette lettre ne sont plus dans le coffre : leur durée de conservation est passée."


@router.get("/elements/{item_id}/lettres/{letter_id}/page")
def page(rooms: InHouse, seen: Seen, item_id: RowId, letter_id: RowId) -> Response:
    """The page that the reader received; its plain text when it had none; a sentence when it is sealed."""
    entry = opened(rooms, seen, item_id, letter_id).entry
    try:
        found = read_again(rooms, entry)
    except BlobNotFound:
        found = Kept(text=GONE)
    words = f"<p>{SEALED}</p>" if found.sealed else f"<pre>{escape(found.text)}</pre>"
    html = found.html or f'<!DOCTYPE html><html lang="fr"><title>Lettre</title>{words}</html>'
    return Response(html, media_type="text/html; charset=utf-8", headers=FRAMED_LETTER)


def read_again(rooms: WebHouse, entry: OutboxEntry) -> Kept:
    """What a letter says; one encrypted for the mailbox it left from too is opened with its key."""
    raw = rooms.vault.get(entry.raw_sha256)
    found = kept(raw)
    if not found.sealed or rooms.open_letter is None:
        return found
    try:
        return kept(rooms.open_letter(raw, entry.mailbox))
    except ParseError:
        return found
