"""Splits and merges of items, each with what it takes to undo it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, update
from sqlmodel import Field, Session, SQLModel, col, or_, select

from storage.db import Instant


class JoiningKind(StrEnum):
    SPLIT = "split"
    """``other`` was cut from ``kept``."""
    MERGE = "merge"
    """``other`` was put into ``kept``."""


class Joining(SQLModel, table=True):
    """One split or merge; undone at most once."""

    __tablename__ = "joinings"

    id: int | None = Field(default=None, primary_key=True)
    kind: JoiningKind
    kept: int = Field(foreign_key="items.id", index=True)
    other: int = Field(foreign_key="items.id", index=True)
    at: datetime = Field(sa_type=Instant)
    by: str = Field(max_length=80)
    before: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """What the two were before, to be put back."""
    undone_at: datetime | None = Field(default=None, sa_type=Instant)
    undone_by: str | None = Field(default=None, max_length=80)


def add(session: Session, joining: Joining) -> int:
    session.add(joining)
    session.flush()
    return joining.id or 0


def of_item(session: Session, item_id: int) -> list[Joining]:
    """Splits and merges of an item that stand, the latest first."""
    statement = select(Joining).where(
        or_(Joining.kept == item_id, Joining.other == item_id), col(Joining.undone_at).is_(None)
    )
    return list(session.exec(statement.order_by(col(Joining.id).desc())))


def get(session: Session, joining_id: int) -> Joining | None:
    return session.get(Joining, joining_id, populate_existing=True)


def undo(session: Session, joining_id: int, by: str, at: datetime) -> bool:
    """Mark one as undone; ``False`` when it already was."""
    statement = (
        update(Joining)
        .where(col(Joining.id) == joining_id, col(Joining.undone_at).is_(None))
        .values(undone_at=at, undone_by=by)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]
