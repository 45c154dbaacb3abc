"""Medical reports leave for the medical service of the other institution: encrypted, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from gateway.circuits.desk import Forwarding
from gateway.circuits.letter_page import plain
from gateway.circuits.letters import LetterDocument
from gateway.circuits.model import Letter
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.outbound import handwritten
from gateway.outbound.certificates import Choice
from gateway.outbound.handwritten import Event, Sheet, Words
from gateway.web.access import Right, Viewer, may_open
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from gateway.web.items import opened
from gateway.web.items.actions import desk_of_item
from gateway.web.letters import pieces as parts
from gateway.web.letters import writing
from gateway.web.letters.pieces import Piece
from gateway.web.letters.writing import Address, Ground
from storage import handwritten as kept
from storage import sheets, unlocked
from storage.db import Session
from storage.documents import Document, of_delivery
from storage.handwritten import Forwarded

router = APIRouter(prefix="/elements/{item_id}/transmission")

NOT_HERE = (
    "La transmission des comptes rendus se fait depuis la file du pôle médical ; rien n’est parti."
    " Revenez à l’élément."
)
NOBODY = (
    "L’annuaire ne donne aucune adresse du service médical de la CNAS ; rien n’est parti : demandez"
    " à un administrateur de l’y mettre."
)
IN_CLEAR = (
    "Aucun certificat valable n’est connu pour cette adresse : un document médical ne part jamais en"
    " clair ; rien n’est parti. Demandez un message signé à ce service, puis confirmez son certificat."
)
NOTHING = "Aucun document n’est choisi ; rien n’est parti. Choisissez ce qui doit être transmis."
TOO_LARGE = (
    "Ces documents sont trop gros pour un seul message ; rien n’est parti."
    " Transmettez-les en plusieurs fois."
)
CHANGED = (
    "Ces documents viennent de changer ; rien n’est parti. Rechargez la page et choisissez de nouveau."
)
LARGEST = 15 * 1024 * 1024
"""Bytes joined to one letter: base64 and the encryption add about 40 %."""


@dataclass(frozen=True, slots=True)
class Report:
    """A medical document that may leave, and when it already did."""

    document: Document
    title: str
    left: tuple[Forwarded, ...]
    pages: str
    """Its place in a file that holds other documents (French); empty when it has the file for itself."""


@dataclass(frozen=True, slots=True)
class Counter:
    """What one forwarding is made of."""

    ground: Ground
    rules: Forwarding
    letter: Letter
    addresses: tuple[Address, ...]
    recipient: str
    choice: Choice
    reports: tuple[Report, ...]
    every: tuple[Document, ...]
    """Every document of the mail, whoever may open it."""

    def apart(self, chosen: list[Document]) -> frozenset[str]:
        """Files that also hold something not chosen: their pages leave, not they."""
        return parts.mixed(chosen, self.every)


@router.get("")
def ready(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    item_id: RowId,
    *,
    a: Annotated[str, Query(max_length=320)] = "",
) -> Response:
    """What may leave, to whom, protected how, and the words that go with it."""
    with rooms.database.reading() as session:
        counter = counter_of(rooms, seen, session, item_id, a)
        chosen = [r for r in counter.reports if not r.left] or list(counter.reports)
        words = _words(rooms, session, counter, [r.document for r in chosen])
    opened.documents(rooms, seen, [r.document for r in counter.reports], opened.NAME)
    return shown.show(request, "transmission.html", **_page(counter, words, chosen))


@router.post("")
def forward(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    *,
    a: Annotated[str, Form(max_length=320)],
    pieces: Annotated[list[int], Form()] = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    """Write the letter with the documents chosen; once for the same documents to the same address."""
    with rooms.database.reading() as session:
        counter, chosen = _admitted(rooms, seen, session, item_id, a, pieces)
        readable = unlocked.readable(session, [d.sha256 for d in chosen])
        meant = _identity(chosen, counter)
    # cut before the transaction: a child works for seconds, a writer waits for nobody
    leaving = parts.pieces(rooms, chosen, counter.apart(chosen), readable)
    if sum(len(piece.file.content) for piece in leaving) > LARGEST:
        raise Refused(TOO_LARGE)
    at = rooms.clock.now()
    with rooms.database.transaction() as session:
        counter, again = _admitted(rooms, seen, session, item_id, a, pieces)
        if _identity(again, counter) != meant:
            raise Refused(CHANGED)
        words = _words(rooms, session, counter, again)
        sheet = _sheet(counter, again, leaving)
        made = handwritten.post(
            session, writing.mailroom(rooms), sheet, words, words, counter.choice, by=seen.login, at=at
        )
        if made is None:
            raise Refused("Ces documents sont déjà partis vers cette adresse ; rien n’a été envoyé.")
        entry, event = made
        rows = [
            Forwarded(outbox_id=entry.id or 0, document_id=d.id or 0, by=seen.login, at=at) for d in again
        ]
        kept.forward(session, rows)
        rooms.recorder.add_all(session, [event, *_events(again, leaving, counter, seen)])
    return RedirectResponse(f"/elements/{item_id}?fait=transmis#lettres", 303)


def offered(rooms: WebHouse, seen: Viewer, queue: str, circuit: str) -> bool:
    """Whether this person may forward from this queue."""
    found = rooms.circuits.by_name.get(circuit)
    rules = found.forwarding if found is not None else None
    medical = seen.may(Right.MEDICAL_CONTENT) and seen.may(Right.ACT)
    return medical and rules is not None and rules.queue == queue


def counter_of(rooms: WebHouse, seen: Viewer, session: Session, item_id: int, recipient: str) -> Counter:
    """What may leave, to whom, how. Raises ``NotFound`` outside its queue, ``Refused`` without address."""
    item, desk = desk_of_item(rooms, seen, session, item_id)
    circuit = rooms.circuits.by_name.get(item.circuit)
    rules = circuit.forwarding if circuit is not None else None
    letter = circuit.letters.get(rules.letter) if circuit is not None and rules is not None else None
    if (
        circuit is None
        or rules is None
        or letter is None
        or not offered(rooms, seen, item.queue, circuit.name)
    ):
        raise NotFound(NOT_HERE)
    on = writing.ground(session, sheets.item_sheet(session, item_id), circuit, desk)
    found = [
        Address(one.address, one.name)
        for one in rooms.circuits.directory.correspondents
        if one.role == rules.role and not one.address.startswith("@")
    ]
    if not found:
        raise Refused(NOBODY)
    to = next((one.address for one in found if one.address == recipient), found[0].address)
    choice = writing.mailroom(rooms).choose(session, to, rooms.clock.now())
    documents = [
        paper.document
        for paper in on.sheet.papers
        if paper.document.kind in rules.kinds and may_open(seen, paper.document.confidentiality)
    ]
    left = kept.forwardings(session, [d.id or 0 for d in documents])
    every = tuple(of_delivery(session, on.sheet.delivery.sha256))
    reports = tuple(
        Report(
            d,
            circuit.title_of(d.kind or "other"),
            tuple(f for f in left if f.document_id == d.id),
            parts.told(d) if parts.mixed([d], every) else "",
        )
        for d in documents
    )
    return Counter(on, rules, letter, tuple(found), to, choice, reports, every)


def _admitted(
    rooms: WebHouse, seen: Viewer, session: Session, item_id: int, recipient: str, pieces: list[int]
) -> tuple[Counter, list[Document]]:
    """What is chosen, when it may leave now. Raises ``Refused``, or as ``counter_of``."""
    counter = counter_of(rooms, seen, session, item_id, recipient)
    if not writing.may_write(counter.ground.sheet.item, seen, rooms.clock.now()):
        raise Refused("Une autre personne tient cet élément ; rien n’est parti. Demandez-lui.")
    chosen = [r.document for r in counter.reports if r.document.id in set(pieces)]
    if not chosen:
        raise Refused(NOTHING)
    if counter.choice.certificate is None:
        raise Refused(IN_CLEAR)
    return counter, chosen


def _identity(chosen: list[Document], counter: Counter) -> tuple[object, ...]:
    """What was cut, to be compared with what is there once it is."""
    told = [(d.id, d.sha256, d.first_page, d.pages, d.name) for d in chosen]
    return told, counter.apart(chosen)


def _words(rooms: WebHouse, session: Session, counter: Counter, chosen: list[Document]) -> Words:
    encrypted = counter.choice.certificate is not None
    told = writing.context(rooms, session, counter.ground, counter.recipient, None, encrypted=encrypted)
    circuit = counter.ground.circuit
    apart = counter.apart(chosen)
    named = tuple(
        LetterDocument(
            circuit.title_of(d.kind or "other"),
            (parts.told(d) if d.sha256 in apart else d.name or None) if encrypted else None,
            d.pages,
        )
        for d in chosen
    )
    return handwritten.proposed(counter.letter, replace(told, documents=named, missing=()))


def _sheet(counter: Counter, chosen: list[Document], leaving: tuple[Piece, ...]) -> Sheet:
    sheet, circuit = counter.ground.sheet, counter.ground.circuit
    return Sheet(
        circuit=circuit.name,
        letter=counter.letter,
        mailbox=circuit.mailbox(sheet.delivery.mailbox) or circuit.mailboxes[0],
        recipient=counter.recipient,
        token="forward:" + ":".join(sorted(f"{d.sha256}:{d.first_page}" for d in chosen)),
        answers=sheet.delivery,
        case=sheet.case,
        threaded=False,
        attached=tuple(piece.file for piece in leaving),
    )


def _events(
    chosen: list[Document], leaving: tuple[Piece, ...], counter: Counter, seen: Viewer
) -> Iterator[Event]:
    """One a document: which it was, the hash of what left, whether that is a part of its file."""
    for document in chosen:
        piece = next(one for one in leaving if document.id in one.documents)
        pages = {"page": document.first_page, "pages": document.pages} if piece.cut else {}
        fields = {
            "sha256": document.sha256,
            "position": document.position,
            "bytes": piece.sha256,
            "state": "cut" if piece.cut else "whole",
            "letter": counter.letter.name,
            "recipient": counter.recipient,
            "by": seen.login,
            **pages,
        }
        yield Kind.FORWARDED, f"delivery:{document.delivery}", fields


def _page(counter: Counter, words: Words, chosen: list[Report]) -> dict[str, Any]:
    return {
        "item": counter.ground.sheet.item,
        "desk": counter.ground.desk,
        "case": counter.ground.sheet.case,
        "counter": counter,
        "encrypted": counter.choice.certificate is not None,
        "words": words,
        "plain": plain(words.text),
        "chosen": {r.document.id for r in chosen},
    }
