"""What the clock's turn looks for: dates past, reminders due, what starts a delay without a mail.

Nothing here decides; ``gateway.deadlines`` does, and asks again as often as it likes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from sqlalchemy import String, func, literal
from sqlalchemy import cast as sql_cast
from sqlalchemy import select as sql_select
from sqlmodel import Field, Session, SQLModel, col, select, update

from storage.audit import EventRow
from storage.db import insert_new, table_of
from storage.deadlines import PENDING, WAITING, Deadline, DeadlineState, Reminder
from storage.outbox import OutboxEntry


class Mark(SQLModel, table=True):
    """How far the turns have looked: a hash, a position, a day; losing one costs a second look only."""

    __tablename__ = "sweep_marks"

    name: str = Field(primary_key=True, max_length=80)
    value: str = Field(max_length=120)


@dataclass(frozen=True, slots=True)
class Acted:
    """A person's action on a piece of work, as the log tells it."""

    position: int
    at: datetime
    kind: str
    delivery: str


def mark(session: Session, name: str) -> str | None:
    """How far the turns have looked under this name."""
    return session.exec(select(Mark.value).where(Mark.name == name)).first()


def set_mark(session: Session, name: str, value: str) -> None:
    if not insert_new(session, table_of(Mark), {"name": name, "value": value}):
        session.execute(update(Mark).where(col(Mark.name) == name).values(value=value))


def overdue(session: Session, today: date) -> list[Deadline]:
    """Open due dates of days past."""
    statement = select(Deadline).where(col(Deadline.state) == DeadlineState.OPEN, col(Deadline.due) < today)
    return list(session.exec(statement.order_by(col(Deadline.due), col(Deadline.id))))


def called_too_soon(session: Session, today: date) -> list[Deadline]:
    """Due dates called missed or lapsed whose day is still to come: the clock had run ahead."""
    past = (DeadlineState.MISSED, DeadlineState.LAPSED)
    statement = select(Deadline).where(col(Deadline.state).in_(past), col(Deadline.due) >= today)
    return list(session.exec(statement.order_by(col(Deadline.id))))


def missed_of(session: Session, circuit: str, kinds: Collection[str]) -> list[Deadline]:
    """Missed due dates of these rules that nobody was handed yet, the oldest first."""
    statement = select(Deadline).where(
        col(Deadline.circuit) == circuit,
        col(Deadline.kind).in_(kinds),
        col(Deadline.state) == DeadlineState.MISSED,
        col(Deadline.escalated_at).is_(None),
    )
    return list(session.exec(statement.order_by(col(Deadline.due), col(Deadline.id))))


def due_reminders(session: Session, today: date) -> list[tuple[Reminder, Deadline]]:
    """Reminders to write today or missed before, of due dates that still wait."""
    statement = (
        select(Reminder, Deadline)
        .join(Deadline, col(Deadline.id) == col(Reminder.deadline_id))
        .where(
            col(Reminder.on) <= today,
            col(Reminder.done_at).is_(None),
            col(Deadline.state).in_(PENDING),
        )
        .order_by(col(Deadline.due), col(Reminder.on), col(Reminder.id))
    )
    return list(session.exec(statement))


def take_reminder(
    session: Session,
    reminder_id: int,
    at: datetime,
    *,
    outbox_id: int | None = None,
    skipped: str | None = None,
) -> bool:
    """Mark a reminder written (``outbox_id``) or left out (``skipped``), once for ever."""
    statement = (
        update(Reminder)
        .where(col(Reminder.id) == reminder_id, col(Reminder.done_at).is_(None))
        .values(done_at=at, outbox_id=outbox_id, skipped=skipped[:200] if skipped else None)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def waiting(session: Session, after: int, limit: int) -> list[Deadline]:
    """A slice of every due date that waits, by number, for a second computation."""
    statement = select(Deadline).where(col(Deadline.id) > after, col(Deadline.state).in_(WAITING))
    return list(session.exec(statement.order_by(col(Deadline.id)).limit(limit)))


def cases_waiting(session: Session, circuit: str, kinds: Collection[str]) -> list[int]:
    """Cases with a waiting due date of these rules."""
    statement = (
        sql_select(col(Deadline.case_id))
        .where(col(Deadline.circuit) == circuit, col(Deadline.kind).in_(kinds))
        .where(col(Deadline.state).in_(WAITING), col(Deadline.case_id).is_not(None))
        .distinct()
        .order_by(col(Deadline.case_id))
    )
    return [case_id for (case_id,) in session.execute(statement)]


def cases_written_to(
    session: Session, circuit: str, letters: Collection[str], since: datetime
) -> list[int]:
    """Cases about which one of these letters left since then."""
    statement = (
        sql_select(col(OutboxEntry.case_id))
        .where(col(OutboxEntry.circuit) == circuit, col(OutboxEntry.letter).in_(letters))
        .where(col(OutboxEntry.sent_at) >= since, col(OutboxEntry.case_id).is_not(None))
        .distinct()
    )
    return [case_id for (case_id,) in session.execute(statement)]


def letters_about(session: Session, case_id: int) -> list[tuple[str, datetime, str | None]]:
    """Letters about a case that the next mail server took: their name, when, and the mail they answer."""
    statement = (
        sql_select(col(OutboxEntry.letter), col(OutboxEntry.sent_at), col(OutboxEntry.delivery))
        .where(col(OutboxEntry.case_id) == case_id, col(OutboxEntry.sent_at).is_not(None))
        .order_by(col(OutboxEntry.sent_at), col(OutboxEntry.id))
    )
    return [(letter, sent_at, mail) for letter, sent_at, mail in session.execute(statement)]


def letters_without(session: Session, circuit: str, kind: str, letters: Iterable[str]) -> list[OutboxEntry]:
    """Letters sent whose sending has not started the delay ``kind`` yet (origin ``letter:<number>``)."""
    origin = literal("letter:") + sql_cast(col(OutboxEntry.id), String)
    started = select(Deadline.id).where(col(Deadline.kind) == kind, col(Deadline.origin) == origin).exists()
    statement = select(OutboxEntry).where(
        col(OutboxEntry.circuit) == circuit,
        col(OutboxEntry.letter).in_(list(letters)),
        col(OutboxEntry.sent_at).is_not(None),
        ~started,
    )
    return list(session.exec(statement.order_by(col(OutboxEntry.id))))


def actions_after(session: Session, position: int, kinds: Collection[str]) -> list[Acted]:
    """What people did to pieces of work since this position of the log."""
    statement = (
        select(EventRow)
        .where(col(EventRow.position) > position, col(EventRow.kind).in_(kinds))
        .order_by(col(EventRow.position))
    )
    return [
        Acted(row.position, row.at, row.kind, row.subject.removeprefix("delivery:"))
        for row in session.exec(statement)
        if row.subject.startswith("delivery:")
    ]


def last_position(session: Session) -> int:
    """The position of the last event of the log, -1 when it is empty."""
    return cast("int | None", session.exec(select(func.max(EventRow.position))).one()) or -1
