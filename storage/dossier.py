"""Everything that an evidence file of one case is made of, read in one snapshot; nothing here writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from storage import cases, erasures, handwritten, stamps, unlocked
from storage.audit import CheckpointRow, EventRow, clear_values
from storage.canonical import Value
from storage.cases import Case, CaseDocument, Item, Period
from storage.deadlines import Deadline
from storage.deliveries import Arrival, Delivery
from storage.documents import Document
from storage.judgments import Judgment
from storage.outbox import OutboxEntry, Receipt
from storage.sealed import Clear, opened
from storage.stamps import StampRow

_CHUNK = 500
_DIGITS = 9
"""A longer number is no case: PostgreSQL refuses it rather than not find it."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One event with its sealed bytes, and the values beside that were not erased."""

    position: int
    at: datetime
    kind: str
    subject: str
    body: bytes
    beside: tuple[Clear, ...]

    @property
    def fields(self) -> Mapping[str, Value]:
        """The fields that can still be told."""
        return opened(self.body, self.beside)[0]

    @property
    def erased(self) -> bool:
        """Whether a value was erased: what the event is about may no longer be known whole."""
        return opened(self.body, self.beside)[1]


@dataclass(frozen=True, slots=True)
class Holding:
    """The rows of one case. ``elsewhere``: documents of its mails that are filed in other cases."""

    case: Case
    periods: tuple[Period, ...]
    deliveries: tuple[Delivery, ...]
    arrivals: tuple[Arrival, ...]
    documents: tuple[Document, ...]
    filed: frozenset[int]
    """Numbers of the documents filed in this case."""
    elsewhere: frozenset[int]
    deadlines: tuple[Deadline, ...]
    other_deadlines: frozenset[int]
    """Numbers of the due dates that these mails started for other cases."""
    other_items: frozenset[int]
    """Numbers of the pieces of work that these mails gave to other cases."""
    letters: tuple[OutboxEntry, ...]
    receipts: tuple[Receipt, ...]
    medical: frozenset[str]
    """SHA-256 of the documents that are medical here or in any other mail."""
    secret_letters: frozenset[int]
    """Letters that a person wrote and that only the medical pole opens."""
    judgments: tuple[Judgment, ...] = ()
    """What the verdicts on the signatures of these mails stand on."""
    erased: frozenset[str] = frozenset()
    """SHA-256 of the mails, documents and letters of this case whose bytes were erased."""
    readable: Mapping[str, str] = field(default_factory=dict)
    """The blob to read for each document: its copy without password when somebody gave it."""


def find(session: Session, wanted: str) -> Case | None:
    """The case of this reference, or of this number."""
    text = wanted.strip()
    if text.isascii() and text.isdigit():
        return cases.by_id(session, int(text)) if len(text) <= _DIGITS else None
    return cases.get(session, text)


def holding(session: Session, case: Case) -> Holding:
    """Every row of a case, of its mails, letters and due dates, in a stable order."""
    number = case.id or 0
    filed = set(session.exec(select(CaseDocument.document_id).where(CaseDocument.case_id == number)))
    mails = {case.opener} if case.opener is not None else set()
    mails |= set(_in(session, select(Document.delivery), Document.id, filed))
    mails |= set(session.exec(select(Item.delivery).where(Item.case_id == number)))
    letters = [
        letter
        for letter in _letters(session, mails, number)
        # an answer to a shared mail that speaks of another case stays with that case
        if letter.case_id in {None, number}
    ]
    receipts = _in(session, select(Receipt), Receipt.outbox_id, [letter.id for letter in letters])
    mails |= {receipt.delivery for receipt in receipts}
    documents = sorted(
        _in(session, select(Document), Document.delivery, mails), key=lambda d: (d.delivery, d.position)
    )
    homes = dict(
        _in(
            session,
            select(CaseDocument.document_id, CaseDocument.case_id),
            CaseDocument.document_id,
            [document.id for document in documents],
        )
    )
    due = _deadlines(session, mails, number)
    deliveries = _in(session, select(Delivery), Delivery.sha256, mails)
    arrivals = _in(session, select(Arrival), Arrival.delivery, mails)
    items = _in(session, select(Item.id, Item.case_id), Item.delivery, mails)
    return Holding(
        case=case,
        periods=tuple(cases.periods(session, number)),
        deliveries=tuple(sorted(deliveries, key=lambda d: (d.received_at, d.sha256))),
        arrivals=tuple(sorted(arrivals, key=lambda a: a.id or 0)),
        documents=tuple(documents),
        filed=frozenset(filed),
        elsewhere=frozenset(document for document, home in homes.items() if home != number),
        deadlines=tuple(d for d in due if d.case_id in {None, number}),
        other_deadlines=frozenset(d.id or 0 for d in due if d.case_id not in {None, number}),
        other_items=frozenset(item for item, home in items if home not in {None, number}),
        letters=tuple(sorted(letters, key=lambda e: e.id or 0)),
        receipts=tuple(sorted(receipts, key=lambda r: r.id or 0)),
        medical=_medical(session, documents),
        secret_letters=handwritten.medical(session, [letter.id or 0 for letter in letters]),
        judgments=_judgments(session, mails),
        erased=erasures.erased_bytes(session, mails, documents, letters),
        readable=unlocked.readable(session, {document.sha256 for document in documents}),
    )


def events(session: Session, subjects: Collection[str]) -> list[Sealed]:
    """The sealed events about these subjects, in the order of the log."""
    rows = _in(session, select(EventRow), EventRow.subject, subjects)
    beside = clear_values(session, [row.position for row in rows])
    return [
        Sealed(row.position, row.at, row.kind, row.subject, row.body, tuple(beside[row.position]))
        for row in sorted(rows, key=lambda row: row.position)
    ]


def covering(session: Session, positions: Sequence[int]) -> list[CheckpointRow] | None:
    """The first checkpoint that covers each of these positions (ascending), without doubles.

    The last one covers them all. ``None`` when the last position is not covered yet.
    """
    found: list[CheckpointRow] = []
    for position in positions:
        if found and found[-1].size > position:
            continue
        statement = select(CheckpointRow).where(CheckpointRow.size > position)
        row = session.exec(statement.order_by(col(CheckpointRow.size)).limit(1)).first()
        if row is None:
            return None
        found.append(row)
    return found


def dated(
    session: Session, checkpoints: Sequence[CheckpointRow]
) -> tuple[tuple[CheckpointRow, ...], tuple[StampRow, ...]]:
    """These checkpoints and their time stamps of a third party (RFC 3161).

    When the last one has none but a later checkpoint has, that one is added: it dates all that it covers.
    """
    rows = list(checkpoints)
    token = stamps.first_after(session, rows[-1].size)
    later = session.get(CheckpointRow, token.size) if token is not None else None
    if later is not None and later.size > rows[-1].size:
        rows.append(later)
    return tuple(rows), tuple(stamps.of_sizes(session, [row.size for row in rows]))


def _judgments(session: Session, mails: Collection[str]) -> tuple[Judgment, ...]:
    """The same rows always in the same order: by mail, then as they served."""
    rows = _in(session, select(Judgment), Judgment.delivery, mails)
    return tuple(sorted(rows, key=lambda row: (row.delivery, row.id or 0)))


def _letters(session: Session, mails: Collection[str], number: int) -> list[OutboxEntry]:
    about = _in(session, select(OutboxEntry), OutboxEntry.delivery, mails)
    of_case = session.exec(select(OutboxEntry).where(OutboxEntry.case_id == number))
    return list({letter.id: letter for letter in (*about, *of_case)}.values())


def _deadlines(session: Session, mails: Collection[str], number: int) -> list[Deadline]:
    about = _in(session, select(Deadline), Deadline.delivery, mails)
    of_case = session.exec(select(Deadline).where(Deadline.case_id == number))
    rows = {deadline.id: deadline for deadline in (*about, *of_case)}.values()
    return sorted(rows, key=lambda d: (d.due, d.id or 0))


def _medical(session: Session, documents: Iterable[Document]) -> frozenset[str]:
    """A mixed file is several documents of the same bytes: one medical page makes the file medical."""
    hashes = {document.sha256 for document in documents}
    rows = _in(session, select(Document.sha256, Document.confidentiality), Document.sha256, hashes)
    return frozenset(sha256 for sha256, confidentiality in rows if confidentiality != "administrative")


def _in(session: Session, statement: Any, column: Any, values: Collection[Any]) -> list[Any]:
    """The rows whose column is one of these values, asked by slices any database accepts."""
    found: list[Any] = []
    for slice_ in _slices(sorted(value for value in values if value is not None)):
        found.extend(session.exec(statement.where(col(column).in_(slice_))))
    return found


def _slices(values: list[Any]) -> Iterator[list[Any]]:
    for at in range(0, len(values), _CHUNK):
        yield values[at : at + _CHUNK]
