"""API tokens: what a program or a calendar presents instead of a person's session.

A token reads ``psr_<id>_<secret>``. Only the SHA-256 of the whole is kept: it carries 256 bits of chance,
which a slow hash would not make stronger. A token belongs to a person (their roles bound it, today's) or
to one queue (a calendar feed), never to both.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import JSON, update
from sqlmodel import Field, SQLModel, col, select

from storage.db import Instant, Session
from storage.people import Person

_SHAPE = re.compile(r"psr_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_TOUCH = timedelta(minutes=1)


class ApiToken(SQLModel, table=True):
    __tablename__ = "api_tokens"

    id: str = Field(primary_key=True, max_length=12)
    """Twelve hexadecimal digits, public: names the token in lists and events."""
    secret_hash: str = Field(max_length=64)
    title: str = Field(max_length=120)
    """What it is for, in the words of whoever made it."""
    login: str | None = Field(default=None, foreign_key="people.login", index=True, max_length=80)
    circuit: str | None = Field(default=None, max_length=80)
    queue: str | None = Field(default=None, max_length=80)
    scopes: list[str] = Field(default_factory=list, sa_type=JSON)
    created_by: str = Field(max_length=80)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    uses: int = 0
    """How often a feed was fetched: a number, never by whom or from where."""

    def live(self, at: datetime) -> bool:
        """Whether it opens anything at ``at``."""
        return self.revoked_at is None and at < self.expires_at


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was presented and holds. Either ``person`` or (``circuit``, ``queue``) is set."""

    id: str
    scopes: frozenset[str]
    person: Person | None
    circuit: str | None
    queue: str | None


def create(
    session: Session,
    *,
    title: str,
    scopes: tuple[str, ...],
    created_by: str,
    at: datetime,
    expires_at: datetime,
    login: str | None = None,
    circuit: str | None = None,
    queue: str | None = None,
) -> tuple[str, ApiToken]:
    """Make a token; returns what is presented (shown once, kept nowhere) and its row.

    Raises ``ValueError`` unless it belongs to a person or to one queue of one circuit.
    """
    if (login is None) == (queue is None) or (queue is None) != (circuit is None):
        raise ValueError("a token belongs to a person or to one queue")
    identifier = secrets.token_hex(6)
    presented = f"psr_{identifier}_{secrets.token_urlsafe(32)}"
    row = ApiToken(
        id=identifier,
        secret_hash=_hash(presented),
        title=title,
        login=login,
        circuit=circuit,
        queue=queue,
        scopes=list(scopes),
        created_by=created_by,
        created_at=at,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return presented, row


def check(session: Session, presented: str, at: datetime) -> Token | None:
    """What ``presented`` opens at ``at``; ``None`` when malformed, unknown, revoked, expired, or when
    its person is no longer active. Compares in constant time."""
    shape = _SHAPE.fullmatch(presented)
    row = session.get(ApiToken, shape[1]) if shape else None
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(presented)) or not row.live(at):
        return None
    person = session.get(Person, row.login) if row.login is not None else None
    if row.login is not None and (person is None or not person.active):
        return None
    return Token(row.id, frozenset(row.scopes), person, row.circuit, row.queue)


def touch(session: Session, identifier: str, at: datetime) -> bool:
    """Note the last use, at most once a minute; ``True`` when it was written."""
    row = session.get(ApiToken, identifier)
    if row is None or (row.used_at is not None and at - row.used_at < _TOUCH):
        return False
    session.execute(update(ApiToken).where(col(ApiToken.id) == identifier).values(used_at=at))
    return True


def count_use(session: Session, identifier: str, at: datetime) -> None:
    """Count one fetch of a feed."""
    grown = {"uses": col(ApiToken.uses) + 1, "used_at": at}
    session.execute(update(ApiToken).where(col(ApiToken.id) == identifier).values(**grown))


def feeds_of(session: Session, login: str) -> list[ApiToken]:
    """Feeds of queues this person made, the newest first."""
    made = select(ApiToken).where(ApiToken.created_by == login, col(ApiToken.queue).is_not(None))
    return list(session.exec(made.order_by(col(ApiToken.created_at).desc(), ApiToken.id)))


def get(session: Session, identifier: str) -> ApiToken | None:
    return session.get(ApiToken, identifier)


def everyone(session: Session) -> list[ApiToken]:
    """Every token, the newest first."""
    return list(session.exec(select(ApiToken).order_by(col(ApiToken.created_at).desc(), ApiToken.id)))


def of_person(session: Session, login: str) -> list[ApiToken]:
    statement = select(ApiToken).where(ApiToken.login == login).order_by(col(ApiToken.created_at).desc())
    return list(session.exec(statement))


def revoke(session: Session, identifier: str, at: datetime) -> ApiToken | None:
    """End a token for good; ``None`` when there is none, or it was already revoked."""
    row = session.get(ApiToken, identifier)
    if row is None or row.revoked_at is not None:
        return None
    row.revoked_at = at
    session.add(row)
    session.flush()
    return row


def revoke_all(session: Session, login: str, at: datetime) -> list[ApiToken]:
    """End every token of a person and every feed they made; returns those that were in force."""
    ended = [row for row in [*of_person(session, login), *feeds_of(session, login)] if row.live(at)]
    for row in ended:
        row.revoked_at = at
        session.add(row)
    session.flush()
    return ended


def _hash(presented: str) -> str:
    return sha256(presented.encode()).hexdigest()
