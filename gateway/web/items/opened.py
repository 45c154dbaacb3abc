"""What is covered by the medical secret is written down before it is shown: pages, answers of the API,
letters, notes.

A page that tells what was read in a document opens it, as its image does: once for a person, a document
and a day in Paris. Images, texts and files are each an event of their own (``document.uncover``), and so
is every refusal. Nothing is sent when it could not be written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time

from gateway.clock import PARIS, paris_date
from gateway.evidence.record import Kind
from gateway.web.access import Right, Viewer, may_open
from gateway.web.house import WebHouse
from gateway.web.items.document import ADMINISTRATIVE, Opening, SealedError, write_down
from storage import audit
from storage.documents import Document
from storage.items import Item
from storage.outbox import OutboxEntry

READING = "reading"
"""The page shows what was read in the document."""
NAME = "name"
"""The page shows the name of its file, which may be medical."""
SUBJECT = "subject"
"""The page shows the subject of a mail that brings something medical."""
NOTES = "notes"
LETTER = "letter"


def documents(rooms: WebHouse, seen: Viewer, shown: Iterable[Document], piece: str = READING) -> None:
    """Write down which of these documents this person is about to read; those they may not open are not
    shown, and not written down."""
    _once(rooms, seen, [_document(one, piece) for one in shown if _opens(seen, one)])


def item(
    rooms: WebHouse,
    seen: Viewer,
    work: Item,
    shown: Sequence[Document],
    *,
    mail: Iterable[Document] = (),
    noted: bool = False,
) -> None:
    """The page of a piece of work: its documents, the subject of its mail (``mail``: every document of it,
    when the subject is shown), notes of the medical pole (``noted``)."""
    openings = [_document(one, READING) for one in shown if _opens(seen, one)]
    own = {one.position for one in shown}
    if any(_opens(seen, one) and one.position not in own for one in mail):
        openings.append((f"delivery:{work.delivery}", {"piece": SUBJECT}))
    if noted:
        openings.append((f"delivery:{work.delivery}", {"piece": NOTES, "item": work.id}))
    _once(rooms, seen, openings)


def letter(rooms: WebHouse, seen: Viewer, entry: OutboxEntry) -> None:
    """The words of a medical letter are about to be read."""
    _once(rooms, seen, [_letter(entry)])


def message(rooms: WebHouse, seen: Viewer, entry: OutboxEntry) -> None:
    """The bytes of a medical letter are asked for, or its words by somebody who may not read them."""
    outcome = "opened" if seen.may(Right.MEDICAL_CONTENT) else "refused"
    write_down(rooms, seen, outcome, [_letter(entry)])


def refused(rooms: WebHouse, seen: Viewer, error: Exception) -> None:
    """Write down a refusal, when it is that of a medical document."""
    if isinstance(error, SealedError):
        write_down(rooms, seen, "refused", [(f"delivery:{error.delivery}", {"document": error.position})])


def _once(rooms: WebHouse, seen: Viewer, openings: Sequence[Opening]) -> None:
    """Write down those that this person has not opened yet today."""
    if not openings:
        return
    midnight = datetime.combine(paris_date(rooms.clock.now()), time(), PARIS)
    with rooms.database.reading() as session:
        events = audit.since(session, Kind.ACCESS, {subject for subject, _ in openings}, midnight)
    told = {
        _key(event.subject, event.fields)
        for event in events
        if event.fields.get("person") == seen.login and event.fields.get("outcome") == "opened"
    }
    fresh = [(subject, fields) for subject, fields in openings if _key(subject, fields) not in told]
    if fresh:
        write_down(rooms, seen, "opened", fresh)


def _key(subject: str, fields: Mapping[str, object]) -> tuple[object, ...]:
    return subject, fields.get("piece"), fields.get("document"), fields.get("item")


def _opens(seen: Viewer, document: Document) -> bool:
    return document.confidentiality != ADMINISTRATIVE and may_open(seen, document.confidentiality)


def _document(document: Document, piece: str) -> Opening:
    return f"delivery:{document.delivery}", {"document": document.position, "piece": piece}


def _letter(entry: OutboxEntry) -> Opening:
    return f"outbox:{entry.message_id}"[:120], {"piece": LETTER}
