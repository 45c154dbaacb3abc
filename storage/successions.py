"""A document that its author replaced or withdrew: which one, by what, and how we know.

The older document is never erased: it is marked, and leads to the newer one. Documents are named by their
mail and bytes, which a new reading of the mail does not change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from storage.cases import CaseDocument
from storage.db import Instant, insert_new, table_of
from storage.documents import Document

REPLACED = "replaced"
WITHDRAWN = "withdrawn"


class Succession(SQLModel, table=True):
    """One document after another."""

    __tablename__ = "successions"
    __table_args__ = (UniqueConstraint("older_delivery", "older_sha256", "newer_delivery", "newer_sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    older_delivery: str = Field(foreign_key="deliveries.sha256", index=True, max_length=64)
    older_sha256: str = Field(max_length=64)
    newer_delivery: str = Field(foreign_key="deliveries.sha256", index=True, max_length=64)
    newer_sha256: str = Field(max_length=64)
    """The document that replaces it; for a withdrawal, the one that announces it."""
    action: str = Field(max_length=9)
    basis: str = Field(max_length=9)
    """``uniqueId``, ``setId`` or ``entryId``: what named the older one."""
    at: datetime = Field(sa_type=Instant)


def add(session: Session, rows: Iterable[Succession]) -> list[Succession]:
    """Keep those that are not known yet, and return them."""
    table = table_of(Succession)
    return [row for row in rows if insert_new(session, table, row.model_dump(exclude={"id"}))]


def of_deliveries(session: Session, mails: Collection[str]) -> list[Succession]:
    """Those whose older or newer document came in one of these mails, oldest first."""
    statement = (
        select(Succession)
        .where(
            col(Succession.older_delivery).in_(mails) | col(Succession.newer_delivery).in_(mails),
        )
        .order_by(col(Succession.id))
    )
    return list(session.exec(statement))


def newer_of(session: Session, documents: Collection[Document]) -> dict[int, int]:
    """For each of these documents that was replaced, the document that came last after it."""
    mails = {row.delivery for row in documents}
    found = of_deliveries(session, mails) if mails else []
    newer: dict[tuple[str, str], tuple[str, str]] = {
        (row.older_delivery, row.older_sha256): (row.newer_delivery, row.newer_sha256)
        for row in found
        if row.action == REPLACED
    }
    wanted = {mail for mail, _ in newer.values()}
    rows = session.exec(select(Document).where(col(Document.delivery).in_(wanted))) if wanted else ()
    places = {(row.delivery, row.sha256): row.id for row in rows}
    links = {row.id or 0: places.get(newer.get((row.delivery, row.sha256), ("", ""))) for row in documents}
    return {older: place for older, place in links.items() if place is not None}


def documents_of_case(session: Session, case_id: int) -> list[Document]:
    """Every document filed in a case with its companions of the same mails, oldest mail first.

    An envelope (CDA) is not filed itself, but it carries the identifiers of what it contains.
    """
    mails = (
        select(Document.delivery)
        .join(CaseDocument, col(CaseDocument.document_id) == col(Document.id))
        .where(CaseDocument.case_id == case_id)
    )
    statement = (
        select(Document)
        .where(col(Document.delivery).in_(mails))
        .order_by(col(Document.delivery), col(Document.position))
    )
    return list(session.exec(statement))
