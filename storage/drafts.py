"""What a person had written when their session ended: sealed, for the same login, for a short time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Field, SQLModel, col, select

from storage.db import Instant, Session

KEPT = timedelta(days=1)
MOST = 20
"""Drafts of one person: a further one takes the place of the oldest."""


class Draft(SQLModel, table=True):
    __tablename__ = "drafts"

    id: str = Field(primary_key=True, max_length=32)
    login: str = Field(foreign_key="people.login", index=True, max_length=80)
    action: str = Field(max_length=500)
    """Address the form was sent to."""
    page: str = Field(max_length=2000)
    """Address of the page that held the form."""
    fields: str
    """JSON of the fields, sealed under ``draft:<login>:<id>``."""
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)


def new_id() -> str:
    return secrets.token_hex(16)


def keep(session: Session, draft: Draft) -> None:
    """Keep a draft; older ones of the same form are replaced, and no person has more than ``MOST``."""
    session.execute(delete(Draft).where(col(Draft.login) == draft.login, col(Draft.action) == draft.action))
    session.execute(delete(Draft).where(col(Draft.expires_at) <= draft.created_at))
    mine = select(Draft.id).where(Draft.login == draft.login).order_by(col(Draft.created_at).desc())
    for old in list(session.exec(mine))[MOST - 1 :]:
        session.execute(delete(Draft).where(col(Draft.id) == old))
    session.add(draft)
    session.flush()


def of(session: Session, identifier: str, login: str, at: datetime) -> Draft | None:
    """The draft, when it is this person's and its time is not over."""
    found = session.get(Draft, identifier)
    return found if found is not None and found.login == login and at < found.expires_at else None


def waiting(session: Session, login: str, at: datetime) -> list[Draft]:
    """Drafts of a person, the newest first."""
    statement = select(Draft).where(Draft.login == login, Draft.expires_at > at)
    return list(session.exec(statement.order_by(col(Draft.created_at).desc())))


def forget(session: Session, identifier: str, login: str) -> None:
    session.execute(delete(Draft).where(col(Draft.id) == identifier, col(Draft.login) == login))
