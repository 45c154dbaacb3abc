"""A letter as it left: what the model proposed, what a person changed, its receipts; its bytes to keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import ndiff
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.errors import NotFound
from gateway.web.access import Desk, Right, Viewer
from gateway.web.guard import ForbiddenError
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from gateway.web.items import opened as openings
from gateway.web.items.actions import desk_of_item
from gateway.web.items.document import ADMINISTRATIVE, SEALED_FILE, attachment, sees_all
from storage import documents, handwritten, outbox, sheets
from storage.cases import Item
from storage.db import Session
from storage.handwritten import Handwritten
from storage.outbox import OutboxEntry
from storage.secretbox import unseal
from storage.sheets import Mailed

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

UNTITLED = "Lettre couverte par le secret médical"
"""What stands for the subject of a letter written by the medical pole, to whoever may not read it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A letter that somebody asks to read, with where it was found. ``medical``: its words are."""

    item: Item
    desk: Desk
    entry: OutboxEntry
    medical: bool


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
    asked = opened(rooms, seen, item_id, letter_id, bytes_of=octets == "oui")
    entry = asked.entry
    if octets == "oui":
        headers = {"Content-Disposition": attachment(f"lettre-{entry.id}.eml"), **SEALED_FILE}
        raw = rooms.vault.get(entry.raw_sha256)
        return Response(raw, media_type="application/octet-stream", headers=headers)
    with rooms.database.reading() as session:
        hand = handwritten.of_letters(session, [letter_id]).get(letter_id)
        receipts = outbox.receipts(session, letter_id)
    return shown.show(
        request,
        "lettre-envoyee.html",
        item=asked.item,
        desk=asked.desk,
        entry=entry,
        hand=hand,
        lines=list(_lines(rooms, entry, hand)) if hand is not None else [],
        receipts=receipts,
    )


def opened(rooms: WebHouse, seen: Viewer, item_id: int, letter_id: int, *, bytes_of: bool = False) -> Asked:
    """The letter, when it is about this item or its case and this person may read its words.

    A medical one is written down first, granted or refused (``bytes_of``: each time).
    """
    with rooms.database.reading() as session:
        asked = _asked(rooms, seen, session, item_id, letter_id)
    if not asked.medical:
        return asked
    if bytes_of or not seen.may(Right.MEDICAL_CONTENT):
        openings.message(rooms, seen, asked.entry)
    else:
        openings.letter(rooms, seen, asked.entry)
    if not seen.may(Right.MEDICAL_CONTENT):
        raise ForbiddenError(SEALED_LETTER)
    return asked


def titled(session: Session, seen: Viewer, letters: Iterable[Mailed]) -> tuple[Mailed, ...]:
    """The same letters; the subject of one that the medical pole wrote is shown to it alone."""
    found = tuple(letters)
    if seen.may(Right.MEDICAL_CONTENT):
        return found
    secret = handwritten.medical(session, [one.letter.id or 0 for one in found])
    return tuple(_untitled(one) if one.letter.id in secret else one for one in found)


def _untitled(one: Mailed) -> Mailed:
    return replace(one, letter=OutboxEntry(**(one.letter.model_dump() | {"subject": UNTITLED})))


def _asked(rooms: WebHouse, seen: Viewer, session: Session, item_id: int, letter_id: int) -> Asked:
    item, desk = desk_of_item(rooms, seen, session, item_id)
    entry = outbox.get(session, letter_id)
    about = entry is not None and (
        (entry.delivery == item.delivery and entry.case_id is None)
        or (item.case_id is not None and entry.case_id == item.case_id)
    )
    if entry is None or not about:
        raise NotFound(NO_LETTER)
    by_hand = bool(handwritten.of_letters(session, [letter_id]))
    shared = entry.delivery is not None and not by_hand and sheets.is_shared(session, entry.delivery)
    if shared and not sees_all(rooms, seen, session, entry.delivery or ""):
        raise ForbiddenError(SHARED_LETTER)
    circuit = rooms.circuits.by_name.get(item.circuit)
    model = circuit.letters.get(entry.letter) if circuit is not None else None
    words = handwritten.medical(session, [letter_id]) if by_hand else _names_medical(session, entry)
    return Asked(item, desk, entry, model is None or model.content == "medical" or bool(words))


def _names_medical(session: Session, entry: OutboxEntry) -> bool:
    """An encrypted answer to a mail with something medical names its files, whose names may be medical."""
    if entry.protection != "encrypted" or entry.delivery is None:
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
