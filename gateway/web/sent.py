"""A letter as it left: what the model proposed, what a person changed, its receipts; its bytes to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import ndiff
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.errors import NotFound
from gateway.web.access import Right
from gateway.web.actions import desk_of_item
from gateway.web.document import SEALED_FILE, attachment
from gateway.web.guard import ForbiddenError
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from storage import handwritten, outbox, sheets
from storage.handwritten import Handwritten
from storage.outbox import OutboxEntry
from storage.secretbox import unseal

router = APIRouter()

NO_LETTER = "Cette lettre n’existe pas pour cet élément ; rien n’a été changé. Revenez à l’élément."
SEALED_LETTER = (
    "Cette lettre transmet un document couvert par le secret médical : seul le pôle médical du CNSE"
    " l’ouvre."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of both texts: ``same``, ``added`` by the person, ``removed`` from the model."""

    tone: str
    text: str


@router.get("/elements/{item_id}/lettres/{letter_id}")
def letter(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    item_id: RowId,
    letter_id: RowId,
    *,
    octets: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """The page of a letter; ``?octets=oui`` gives the message byte for byte as it left."""
    with rooms.database.reading() as session:
        item, desk = desk_of_item(rooms, seen, session, item_id)
        sheet = sheets.item_sheet(session, item_id)
        entry = outbox.get(session, letter_id)
        about = entry is not None and (
            entry.delivery == item.delivery or (item.case_id is not None and entry.case_id == item.case_id)
        )
        if entry is None or not about:
            raise NotFound(NO_LETTER)
        hand = handwritten.of_letters(session, [letter_id]).get(letter_id)
        receipts = outbox.receipts(session, letter_id)
    circuit = rooms.circuits.by_name.get(item.circuit)
    model = circuit.letters.get(entry.letter) if circuit is not None else None
    if (model is None or model.content == "medical") and not seen.may(Right.MEDICAL_CONTENT):
        raise ForbiddenError(SEALED_LETTER)
    if octets == "oui":
        headers = {"Content-Disposition": attachment(f"lettre-{entry.id}.eml"), **SEALED_FILE}
        raw = rooms.vault.get(entry.raw_sha256)
        return Response(raw, media_type="application/octet-stream", headers=headers)
    return shown.show(
        request,
        "lettre-envoyee.html",
        item=sheet.item,
        desk=desk,
        entry=entry,
        hand=hand,
        lines=list(_lines(rooms, entry, hand)) if hand is not None else [],
        receipts=receipts,
    )


def _lines(rooms: WebHouse, entry: OutboxEntry, hand: Handwritten) -> Iterator[Line]:
    context = f"letter:{entry.message_id}"
    before = unseal(rooms.vault.ring, hand.proposed, context).splitlines()
    after = unseal(rooms.vault.ring, hand.written, context).splitlines()
    tones = {"  ": "same", "+ ": "added", "- ": "removed"}
    for line in ndiff(before, after):
        tone = tones.get(line[:2])
        if tone is not None:
            yield Line(tone, line[2:])
