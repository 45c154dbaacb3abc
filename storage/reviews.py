"""What people said of a reading: confirmed as a whole, or rejected with a reason; each word is added.

A confirmation names the facts it saw: a document read again, or corrected since, is to be looked at again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, delete
from sqlmodel import Field, Session, SQLModel, col, select

from storage.db import Instant


class Said(StrEnum):
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Review(SQLModel, table=True):
    """One word of one person about one document; the last one holds."""

    __tablename__ = "reviews"

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="documents.id", index=True)
    said: Said = Field(max_length=10)
    reason: str = Field(default="", max_length=300)
    facts: list[int] = Field(default_factory=list, sa_type=JSON)
    """Numbers of the facts that were on the page."""
    by: str = Field(max_length=80)
    at: datetime = Field(sa_type=Instant)


def add(session: Session, review: Review) -> None:
    session.add(review)
    session.flush()


def latest(session: Session, document_ids: Collection[int]) -> dict[int, Review]:
    """The last word about each of these documents that has one."""
    statement = select(Review).where(col(Review.document_id).in_(document_ids)).order_by(col(Review.id))
    return {review.document_id: review for review in session.exec(statement)}


def rejected(session: Session, document_ids: Collection[int]) -> frozenset[int]:
    """Those of these documents that a person rejected, and nobody took back."""
    said = latest(session, document_ids) if document_ids else {}
    return frozenset(number for number, review in said.items() if review.said is Said.REJECTED)


def erase(session: Session, document_id: int) -> None:
    """The document reached the end of its retention."""
    session.execute(delete(Review).where(col(Review.document_id) == document_id))
