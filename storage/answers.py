"""Answers given to programs under their idempotency key: the same request again gets the same answer.

A key is claimed before the work and its answer kept after it. A key claimed whose answer never came stays
claimed until it expires: the work is then done at most once, never twice. Nothing personal is kept: the
answers of actions are numbers, states and addresses.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Field, SQLModel, col

from storage.db import Instant, Session, insert_new, table_of

KEPT = timedelta(hours=24)
"""How long a key answers."""


class ApiAnswer(SQLModel, table=True):
    """One key of one person. ``status`` is absent while the work goes on."""

    __tablename__ = "api_answers"

    login: str = Field(primary_key=True, max_length=80)
    key_hash: str = Field(primary_key=True, max_length=64)
    fingerprint: str = Field(max_length=64)
    """SHA-256 of the method, the address, the condition and the body of the request."""
    claimed_at: datetime = Field(sa_type=Instant, index=True)
    status: int | None = None
    etag: str | None = Field(default=None, max_length=80)
    body: str = ""


def claim(session: Session, login: str, key_hash: str, fingerprint: str, at: datetime) -> ApiAnswer | None:
    """Claim a key for one request; the row that holds it already, or ``None`` when it is claimed now.

    Keys older than ``KEPT`` are forgotten first.
    """
    session.execute(delete(ApiAnswer).where(col(ApiAnswer.claimed_at) <= at - KEPT))
    row = ApiAnswer(login=login, key_hash=key_hash, fingerprint=fingerprint, claimed_at=at)
    if insert_new(session, table_of(ApiAnswer), row.model_dump()):
        return None
    return session.get(ApiAnswer, (login, key_hash), populate_existing=True)


def keep(session: Session, login: str, key_hash: str, status: int, etag: str | None, body: str) -> None:
    """Keep the answer of a key that was claimed."""
    which = (col(ApiAnswer.login) == login, col(ApiAnswer.key_hash) == key_hash)
    session.execute(update(ApiAnswer).where(*which).values(status=status, etag=etag, body=body))
