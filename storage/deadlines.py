"""Due dates of cases and items, and the reminders that precede them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, UniqueConstraint, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from storage import tallies
from storage.cases import CaseDocument
from storage.db import Instant, insert_new, table_of
from storage.deliveries import Delivery
from storage.documents import Document
from storage.nextdue import refresh_due


class DeadlineState(StrEnum):
    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Deadline(SQLModel, table=True):
    """One due date, explained: what started it, by which rule, with which legal basis."""

    __tablename__ = "deadlines"
    __table_args__ = (UniqueConstraint("kind", "origin"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=60)
    """Name of the rule in ``circuit.toml``."""
    origin: str = Field(max_length=120)
    """What started it, unique for ever (``delivery:<sha256>``, ``period:<document id>``)."""
    circuit: str = Field(max_length=80)
    delivery: str | None = Field(default=None, foreign_key="deliveries.sha256", max_length=64, index=True)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    title: str = Field(default="", max_length=200)
    due: date = Field(index=True)
    basis: str
    status: str = Field(max_length=20)
    """``confirmed`` or ``to be confirmed``: shown beside every due date."""
    state: DeadlineState = Field(default=DeadlineState.OPEN, max_length=12, index=True)
    explanation: list[str] = Field(default_factory=list, sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class Reminder(SQLModel, table=True):
    """A letter to send some days before a due date; sent at most once."""

    __tablename__ = "reminders"
    __table_args__ = (UniqueConstraint("deadline_id", "days_before"),)

    id: int | None = Field(default=None, primary_key=True)
    deadline_id: int = Field(foreign_key="deadlines.id", index=True)
    days_before: int
    on: date = Field(index=True)
    letter: str = Field(max_length=60)
    to: str = Field(max_length=320)
    outbox_id: int | None = Field(default=None, foreign_key="outbox.id")
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    skipped: str | None = Field(default=None, max_length=200)
    """Why it was not sent (already answered, another letter the same day)."""


PENDING = (DeadlineState.OPEN, DeadlineState.MISSED)
"""What is waited for may still come after the due date."""


def add(session: Session, deadline: Deadline, reminders: Sequence[Reminder] = ()) -> Deadline | None:
    """Insert a due date with its reminders; ``None`` when its origin already started this delay."""
    if not insert_new(session, table_of(Deadline), deadline.model_dump(exclude={"id"})):
        return None
    there = select(Deadline).where(
        col(Deadline.kind) == deadline.kind, col(Deadline.origin) == deadline.origin
    )
    made = session.exec(there).one()
    for reminder in reminders:
        values = reminder.model_dump(exclude={"id"}) | {"deadline_id": made.id}
        insert_new(session, table_of(Reminder), values)
    refresh_due(session, deadline.case_id, deadline.delivery)
    return made


def get(session: Session, deadline_id: int) -> Deadline | None:
    return session.get(Deadline, deadline_id, populate_existing=True)


def pending_of_case(session: Session, case_id: int) -> list[Deadline]:
    """Due dates of a case that still wait for something, nearest first."""
    statement = select(Deadline).where(col(Deadline.case_id) == case_id, col(Deadline.state).in_(PENDING))
    return list(session.exec(statement.order_by(col(Deadline.due), col(Deadline.id))))


def arrivals_in_case(session: Session, case_id: int) -> list[tuple[str, str, datetime]]:
    """Documents of a case as (kind, delivery, arrival), in the order they arrived."""
    statement = (
        select(Document.kind, Delivery.sha256, Delivery.received_at)
        .join(CaseDocument, col(CaseDocument.document_id) == col(Document.id))
        .join(Delivery, col(Delivery.sha256) == col(Document.delivery))
        .where(col(CaseDocument.case_id) == case_id)
        .order_by(col(Delivery.received_at), col(Document.id))
    )
    return [(kind or "", sha256, received_at) for kind, sha256, received_at in session.exec(statement)]


def pending_of_kinds(session: Session, circuit: str, kinds: Collection[str]) -> list[Deadline]:
    """Every due date of these rules that still waits, whatever its case."""
    statement = select(Deadline).where(
        col(Deadline.circuit) == circuit, col(Deadline.kind).in_(kinds), col(Deadline.state).in_(PENDING)
    )
    return list(session.exec(statement.order_by(col(Deadline.id))))


def reminders(session: Session, deadline_id: int) -> list[Reminder]:
    """Reminders of a due date, the earliest first."""
    statement = select(Reminder).where(col(Reminder.deadline_id) == deadline_id)
    return list(session.exec(statement.order_by(col(Reminder.days_before).desc())))


def end(session: Session, deadline_id: int, state: DeadlineState, reason: str, at: datetime) -> bool:
    """End a due date that still waits, and its reminders to come; ``False`` when it had ended."""
    tallies.hold(session)  # before the row: those who finish an item hold the lists first
    statement = (
        update(Deadline)
        .where(col(Deadline.id) == deadline_id, col(Deadline.state).in_(PENDING))
        .values(state=state, ended_at=at)
        .returning(col(Deadline.case_id), col(Deadline.delivery))
    )
    ended = session.execute(statement).first()
    if ended is None:
        return False
    refresh_due(session, *ended)
    silence = (
        update(Reminder)
        .where(col(Reminder.deadline_id) == deadline_id, col(Reminder.done_at).is_(None))
        .values(done_at=at, skipped=reason[:200])
    )
    session.execute(silence)
    return True


def miss(session: Session, deadline_id: int) -> bool:
    """Flag a due date as missed, once; what it waits for may still come."""
    statement = (
        update(Deadline)
        .where(col(Deadline.id) == deadline_id, col(Deadline.state) == DeadlineState.OPEN)
        .values(state=DeadlineState.MISSED)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def overdue(session: Session, today: date) -> list[Deadline]:
    """Open due dates of days past."""
    statement = select(Deadline).where(col(Deadline.state) == DeadlineState.OPEN, col(Deadline.due) < today)
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


def adopt(session: Session, delivery: str, case_id: int) -> int:
    """Give the due dates of a delivery without a case to ``case_id``; how many were given."""
    statement = (
        update(Deadline)
        .where(col(Deadline.delivery) == delivery, col(Deadline.case_id).is_(None))
        .values(case_id=case_id)
    )
    adopted = int(session.execute(statement).rowcount)  # type: ignore[attr-defined]
    refresh_due(session, case_id, delivery)
    return adopted


def next_due(
    session: Session, case_ids: Collection[int] = (), deliveries: Collection[str] = ()
) -> dict[int | str, Deadline]:
    """The nearest due date that still waits, by case number and by delivery."""
    statement = (
        select(Deadline)
        .where(col(Deadline.state).in_(PENDING))
        .where(or_(col(Deadline.case_id).in_(case_ids), col(Deadline.delivery).in_(deliveries)))
        .order_by(col(Deadline.due), col(Deadline.id))
    )
    first: dict[int | str, Deadline] = {}
    for deadline in session.exec(statement):
        for key in (deadline.case_id, deadline.delivery):
            if key is not None and (key in case_ids or key in deliveries):
                first.setdefault(key, deadline)
    return first
