"""Letters that wait for an acknowledgement: reminded once, then handed to a person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlmodel import and_, col, or_, select, update

from storage.db import Session
from storage.deadlines import Deadline, DeadlineState, Reminder
from storage.outbox import Following, OutboxEntry

UNDER_WAY = (Following.WAITING, Following.REMINDED, Following.ESCALATED)
"""An acknowledgement that comes now still ends the wait."""


def unanswered(session: Session, at: datetime, limit: int) -> list[OutboxEntry]:
    """Letters whose acknowledgement was due by ``at`` and is still waited for, the oldest first."""
    statement = (
        select(OutboxEntry)
        .where(
            col(OutboxEntry.expected_by) <= at,
            col(OutboxEntry.following).in_((Following.WAITING, Following.REMINDED)),
            col(OutboxEntry.recipient) != "",  # erased: nobody is left to write to
        )
        .order_by(col(OutboxEntry.expected_by), col(OutboxEntry.id))
        .limit(limit)
    )
    return list(session.exec(statement))


def answered_by_deed(session: Session, limit: int) -> list[tuple[OutboxEntry, Deadline]]:
    """Reminders still followed whose due date was met since: what they asked for has come."""
    statement = (
        select(OutboxEntry, Deadline)
        .join(Reminder, col(Reminder.outbox_id) == col(OutboxEntry.id))
        .join(Deadline, col(Deadline.id) == col(Reminder.deadline_id))
        .where(
            col(OutboxEntry.following).in_(UNDER_WAY),
            col(Deadline.state) == DeadlineState.MET,
            col(Deadline.ended_at) >= col(OutboxEntry.created_at),
        )
        .order_by(col(OutboxEntry.id))
        .limit(limit)
    )
    return [(entry, deadline) for entry, deadline in session.exec(statement)]


def follow(
    session: Session,
    entry_id: int,
    before: Collection[Following],
    after: Following,
    expected_by: datetime | None = None,
) -> bool:
    """One step of the wait, by whoever still finds it in one of ``before``."""
    values: dict[str, Any] = {"following": after}
    if expected_by is not None:
        values["expected_by"] = expected_by
    statement = (
        update(OutboxEntry)
        .where(col(OutboxEntry.id) == entry_id, col(OutboxEntry.following).in_(before))
        .values(**values)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def reminded_with(session: Session, entry: OutboxEntry) -> list[OutboxEntry]:
    """``entry`` and the letters reminded of or handed over with it: same person, same case or mail."""
    about = (
        col(OutboxEntry.case_id) == entry.case_id
        if entry.case_id is not None
        else and_(col(OutboxEntry.case_id).is_(None), col(OutboxEntry.delivery) == entry.delivery)
    )
    statement = select(OutboxEntry).where(
        col(OutboxEntry.recipient_key) == entry.recipient_key,
        or_(
            col(OutboxEntry.id) == entry.id,
            and_(about, col(OutboxEntry.following).in_((Following.REMINDED, Following.ESCALATED))),
        ),
    )
    return list(session.exec(statement.order_by(col(OutboxEntry.id))))
