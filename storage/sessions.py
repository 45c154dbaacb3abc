"""Sessions of the web pages. Only a hash of the cookie's token is kept: the table alone opens nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CursorResult, Delete, Update, delete, update
from sqlmodel import Field, SQLModel, col, select

from storage.db import Instant, Session
from storage.people import Person

GRACE = timedelta(days=1)
"""How long an ended session is remembered: a form sent just after its end is not lost."""
_TOUCH = timedelta(minutes=1)


class Stage(StrEnum):
    """How far a sign-in went. Only ``FULL`` opens pages."""

    CODE = "code"
    """The password was right; the code of the second factor is awaited."""
    ENROL = "enrol"
    """The password was right; a second factor must be set up first."""
    FULL = "full"


class WebSession(SQLModel, table=True):
    __tablename__ = "web_sessions"

    token_hash: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the cookie's random token."""
    login: str = Field(foreign_key="people.login", index=True, max_length=80)
    csrf: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    """The session ends here whatever is done in it."""
    seen_at: datetime = Field(sa_type=Instant)
    """Last request, to the minute."""
    stage: Stage = Stage.FULL
    via: str = Field(default="password", max_length=20)
    """``password`` or ``oidc``."""
    strong: bool = False
    """Whether a second factor was given, here or at the identity provider."""
    address: str = Field(default="", max_length=64)
    agent: str = Field(default="", max_length=200)
    hint: str | None = None
    """Sealed ID token of the provider, for its sign-out."""

    @property
    def id(self) -> str:
        """What names it in lists: part of the hash, from which nothing follows."""
        return self.token_hash[:16]


def open_session(session: Session, opened: WebSession) -> None:
    session.add(opened)
    session.flush()


def session_of(
    session: Session, token_hash: str, at: datetime, idle: timedelta | None = None
) -> tuple[WebSession, Person] | None:
    """The live session of a token and its person; ``None`` when unknown, expired, idle for longer than
    ``idle``, or its person is deactivated. The caller looks at ``stage``."""
    found = session.get(WebSession, token_hash)
    if found is None or _ended(found, at, idle):
        return None
    person = session.get(Person, found.login)
    if person is None or not person.active:
        return None
    return found, person


def ended_session(session: Session, token_hash: str) -> WebSession | None:
    """The row of a token whether or not it still lives, of a person still active."""
    found = session.get(WebSession, token_hash)
    person = session.get(Person, found.login) if found is not None else None
    return found if person is not None and person.active else None


def with_csrf(session: Session, login: str, csrf: str) -> bool:
    """Whether a session of this person, live or just ended, gave this form token."""
    statement = select(WebSession.token_hash).where(WebSession.login == login, WebSession.csrf == csrf)
    return session.exec(statement).first() is not None


def touch(session: Session, token_hash: str, at: datetime) -> None:
    """Note that the session is in use."""
    session.execute(update(WebSession).where(col(WebSession.token_hash) == token_hash).values(seen_at=at))


def stale(found: WebSession, at: datetime) -> bool:
    """Whether ``touch`` is due: it writes at most once a minute."""
    return at - found.seen_at >= _TOUCH


def live(
    session: Session, at: datetime, idle: timedelta | None = None, login: str | None = None
) -> list[WebSession]:
    """Open sessions, of one person or of everyone, the last used first."""
    statement = select(WebSession).where(WebSession.expires_at > at, WebSession.stage == Stage.FULL)
    if login is not None:
        statement = statement.where(WebSession.login == login)
    found = session.exec(statement.order_by(col(WebSession.seen_at).desc(), WebSession.token_hash))
    return [one for one in found if not _ended(one, at, idle)]


def named(session: Session, identifier: str) -> WebSession | None:
    """The session of an ``id``."""
    if len(identifier) != 16 or not all(c in "0123456789abcdef" for c in identifier):
        return None
    return session.exec(
        select(WebSession).where(col(WebSession.token_hash).startswith(identifier, autoescape=True))
    ).first()


def end_session(session: Session, token_hash: str, at: datetime) -> bool:
    """End one session but remember it for ``GRACE``: what its person was writing is not lost."""
    return (
        _rows(
            session,
            update(WebSession)
            .where(col(WebSession.token_hash) == token_hash, col(WebSession.expires_at) > at)
            .values(expires_at=at),
        )
        == 1
    )


def close_session(session: Session, token_hash: str) -> bool:
    """End one session; ``False`` when it was already gone."""
    return _rows(session, delete(WebSession).where(col(WebSession.token_hash) == token_hash)) == 1


def close_sessions(session: Session, login: str, but: str | None = None) -> int:
    """End every session of a person, ``but`` one (its token's hash); returns how many."""
    statement = delete(WebSession).where(col(WebSession.login) == login)
    if but is not None:
        statement = statement.where(col(WebSession.token_hash) != but)
    return _rows(session, statement)


def sweep_sessions(session: Session, at: datetime) -> int:
    """Remove the sessions that ended more than ``GRACE`` before ``at``; returns how many."""
    return _rows(session, delete(WebSession).where(col(WebSession.expires_at) <= at - GRACE))


def _ended(found: WebSession, at: datetime, idle: timedelta | None) -> bool:
    return found.expires_at <= at or (idle is not None and found.seen_at + idle <= at)


def _rows(session: Session, statement: Delete | Update) -> int:
    result: CursorResult[Any] = session.execute(statement)  # type: ignore[assignment]
    return result.rowcount
