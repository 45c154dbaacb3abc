"""Documents out of the vault: page images and originals, never as active content, medical ones logged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from gateway.errors import NotFound, Unavailable
from gateway.evidence.record import Field, Kind
from gateway.web.access import Viewer, may_open, reads_any
from gateway.web.guard import ForbiddenError
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from gateway.web.items.papers import SEALED, is_text
from parsers.errors import ParseError
from parsers.facts import Confidentiality
from storage import documents, sheets, unlocked
from storage.db import Session
from storage.documents import Document, IssueRow
from storage.erasures import GONE
from storage.items import Item, holds

router = APIRouter(prefix="/documents")

NO_DOCUMENT = (
    "Ce document n’existe pas, ou il relève d’une file que votre rôle n’ouvre pas ; rien n’a été changé."
    " Revenez à l’élément."
)
LONGEST = 100_000
"""Characters of a text shown on a page; the original has the rest."""
NO_TEXT = "Ce texte ne peut pas être affiché ; le document est conservé : téléchargez l’original."
NO_PAGE = "Cette page ne peut pas être affichée ; le document est conservé : téléchargez l’original."
SEALED_FILE = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
ADMINISTRATIVE = Confidentiality.ADMINISTRATIVE.value

Opening = tuple[str, Mapping[str, Field]]
"""What somebody asks to open: the subject of its event, and which piece."""


class SealedError(ForbiddenError):
    """A document this person may not open; whoever answers writes the refusal down (``opened.refused``)."""

    def __init__(self, document: Document) -> None:
        super().__init__(SEALED)
        self.delivery, self.position = document.delivery, document.position


@router.get("/{document_id}/page/{number}.png")
def page(rooms: InHouse, seen: Seen, document_id: RowId, number: RowId) -> Response:
    """The image of one page, ``number`` counting from 1 in the whole file."""
    with rooms.database.reading() as session:
        document = find(rooms, seen, session, document_id)
        last = document.first_page + (document.pages or 0)
        covering = [
            other
            for other in sheets.same_bytes(session, document.sha256)
            if other.first_page <= number < other.first_page + (other.pages or 0)
        ]
        readable = unlocked.readable(session, [document.sha256])[document.sha256]
    if not document.first_page <= number < last:
        raise NotFound(NO_DOCUMENT)
    uncover(rooms, seen, document, _class([document, *covering]), page=number)
    try:
        image = rooms.render_page(rooms.vault.get(readable), document.media_type, number)
    except ParseError as error:
        raise Unavailable(NO_PAGE) from error
    return Response(image, media_type="image/png", headers=SEALED_FILE)


@router.get("/{document_id}/texte")
def words(request: Request, rooms: InHouse, seen: Seen, shown: Shown, document_id: RowId) -> Response:
    """The text of a document without pages: a piece of page for htmx, a whole page for a plain link."""
    with rooms.database.reading() as session:
        document = find(rooms, seen, session, document_id)
    if not is_text(document):
        raise NotFound(NO_DOCUMENT)
    # its own class alone: the same polite sentence is the text of many mails
    uncover(rooms, seen, document, document.confidentiality, page=None)
    try:
        found = rooms.read_text(rooms.vault.get(document.sha256), document.media_type, document.name)
    except ParseError as error:
        raise Unavailable(NO_TEXT) from error
    text = "\n".join(line.rstrip() for line in found.splitlines()).strip()
    template = "_texte.html" if request.headers.get("hx-request") else "texte.html"
    return shown.show(request, template, text=text[:LONGEST], cut=len(text) > LONGEST, document=document)


@router.get("/{document_id}/original")
def original(rooms: InHouse, seen: Seen, document_id: RowId) -> Response:
    """The file as it came, to keep: a mixed file holding medical pages is medical as a whole."""
    with rooms.database.reading() as session:
        document = find(rooms, seen, session, document_id)
        every = sheets.same_bytes(session, document.sha256)
    uncover(rooms, seen, document, _class(every), page=None)
    headers = {"Content-Disposition": attachment(document.name), **SEALED_FILE}
    return Response(
        rooms.vault.get(document.sha256), media_type="application/octet-stream", headers=headers
    )


@router.get("/{document_id}/cadres/{issue_id}.png")
def picture(rooms: InHouse, seen: Seen, document_id: RowId, issue_id: RowId) -> Response:
    """The picture of an incomplete box, as the letter shows it."""
    with rooms.database.reading() as session:
        document = find(rooms, seen, session, document_id)
        issue = session.get(IssueRow, issue_id)
    if issue is None or issue.document_id != document_id or issue.picture_sha256 is None:
        raise NotFound(NO_DOCUMENT)
    uncover(rooms, seen, document, document.confidentiality, page=issue.page)
    return Response(rooms.vault.get(issue.picture_sha256), media_type="image/png", headers=SEALED_FILE)


def find(rooms: WebHouse, seen: Viewer, session: Session, document_id: int) -> Document:
    """The document, when it lies in a place this person reads; else it does not exist for them.

    Its own place, not that of its mail: a mail may speak of several people.
    """
    document = session.get(Document, document_id)
    if document is None or document.position not in visible(rooms, seen, session, document.delivery):
        raise NotFound(NO_DOCUMENT)
    if document.trouble == GONE:
        raise NotFound(GONE)
    return document


def visible(rooms: WebHouse, seen: Viewer, session: Session, delivery: str) -> frozenset[int]:
    """Positions of the documents of a mail that lie in places this person reads, whatever their class.

    The envelope that held the documents of several people is open to who reads them all.
    """
    places = sheets.places_of_documents(session, delivery)
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    read = {position for position, at in places.items() if reads_any(seen, circuits, directory, at)}
    placed = {position for position, at in places.items() if at}
    return frozenset(read | (places.keys() if read and placed <= read else set()))


def sees_all(rooms: WebHouse, seen: Viewer, session: Session, delivery: str) -> bool:
    """Whether every document of a mail lies in places this person reads: it speaks of nobody else."""
    every = {document.position for document in documents.of_delivery(session, delivery)}
    return every <= visible(rooms, seen, session, delivery)


def of_item(seen: Viewer, session: Session, item: Item, document_id: int, absent: str) -> Document:
    """A document that this piece of work is about, open to this person.

    Raises ``NotFound`` with the sentence ``absent``, ``SealedError`` for what only others may open.
    """
    document = session.get(Document, document_id)
    if document is None or document.delivery != item.delivery or not holds(item, document.position):
        raise NotFound(absent)
    if not may_open(seen, document.confidentiality):
        raise SealedError(document)
    return document


def _class(documents: list[Document]) -> str:
    """Administrative only when every document sharing these bytes is."""
    return next(
        (d.confidentiality for d in documents if d.confidentiality != ADMINISTRATIVE), ADMINISTRATIVE
    )


def uncover(
    rooms: WebHouse, seen: Viewer, document: Document, confidentiality: str, page: int | None
) -> None:
    admit(rooms, seen, document.delivery, confidentiality, document=document.position, page=page)
    if not may_open(seen, confidentiality):
        raise ForbiddenError(SEALED)


def admit(
    rooms: WebHouse, seen: Viewer, delivery: str, confidentiality: str, **what: str | int | None
) -> None:
    """Write down, before anything is shown or refused, who asks for something medical."""
    if confidentiality == ADMINISTRATIVE:
        return
    outcome = "opened" if may_open(seen, confidentiality) else "refused"
    write_down(rooms, seen, outcome, [(f"delivery:{delivery}", what)])


def write_down(rooms: WebHouse, seen: Viewer, outcome: str, openings: Iterable[Opening]) -> None:
    """Put openings of something medical, or refusals, in the log."""
    told = {"person": seen.login, "outcome": outcome}
    with rooms.database.transaction() as session:
        rooms.recorder.add_all(
            session, [(Kind.ACCESS, about, {**told, **what}) for about, what in openings]
        )


def attachment(name: str) -> str:
    """``Content-Disposition`` of RFC 6266: always saved, the name in UTF-8, nothing that could end it."""
    clean = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable())[:150]
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in clean)
    return f"attachment; filename=\"{plain or 'document'}\"; filename*=UTF-8''{quote(clean or 'document')}"
