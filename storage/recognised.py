"""Index of what OCR recognised, by a name that only the page's own image gives; the results are blobs.

Bounded: the oldest go first. Nothing here or in the blobs can be read without the page (see
``gateway.triage.remembered``), so that what is erased stays erased.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Field, Session, SQLModel, col, delete, select

from storage.db import Instant, insert_new, table_of


class RecognisedPage(SQLModel, table=True):
    """One page image as one version of the engine read it."""

    __tablename__ = "recognised_pages"

    name: str = Field(primary_key=True, max_length=64)
    sha256: str = Field(max_length=64)
    """Blob of the sealed result."""
    at: datetime = Field(sa_type=Instant, index=True)


def blob_of(session: Session, name: str) -> str | None:
    """The blob of one page, when it was recognised before."""
    found = session.get(RecognisedPage, name)
    return found.sha256 if found else None


def keep(session: Session, page: RecognisedPage) -> bool:
    """Note one result; ``False`` when the page already has one."""
    return insert_new(session, table_of(RecognisedPage), page.model_dump())


def count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(RecognisedPage)).one()


def drop(session: Session, name: str) -> None:
    """Forget one page: its blob is damaged or gone."""
    session.exec(delete(RecognisedPage).where(col(RecognisedPage.name) == name))


def drop_oldest(session: Session, most: int) -> list[str]:
    """Keep the ``most`` youngest; the blobs of the others, to remove after the commit."""
    excess = count(session) - most
    if excess <= 0:
        return []
    statement = (
        select(RecognisedPage).order_by(col(RecognisedPage.at), col(RecognisedPage.name)).limit(excess)
    )
    rows = list(session.exec(statement))
    for row in rows:
        session.delete(row)
    session.flush()
    return [row.sha256 for row in rows]
