"""Failed sign-ins by address (and by what was typed as a login, hashed): kept across restarts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Field, SQLModel, col

from storage.db import Instant, Session, insert_new, table_of

FORGET = timedelta(minutes=30)
"""Without a failure for this long, the count starts again."""


class Attempts(SQLModel, table=True):
    __tablename__ = "sign_in_attempts"

    subject: str = Field(primary_key=True, max_length=120)
    failures: int = 0
    last_at: datetime = Field(sa_type=Instant)
    locked_until: datetime | None = Field(default=None, sa_type=Instant)


def locked(session: Session, subject: str, at: datetime) -> bool:
    """Whether attempts of this subject wait."""
    found = session.get(Attempts, subject)
    return found is not None and found.locked_until is not None and at < found.locked_until


def count(session: Session, subject: str, at: datetime) -> int:
    """Count one failure; returns how many in a row, old ones forgotten."""
    insert_new(session, table_of(Attempts), {"subject": subject, "failures": 0, "last_at": at})
    found = session.get(Attempts, subject, with_for_update=True, populate_existing=True)
    if found is None:
        return 1
    found.failures = 1 if at - found.last_at > FORGET else found.failures + 1
    found.last_at = at
    session.add(found)
    session.flush()
    return found.failures


def lock(session: Session, subject: str, until: datetime | None) -> None:
    """Make this subject wait."""
    found = session.get(Attempts, subject)
    if found is not None:
        found.locked_until = until
        session.add(found)
        session.flush()


def sweep(session: Session, at: datetime) -> None:
    """Forget the subjects that have been quiet for a day."""
    session.execute(delete(Attempts).where(col(Attempts.last_at) <= at - timedelta(days=1)))
