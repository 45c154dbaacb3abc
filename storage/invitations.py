"""One-time links an administrator hands over: the person chooses a password with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, update
from sqlmodel import Field, SQLModel, col

from storage.db import Instant, Session


class Invitation(SQLModel, table=True):
    __tablename__ = "invitations"

    token_hash: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the link's random token."""
    login: str = Field(foreign_key="people.login", index=True, max_length=80)
    created_by: str = Field(max_length=80)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


def invite(session: Session, invitation: Invitation) -> None:
    """Keep an invitation; any earlier one of the same person no longer opens."""
    session.execute(delete(Invitation).where(col(Invitation.login) == invitation.login))
    session.add(invitation)
    session.flush()


def open_for(session: Session, token_hash: str, at: datetime) -> str | None:
    """Login of a link that still opens."""
    found = session.get(Invitation, token_hash)
    return found.login if found is not None and found.used_at is None and at < found.expires_at else None


def use(session: Session, token_hash: str, at: datetime) -> bool:
    """Use the link up; ``False`` when somebody was faster, or its time is over."""
    result: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Invitation)
        .where(
            col(Invitation.token_hash) == token_hash,
            col(Invitation.used_at).is_(None),
            col(Invitation.expires_at) > at,
        )
        .values(used_at=at)
    )
    return result.rowcount == 1
