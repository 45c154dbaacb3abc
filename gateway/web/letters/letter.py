"""A letter by hand about an item: model, words of a person, preview of what leaves, then the outbox.

Nothing leaves that was not shown: the preview gives the hash of the letter, its recipient and whether it is
encrypted; when one of them changed since, the letter is shown again instead of sent.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from gateway.circuits.letter_page import fragment, plain
from gateway.circuits.model import Letter
from gateway.errors import NotFound, Refused
from gateway.outbound import handwritten
from gateway.outbound.certificates import Choice
from gateway.outbound.entity import entity
from gateway.outbound.handwritten import Sheet, Words
from gateway.outbound.heads import heads
from gateway.web.access import Viewer, may_open
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from gateway.web.items import held
from gateway.web.items.actions import desk_of_item
from gateway.web.items.document import ADMINISTRATIVE, SEALED_FILE, attachment
from gateway.web.items.held import HeldError
from gateway.web.letters import writing
from gateway.web.letters.writing import Address, Ground
from gateway.web.pages import Pages
from storage import documents, registrations, sheets
from storage.db import Session

router = APIRouter(prefix="/elements/{item_id}")

NO_MODEL = "Cette lettre n’est pas proposée ici ; rien n’est parti. Revenez à l’élément."
NOBODY = (
    "Aucune adresse n’est connue pour répondre à ce message ; rien n’est parti."
    " Complétez l’annuaire, ou téléphonez."
)
HELD = "{} ; rien n’est parti. Demandez-lui, ou reprenez-le."
KEPT = "{} ; rien n’est parti et votre texte est gardé ci-dessous."
AGAIN = "Ce qui partirait a changé depuis l’aperçu : relisez la lettre, puis envoyez-la."
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything one letter is written with."""

    ground: Ground
    sheet: Sheet
    model: Words
    choice: Choice
    addresses: tuple[Address, ...]
    numbers: tuple[str, ...]
    document: int | None
    holder: str | None
    """The sentence that says who holds the item, when this person may not write on it now."""

    @property
    def encrypted(self) -> bool:
        return self.choice.certificate is not None


@router.get("/lettre")
def blank(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    item_id: RowId,
    *,
    modele: Annotated[str, Query(max_length=60)] = "",
    a: Annotated[str, Query(max_length=320)] = "",
    document: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """The model, filled, to be changed."""
    with rooms.database.reading() as session:
        desk = _desk(rooms, seen, session, item_id, modele, a, document, secrets.token_hex(16))
    _free(desk)
    return shown.show(request, "lettre.html", **_page(seen, desk, desk.model))


@router.post("/lettre")
def write(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    item_id: RowId,
    *,
    modele: Annotated[str, Form(max_length=60)],
    a: Annotated[str, Form(max_length=320)],
    jeton: Annotated[str, Form(max_length=32)],
    objet: Annotated[str, Form(max_length=1000)] = "",
    texte: Annotated[str, Form(max_length=40_000)] = "",
    document: Annotated[str, Form(max_length=10)] = "",
    etape: Annotated[str, Form(max_length=12)] = "apercu",
    vu: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Preview, go back to writing, see the bytes, or send what was previewed."""
    number = int(document) if document.isdigit() else None
    if not _TOKEN.fullmatch(jeton):
        raise Refused(NO_MODEL)
    with rooms.database.reading() as session:
        desk = _desk(rooms, seen, session, item_id, modele, a, number, jeton)
    if desk.holder is not None:
        return _held(request, seen, shown, desk, desk.holder, Words(objet, texte))
    try:
        words = handwritten.cleaned(objet, texte)
    except Refused as error:
        typed = Words(objet, texte)
        page = _page(seen, desk, typed, error=error.public)
        return shown.show(request, "lettre.html", status=422, **page)
    if etape == "modifier":
        return shown.show(request, "lettre.html", **_page(seen, desk, words))
    faults = _faults(desk, words)
    if etape == "octets" and not faults:
        return _bytes(rooms, desk, words)
    if etape == "envoyer" and not faults:
        if hmac.compare_digest(vu.encode(), handwritten.seen(desk.sheet, words, desk.choice).encode()):
            try:
                return _send(rooms, seen, desk, words)
            except HeldError as error:
                return _held(request, seen, shown, desk, error.public.partition(" ;")[0], words)
        return shown.show(
            request, "lettre.html", status=409, **_page(seen, desk, words, faults, error=AGAIN)
        )
    status = 422 if faults else 200
    return shown.show(request, "lettre.html", status=status, **_page(seen, desk, words, faults))


def answer(
    rooms: WebHouse, seen: Viewer, item_id: int, model: str, recipient: str, token: str, words: Words | None
) -> None:
    """A letter of a program: the same model, the same faults, sent without a preview.

    ``words`` ``None``: the model as it is filled. Raises ``NotFound``, or ``Refused`` with the first fault.
    """
    with rooms.database.reading() as session:
        desk = _desk(rooms, seen, session, item_id, model, recipient, None, token)
    _free(desk)
    if recipient and desk.sheet.recipient != recipient:
        raise Refused(
            "Cette adresse n’est pas de celles à qui répondre ; rien n’est parti. Choisissez-en une."
        )
    written = desk.model if words is None else words
    said = handwritten.cleaned(written.subject, written.text)
    faults = _faults(desk, said)
    if faults:
        raise Refused(f"{faults[0]} Rien n’est parti.")
    _send(rooms, seen, desk, said)


def _send(rooms: WebHouse, seen: Viewer, desk: Desk, words: Words) -> Response:
    room, at = writing.mailroom(rooms), rooms.clock.now()
    item_id = desk.ground.sheet.item.id
    with rooms.database.transaction() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id or 0)
        if not writing.may_write(item, seen, at):
            raise HeldError(HELD.format(held.holder(session, item, at)))
        made = handwritten.post(
            session, room, desk.sheet, desk.model, words, desk.choice, by=seen.login, at=at
        )
        if made is not None:
            rooms.recorder.add_all(session, [made[1]])
    return RedirectResponse(f"/elements/{item_id}?fait=lettre#lettres", 303)


def _bytes(rooms: WebHouse, desk: Desk, words: Words) -> Response:
    """The message before it is signed and encrypted, as a file to keep."""
    draft = handwritten.draft_of(desk.sheet, words, desk.choice.reasons, rooms.clock.now())
    headers = {"Content-Disposition": attachment("apercu.eml"), **SEALED_FILE}
    raw = heads(draft, receipt=True) + entity(draft)
    return Response(raw, media_type="application/octet-stream", headers=headers)


def _desk(
    rooms: WebHouse,
    seen: Viewer,
    session: Session,
    item_id: int,
    model: str,
    recipient: str,
    document: int | None,
    token: str,
) -> Desk:
    item, desk = desk_of_item(rooms, seen, session, item_id)
    circuit = rooms.circuits.by_name.get(item.circuit)
    if circuit is None:
        raise NotFound(NO_MODEL)
    at = rooms.clock.now()
    on = writing.ground(session, sheets.item_sheet(session, item_id), circuit, desk)
    letter = _letter(seen, on, model)
    if document is None and circuit.desk is not None and letter.name == circuit.desk.rejected:
        document = on.rejected
    offered = writing.addresses(rooms, on)
    if not offered:
        raise Refused(NOBODY)
    to = next((one.address for one in offered if one.address == recipient), offered[0].address)
    choice = writing.mailroom(rooms).choose(session, to, at)
    told = writing.context(rooms, session, on, to, document, encrypted=choice.certificate is not None)
    case = on.sheet.case
    sheet = Sheet(
        circuit=circuit.name,
        letter=letter,
        mailbox=told.mailbox,
        recipient=to,
        token=token,
        answers=on.sheet.delivery,
        case=case,
        attached=writing.pictures(rooms, on, letter),
        medical=_medical(seen, session, on),
    )
    entries = registrations.of_case(session, case.id or 0) if case is not None else []
    numbers = tuple(entry.nir for entry in entries)
    holder = None if writing.may_write(item, seen, at) else held.holder(session, item, at)
    return Desk(on, sheet, handwritten.proposed(letter, told), choice, offered, numbers, document, holder)


def _free(desk: Desk) -> None:
    """Raises ``HeldError`` when somebody else holds the item."""
    if desk.holder is not None:
        raise HeldError(HELD.format(desk.holder))


def _held(request: Request, seen: Viewer, shown: Pages, desk: Desk, holder: str, words: Words) -> Response:
    """The form with its text, and how to take the item: what was written while it changed hands stays."""
    page = _page(seen, desk, words, error=KEPT.format(holder))
    return shown.show(request, "lettre.html", status=409, **page | {"take": True})


def _medical(seen: Viewer, session: Session, on: Ground) -> bool:
    """Whether its words may be medical: of a medical queue, or of whoever opens what the mail brings."""
    brought = [d.confidentiality for d in documents.of_delivery(session, on.sheet.delivery.sha256)]
    known = [one for one in brought if may_open(seen, one)]
    return any(one != ADMINISTRATIVE for one in (on.desk.confidentiality, *known))


def _letter(seen: Viewer, on: Ground, name: str) -> Letter:
    """The model asked for, else the one for a rejected document, else for what lacks, else the answer.

    Raises ``NotFound``.
    """
    models = [one.letter for one in writing.models(seen, on)]
    rules = on.circuit.desk
    rejected = rules.rejected if rules is not None and on.rejected is not None else None
    lacking = rules.missing if rules is not None and writing.missing(on, quoted=False) else None
    answer = rules.answer if rules is not None else None
    meant = next((one for one in (rejected, lacking, answer) if one in models), None)
    asking = {rules.missing, rules.rejected} if rules is not None else set()
    neutral = next((one for one in models if one not in asking), "")
    wanted = name or meant or neutral or next(iter(models), "")
    letter = on.circuit.letters.get(wanted)
    if letter is None or wanted not in models:
        raise NotFound(NO_MODEL)
    return letter


def _faults(desk: Desk, words: Words) -> tuple[str, ...]:
    return handwritten.faults_of(
        desk.sheet.letter, words, desk.sheet.case, desk.numbers, encrypted=desk.encrypted
    )


def _page(
    seen: Viewer,
    desk: Desk,
    words: Words,
    faults: tuple[str, ...] | None = None,
    *,
    error: str | None = None,
) -> dict[str, Any]:
    """What the page shows: the editor, or the preview when ``faults`` were looked for."""
    letter = desk.sheet.letter
    other = desk.ground.circuit.letters.get(letter.instead or "")
    changed = handwritten.changed(desk.model, words)
    return {
        "item": desk.ground.sheet.item,
        "desk": desk.ground.desk,
        "sheet": desk.sheet,
        "letter": letter,
        "models": writing.models(seen, desk.ground),
        "addresses": desk.addresses,
        "choice": desk.choice,
        "encrypted": desk.encrypted,
        "words": words,
        "preview": faults is not None,
        "faults": faults or (),
        "error": error,
        "take": False,
        "instead": other if not desk.encrypted and letter.content != "plain" else None,
        "plain": plain(words.text),
        "fragment": Markup(fragment(words.text)),  # noqa: S704 - escaped where it is made, tag by tag
        "changed": changed,
        "vu": handwritten.seen(desk.sheet, words, desk.choice),
        "document": desk.document,
        "withheld": writing.withheld(desk.ground.circuit.registration, letter),
    }
