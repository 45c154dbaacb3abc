"""Letters written by a person: the words the model proposed, kept beside those that left.

Both texts may name a patient: they come sealed by the caller (``storage.secretbox``), never in clear.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from storage.db import Instant

ADMINISTRATIVE = "administrative"
MEDICAL = "medical"


class Handwritten(SQLModel, table=True):
    """Who wrote one letter of the outbox, from which model, and what they changed."""

    __tablename__ = "handwritten"

    outbox_id: int = Field(foreign_key="outbox.id", primary_key=True)
    model: str = Field(max_length=60)
    proposed: str
    """Sealed: subject, empty line, text as the model proposed them."""
    written: str
    """Sealed: the same as they left."""
    changed: int = 0
    """Lines that differ; 0: the model left as it is."""
    by: str = Field(max_length=80)
    at: datetime = Field(sa_type=Instant)
    confidentiality: str = Field(default=MEDICAL, max_length=16)
    """``medical`` when whoever wrote it works on something medical: opened as medical documents are."""


class Forwarded(SQLModel, table=True):
    """A document that left with a letter for the other institution's medical service."""

    __tablename__ = "forwarded"

    outbox_id: int = Field(foreign_key="outbox.id", primary_key=True)
    document_id: int = Field(foreign_key="documents.id", primary_key=True, index=True)
    by: str = Field(max_length=80)
    at: datetime = Field(sa_type=Instant)


def keep(session: Session, letter: Handwritten) -> None:
    session.add(letter)
    session.flush()


def of_letters(session: Session, outbox_ids: Collection[int]) -> dict[int, Handwritten]:
    """Those of these letters that a person wrote."""
    statement = select(Handwritten).where(col(Handwritten.outbox_id).in_(outbox_ids))
    return {letter.outbox_id: letter for letter in session.exec(statement)}


def medical(session: Session, outbox_ids: Collection[int]) -> frozenset[int]:
    """Those of these letters that a person wrote and that only the medical pole opens."""
    statement = select(Handwritten.outbox_id).where(
        col(Handwritten.outbox_id).in_(outbox_ids), col(Handwritten.confidentiality) != ADMINISTRATIVE
    )
    return frozenset(session.exec(statement))


def forward(session: Session, rows: Collection[Forwarded]) -> None:
    session.add_all(rows)
    session.flush()


def forwardings(session: Session, document_ids: Collection[int]) -> list[Forwarded]:
    """When these documents left, the first first."""
    statement = select(Forwarded).where(col(Forwarded.document_id).in_(document_ids))
    return list(session.exec(statement.order_by(col(Forwarded.at), col(Forwarded.outbox_id))))


def erase(session: Session, outbox_id: int) -> None:
    """The letter reached the end of its retention: its words go, that documents left with it stays."""
    session.execute(delete(Handwritten).where(col(Handwritten.outbox_id) == outbox_id))
