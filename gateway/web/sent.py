"""A letter as it left: what the model proposed, what a person changed, its receipts; its bytes to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import ndiff
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.errors import NotFound
from gateway.web.access import Desk, Right, Viewer
from gateway.web.actions import desk_of_item
from gateway.web.document import ADMINISTRATIVE, SEALED_FILE, attachment, sees_all
from gateway.web.guard import ForbiddenError
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from storage import documents, handwritten, outbox
from storage.cases import Item
from storage.db import Session
from storage.handwritten import Handwritten
from storage.outbox import OutboxEntry
from storage.secretbox import unseal

router = APIRouter()

NO_LETTER = "Cette lettre n’existe pas pour cet élément ; rien n’a été changé. Revenez à l’élément."
SEALED_LETTER = (
    "Cette lettre est couverte par le secret médical, ou on ne peut pas exclure qu’elle le soit : seul un"
    " rôle habilité au contenu médical l’ouvre."
)

SHARED_LETTER = (
    "Cette lettre répond à un message qui parle aussi d’une autre personne, dont le dossier n’est pas"
    " ouvert à votre rôle : ses mots ne vous sont pas montrés ; elle est gardée, avec ses accusés."
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
        item, desk, entry = opened(rooms, seen, session, item_id, letter_id)
        hand = handwritten.of_letters(session, [letter_id]).get(letter_id)
        receipts = outbox.receipts(session, letter_id)
    if octets == "oui":
        headers = {"Content-Disposition": attachment(f"lettre-{entry.id}.eml"), **SEALED_FILE}
        raw = rooms.vault.get(entry.raw_sha256)
        return Response(raw, media_type="application/octet-stream", headers=headers)
    return shown.show(
        request,
        "lettre-envoyee.html",
        item=item,
        desk=desk,
        entry=entry,
        hand=hand,
        lines=list(_lines(rooms, entry, hand)) if hand is not None else [],
        receipts=receipts,
    )


def opened(
    rooms: WebHouse, seen: Viewer, session: Session, item_id: int, letter_id: int
) -> tuple[Item, Desk, OutboxEntry]:
    """The letter, when it is about this item or its case and this person may read its words.

    An encrypted answer to a mail with something medical names its files, whose names may be medical: it is
    as secret as they are, unless a person wrote it (nothing medical is given to a letter by hand).
    """
    item, desk = desk_of_item(rooms, seen, session, item_id)
    entry = outbox.get(session, letter_id)
    about = entry is not None and (
        (entry.delivery == item.delivery and entry.case_id is None)
        or (item.case_id is not None and entry.case_id == item.case_id)
    )
    if entry is None or not about:
        raise NotFound(NO_LETTER)
    by_hand = bool(handwritten.of_letters(session, [letter_id]))
    if not by_hand and entry.delivery is not None and not sees_all(rooms, seen, session, entry.delivery):
        raise ForbiddenError(SHARED_LETTER)
    circuit = rooms.circuits.by_name.get(item.circuit)
    model = circuit.letters.get(entry.letter) if circuit is not None else None
    medical = model is None or model.content == "medical" or _names_medical(session, entry)
    if medical and not seen.may(Right.MEDICAL_CONTENT):
        raise ForbiddenError(SEALED_LETTER)
    return item, desk, entry


def _names_medical(session: Session, entry: OutboxEntry) -> bool:
    if entry.protection != "encrypted" or entry.delivery is None:
        return False
    if handwritten.of_letters(session, [entry.id or 0]):
        return False
    return any(d.confidentiality != ADMINISTRATIVE for d in documents.of_delivery(session, entry.delivery))


def _lines(rooms: WebHouse, entry: OutboxEntry, hand: Handwritten) -> Iterator[Line]:
    context = f"letter:{entry.message_id}"
    before = unseal(rooms.vault.ring, hand.proposed, context).splitlines()
    after = unseal(rooms.vault.ring, hand.written, context).splitlines()
    tones = {"  ": "same", "+ ": "added", "- ": "removed"}
    for line in ndiff(before, after):
        tone = tones.get(line[:2])
        if tone is not None:
            yield Line(tone, line[2:])
