"""How many letters have left and how many wait: what a progress bar and a dashboard show."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage.outbox import OutboxEntry, OutboxState


def letters(session: Session) -> tuple[int, int]:
    """Letters that have left (whatever came back since), and letters that still wait to leave."""
    rows = session.exec(select(OutboxEntry.state, func.count()).group_by(col(OutboxEntry.state))).all()
    waiting = sum(count for state, count in rows if state == OutboxState.QUEUED)
    return sum(count for _, count in rows) - waiting, waiting


def last_letter(session: Session, letter: str) -> OutboxEntry | None:
    """The last letter of this kind that was written."""
    statement = select(OutboxEntry).where(col(OutboxEntry.letter) == letter)
    return session.exec(statement.order_by(col(OutboxEntry.id).desc()).limit(1)).first()
