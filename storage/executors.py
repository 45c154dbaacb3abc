"""Heartbeats of the instances that carry the journey: who is alive, whose work may be taken over."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from storage.db import Instant


class ExecutorBeat(SQLModel, table=True):
    """The last sign of life of one instance."""

    __tablename__ = "executors"

    executor: str = Field(primary_key=True, max_length=80)
    beat_at: datetime = Field(sa_type=Instant)


def beat(session: Session, executor: str, at: datetime) -> None:
    """Say that ``executor`` is alive at ``at``."""
    row = session.get(ExecutorBeat, executor)
    if row is None:
        session.add(ExecutorBeat(executor=executor, beat_at=at))
    else:
        row.beat_at = at
        session.add(row)


def silent_since(session: Session, before: datetime) -> list[str]:
    """Instances whose last sign of life is older than ``before``."""
    found = session.exec(select(ExecutorBeat.executor).where(col(ExecutorBeat.beat_at) < before))
    return sorted(found)


def forget(session: Session, executor: str) -> None:
    """Remove an instance whose work was taken over, or that stopped cleanly."""
    row = session.get(ExecutorBeat, executor)
    if row is not None:
        session.delete(row)
