"""Copies of locked documents that open without their password, made once a person gave it.

The original stays in the vault as it came. The password itself is kept nowhere: only the copy is, encrypted
like every blob, and it goes when the document is erased.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, delete, select

from storage.db import Instant, insert_new, table_of


class UnlockedCopy(SQLModel, table=True):
    """Which blob to read in place of a locked document."""

    __tablename__ = "unlocked_copies"

    sha256: str = Field(primary_key=True, max_length=64)
    """Of the document as it came."""
    copy_sha256: str = Field(max_length=64, index=True)
    at: datetime = Field(sa_type=Instant)
    person: str = Field(max_length=80)
    """Login of who gave the password."""


def keep(session: Session, copy: UnlockedCopy) -> bool:
    """Note a copy; ``False`` when the document already has one."""
    return insert_new(session, table_of(UnlockedCopy), copy.model_dump())


def readable(session: Session, documents: Collection[str]) -> dict[str, str]:
    """The blob to read for each of these documents: its copy without password, else itself."""
    statement = select(UnlockedCopy).where(col(UnlockedCopy.sha256).in_(documents))
    copies = {row.sha256: row.copy_sha256 for row in session.exec(statement)}
    return {sha256: copies.get(sha256, sha256) for sha256 in documents}


def forget(session: Session, sha256: str) -> list[str]:
    """The document is erased: drop its copy's row and return the blobs to remove."""
    blobs = list(session.exec(select(UnlockedCopy.copy_sha256).where(col(UnlockedCopy.sha256) == sha256)))
    session.exec(delete(UnlockedCopy).where(col(UnlockedCopy.sha256) == sha256))
    return blobs
