"""Failed sign-ins by address (and by what was typed as a login, hashed): kept across restarts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_
from sqlmodel import Field, SQLModel, col

from storage.db import Instant, Session, insert_new, table_of

FORGET = timedelta(minutes=30)
"""Without a failure for this long, the count of an address starts again."""
QUIET = timedelta(days=1)
"""After this long without a failure, an address is forgotten."""
LOGIN, AWAY = "login:", "away:"
"""What begins a subject that is a login nobody has, hashed; or the attempts turned away from an account."""
LOGIN_QUIET = timedelta(days=30)
"""After this long a login nobody has is forgotten: an account never is, and both must look alike."""


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


def count(session: Session, subject: str, at: datetime, forget: timedelta | None = FORGET) -> int:
    """Count one failure; returns how many in a row, those before a silence of ``forget`` left out."""
    insert_new(session, table_of(Attempts), {"subject": subject, "failures": 0, "last_at": at})
    found = session.get(Attempts, subject, with_for_update=True, populate_existing=True)
    if found is None:
        return 1
    quiet = forget is not None and at - found.last_at > forget
    found.failures = 1 if quiet else found.failures + 1
    found.last_at = at
    session.add(found)
    session.flush()
    return found.failures


def allowed(session: Session, subject: str, at: datetime) -> int | None:
    """Count one try and return how many in a row, ``None`` while the subject waits; tries side by side pass
    one by one."""
    insert_new(session, table_of(Attempts), {"subject": subject, "failures": 0, "last_at": at})
    session.get(Attempts, subject, with_for_update=True, populate_existing=True)
    return None if locked(session, subject, at) else count(session, subject, at)


def lock(session: Session, subject: str, until: datetime | None) -> None:
    """Make this subject wait."""
    found = session.get(Attempts, subject)
    if found is not None:
        found.locked_until = until
        session.add(found)
        session.flush()


def turned_away(session: Session, login: str) -> int:
    """How many attempts an account turned away while it waited, told once: the count starts again."""
    found = session.get(Attempts, f"{AWAY}{login}", with_for_update=True, populate_existing=True)
    if found is None:
        return 0
    session.delete(found)
    session.flush()
    return found.failures


def sweep(session: Session, at: datetime) -> None:
    """Forget the addresses that have been quiet for a day, the logins nobody has after a month; what was
    turned away is kept until it is told."""
    subject, last = col(Attempts.subject), col(Attempts.last_at)
    named = subject.startswith(LOGIN, autoescape=True)
    addresses = and_(last <= at - QUIET, ~named, ~subject.startswith(AWAY, autoescape=True))
    session.execute(delete(Attempts).where(or_(addresses, and_(last <= at - LOGIN_QUIET, named))))
