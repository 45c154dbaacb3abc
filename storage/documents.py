"""Documents of a delivery with their facts, issues and pictures. Bytes stay in the vault."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint, column, table
from sqlalchemy import delete as sql_delete
from sqlmodel import Field, Session, SQLModel, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.db import Instant

PERSON = "person"
"""Source of a fact written by a person."""

ADMINISTRATIVE = "administrative"
"""The one class that is not medical: any other word counts as medical."""
MAIL_WORDS = frozenset({"body", "message-text"})
"""Roles (``meta``) of the words of a mail, or of one it forwards: many mails share a polite sentence."""
_WORDS = table("document_words", column("document_id"))
"""Words of their text (``storage.findable``): they go with the reading."""
_FILED = table("case_documents", column("document_id"))
"""Documents in cases: the table of ``storage.cases``, which knows documents, hence only named here."""
_JUDGED = table("reviews", column("document_id"))
"""Documents that people confirmed or rejected (``storage.reviews``)."""


class Document(SQLModel, table=True):
    """One document found in a delivery: a part, an archive member, or some pages of a PDF."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("delivery", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    delivery: str = Field(foreign_key="deliveries.sha256", index=True, max_length=64)
    position: int
    """Order in the mail, from 0; together with the delivery it names the document for ever."""
    path: str = Field(max_length=400)
    """Where it was found, for people (``1.2/IHE_XDM.ZIP/SUBSET01/DOC001.XML``); never a file path."""
    name: str = Field(max_length=400)
    media_type: str = Field(max_length=120)
    sha256: str = Field(max_length=64, index=True)
    size: int
    meta: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """What the container said of it: CDA header, XDM entry, notes of the unpacking."""
    trouble: str | None = None
    """One French sentence when it could not be opened; its bytes are kept all the same."""

    first_page: int = 1
    pages: int | None = None
    kind: str | None = Field(default=None, max_length=40, index=True)
    score: float | None = None
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)
    confidentiality: str = Field(default="medical", max_length=16)
    sorted_by: str | None = Field(default=None, max_length=80)
    """Login of the person whose word the type or the class is; ``None``: what the machine read."""
    sorted_at: datetime | None = Field(default=None, sa_type=Instant)
    read_kind: str | None = Field(default=None, max_length=40)
    read_confidentiality: str | None = Field(default=None, max_length=16)
    """What the machine read, kept while a person says otherwise; ``score`` and ``reasons`` stay its own."""


class FactRow(SQLModel, table=True):
    """One fact of one document, as ``parsers.facts.Fact``; a correction is one more row."""

    __tablename__ = "facts"

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="documents.id", index=True)
    name: str = Field(max_length=60)
    value: str
    normalised: str | None = None
    page: int | None = None
    box: list[float] | None = Field(default=None, sa_type=JSON)
    source: str = Field(max_length=10)
    confidence: float
    at: datetime = Field(sa_type=Instant)
    person: str | None = Field(default=None, max_length=80)
    """Login of the person who wrote it, for a correction."""


class IssueRow(SQLModel, table=True):
    """One issue of one document, as ``parsers.facts.Issue``."""

    __tablename__ = "issues"

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="documents.id", index=True)
    code: str = Field(max_length=60)
    field: str | None = Field(default=None, max_length=60)
    severity: str = Field(max_length=8)
    message: str
    page: int | None = None
    box: list[float] | None = Field(default=None, sa_type=JSON)
    picture_sha256: str | None = Field(default=None, max_length=64)
    """Blob (PNG) of the incomplete box, for the letter that asks to complete it."""


def replace(session: Session, sha256: str, documents: Sequence[Document]) -> list[Document]:
    """Make these the documents of a delivery, whatever a former run left; ids are set on return.

    The former documents go, with what machines read in them. One that a person corrected, judged, sorted
    or filed in a case stays: as the new document of the same bytes and pages, else after all the new ones.
    What a person said of its type holds over what is read now; said medical, it is so in every mail.
    """
    kept = _forget_all_but_held(session, sha256)
    pairs: list[tuple[Document, Document | None]] = []
    for document in documents:
        same = next((k for k in kept if _pages(k) == _pages(document)), None)
        pairs.append((document, same))
        if same is not None:
            kept.remove(same)
        _say_again(document, same)
    _as_said_elsewhere(session, documents)
    for document, same in pairs:
        if same is None:
            session.add(document)
            continue
        document.id = same.id
        session.merge(document)
    end = max((document.position for document in documents), default=-1) + 1
    for place, row in enumerate(kept, end):
        row.position = place
    session.flush()
    return list(documents)


def _forget_all_but_held(session: Session, sha256: str) -> list[Document]:
    """Delete former documents but those people hold, which leave their places free for the new ones."""
    found = _of(sha256).with_for_update()  # a person who sorts one of them waits, or is waited for
    former = {row.id: row for row in session.exec(found) if row.id is not None}
    if not former:
        return []
    clear_reading(session, list(former))
    held = set(session.exec(select(FactRow.document_id).where(col(FactRow.document_id).in_(former))))
    for told in (_FILED, _JUDGED):
        held |= set(session.scalars(told.select().where(told.c.document_id.in_(former))))
    held |= {key for key, row in former.items() if row.sorted_by is not None}
    session.exec(delete(Document).where(col(Document.id).in_(former.keys() - held)))
    kept = [row for key, row in former.items() if key in held]
    for place, row in enumerate(kept, 1):
        row.position = -place
    session.flush()
    return kept


def _pages(document: Document) -> tuple[str, int]:
    return document.sha256, document.first_page


def _say_again(document: Document, same: Document | None) -> None:
    """Give the document just read the type a person gave to the former one, if any; never an older word."""
    document.sorted_by = document.sorted_at = document.read_kind = document.read_confidentiality = None
    if same is not None and same.sorted_by is not None and same.sorted_at is not None:
        say(document, same.kind, same.confidentiality, same.sorted_by, same.sorted_at)


def say(document: Document, kind: str | None, confidentiality: str, by: str, at: datetime) -> None:
    """Write the type a person gives; what the machine read is kept beside it."""
    if document.sorted_by is None:
        document.read_kind, document.read_confidentiality = document.kind, document.confidentiality
    document.kind, document.confidentiality = kind, confidentiality
    document.sorted_by, document.sorted_at = by, at


def follow(document: Document, row: Document) -> None:
    """Close ``document`` as a person closed ``row``; its kind stays."""
    if row.sorted_by is not None and row.sorted_at is not None:
        say(document, document.kind, row.confidentiality, row.sorted_by, row.sorted_at)


def _as_said_elsewhere(session: Session, documents: Sequence[Document]) -> None:
    """Bytes a person said medical are medical in every mail; then so are the words of the mail itself."""
    plain = [d for d in documents if d.confidentiality == ADMINISTRATIVE and d.sorted_by is None]
    hashes = {document.sha256 for document in plain}
    said = select(Document).where(
        col(Document.sha256).in_(hashes),
        col(Document.sorted_by).is_not(None),
        col(Document.confidentiality) != ADMINISTRATIVE,
    )
    known = [row for row in session.exec(said) if not follows_its_mail(row)] if hashes else []
    for document in plain:
        for row in known:
            if overlap(row, document):
                follow(document, row)
    closed = next((d for d in documents if d.sorted_by and d.confidentiality != ADMINISTRATIVE), None)
    for document in plain if closed is not None else ():
        if is_mail_words(document) and closed is not None:
            follow(document, closed)


def is_mail_words(document: Document) -> bool:
    """Whether it is the text of a mail, and not something it carries."""
    return document.meta.get("role") in MAIL_WORDS


def follows_its_mail(document: Document) -> bool:
    """Whether its class was raised with that of a document beside it: nobody spoke of its own words."""
    return is_mail_words(document) and document.kind == document.read_kind


def overlap(one: Document, other: Document) -> bool:
    """Whether two documents of the same bytes share a page; without pages, they are the whole."""
    if one.pages is None or other.pages is None:
        return one.sha256 == other.sha256
    apart = (
        one.first_page + one.pages <= other.first_page or other.first_page + other.pages <= one.first_page
    )
    return one.sha256 == other.sha256 and not apart


def get(session: Session, document_id: int) -> Document | None:
    return session.get(Document, document_id)


def of_delivery(session: Session, sha256: str) -> list[Document]:
    """Documents of a delivery in the order of the mail."""
    return list(session.exec(_of(sha256)))


def _of(sha256: str) -> SelectOfScalar[Document]:
    return select(Document).where(col(Document.delivery) == sha256).order_by(col(Document.position))


def clear_reading(session: Session, document_ids: Collection[int]) -> None:
    """Forget what machines read in these documents, before reading again; what people wrote stays."""
    session.exec(
        delete(FactRow).where(col(FactRow.document_id).in_(document_ids), col(FactRow.source) != PERSON)
    )
    session.exec(delete(IssueRow).where(col(IssueRow.document_id).in_(document_ids)))
    session.execute(sql_delete(_WORDS).where(_WORDS.c.document_id.in_(document_ids)))


def add_facts(session: Session, document_id: int, rows: Sequence[FactRow]) -> None:
    """Add facts to a document; their ``document_id`` is set here."""
    for row in rows:
        row.document_id = document_id
    session.add_all(rows)
    session.flush()


def add_issues(session: Session, document_id: int, rows: Sequence[IssueRow]) -> None:
    """Add issues to a document; their ``document_id`` is set here."""
    for row in rows:
        row.document_id = document_id
    session.add_all(rows)
    session.flush()


def facts_of(session: Session, document_ids: Collection[int]) -> list[FactRow]:
    """Facts of these documents, oldest first: a correction comes after what it corrects."""
    statement = select(FactRow).where(col(FactRow.document_id).in_(document_ids)).order_by(col(FactRow.id))
    return list(session.exec(statement))


def issues_of(session: Session, document_ids: Collection[int]) -> list[IssueRow]:
    """Issues of these documents, in the order they were found."""
    statement = (
        select(IssueRow).where(col(IssueRow.document_id).in_(document_ids)).order_by(col(IssueRow.id))
    )
    return list(session.exec(statement))


def correct(
    session: Session,
    document_id: int,
    name: str,
    value: str,
    normalised: str | None,
    person: str,
    at: datetime,
) -> FactRow:
    """Write a person's correction as one more fact; what was read stays beside it."""
    row = FactRow(
        document_id=document_id,
        name=name,
        value=value,
        normalised=normalised,
        source=PERSON,
        confidence=1.0,
        at=at,
        person=person,
    )
    session.add(row)
    session.flush()
    return row
