"""People who use the web pages, and their sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CursorResult, Delete, delete, update
from sqlmodel import Field, SQLModel, col, select

from storage.db import Instant, Session


class Person(SQLModel, table=True):
    __tablename__ = "people"

    login: str = Field(primary_key=True, max_length=80)
    name: str = Field(max_length=120)
    password_hash: str = Field(max_length=300)
    """argon2id."""
    roles: list[str] = Field(default_factory=list, sa_type=JSON)
    """``cnse-admin``, ``cnse-medical``, ``cpam:<code>``, ``supervisor``, ``auditor``, ``admin``."""
    active: bool = True
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=Instant)


class WebSession(SQLModel, table=True):
    __tablename__ = "web_sessions"

    token_hash: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the cookie's random token: the table alone opens nothing."""
    login: str = Field(foreign_key="people.login", index=True, max_length=80)
    csrf: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)


def add(session: Session, person: Person) -> None:
    """Insert or replace a person by login (a replaced password ends every open session)."""
    known = session.get(Person, person.login)
    if known is not None and known.password_hash != person.password_hash:
        close_sessions(session, person.login)
    session.merge(person)
    session.flush()


def get(session: Session, login: str) -> Person | None:
    return session.get(Person, login)


def everyone(session: Session) -> list[Person]:
    return list(session.exec(select(Person).order_by(Person.login)))


def count_attempt(session: Session, login: str) -> int:
    """Count one password attempt, before it is judged; returns the attempts since the last success."""
    session.execute(
        update(Person).where(col(Person.login) == login).values(failures=col(Person.failures) + 1)
    )
    return session.exec(select(Person.failures).where(Person.login == login)).one()


def lock(session: Session, login: str, until: datetime | None) -> None:
    """Refuse every attempt before ``until``."""
    session.execute(update(Person).where(col(Person.login) == login).values(locked_until=until))


def forgive(session: Session, login: str) -> None:
    """A password was right: attempts start again from zero."""
    session.execute(update(Person).where(col(Person.login) == login).values(failures=0, locked_until=None))


def open_session(session: Session, opened: WebSession) -> None:
    session.add(opened)
    session.flush()


def session_of(session: Session, token_hash: str, at: datetime) -> tuple[WebSession, Person] | None:
    """The live session of a token and its person; ``None`` when unknown, expired or deactivated."""
    found = session.get(WebSession, token_hash)
    if found is None or found.expires_at <= at:
        return None
    person = session.get(Person, found.login)
    if person is None or not person.active:
        return None
    return found, person


def close_session(session: Session, token_hash: str) -> bool:
    """End one session; ``False`` when it was already gone."""
    return _rows(session, delete(WebSession).where(col(WebSession.token_hash) == token_hash)) == 1


def close_sessions(session: Session, login: str) -> int:
    """End every session of a person; returns how many."""
    return _rows(session, delete(WebSession).where(col(WebSession.login) == login))


def sweep_sessions(session: Session, at: datetime) -> int:
    """Remove the sessions that ended before ``at``; returns how many."""
    return _rows(session, delete(WebSession).where(col(WebSession.expires_at) <= at))


def _rows(session: Session, statement: Delete) -> int:
    result: CursorResult[Any] = session.execute(statement)  # type: ignore[assignment]
    return result.rowcount
