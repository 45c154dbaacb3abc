"""Due dates of cases and items, and the reminders that precede them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint, delete, or_, update
from sqlalchemy import select as sql_select
from sqlmodel import Field, Session, SQLModel, col, select

from storage import tallies
from storage.cases import Case, CaseDocument
from storage.db import Instant, insert_new, table_of
from storage.deliveries import Delivery
from storage.documents import Document
from storage.nextdue import refresh_due


class DeadlineState(StrEnum):
    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    PAUSED = "paused"
    """Counted no further until what was asked for comes: no date is due, nobody is reminded."""
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    """Its day passed and nobody was late: the period is over, that is all."""


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
    terms: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """What it is computed from (``gateway.deadlines.terms.Terms``): kept, so that it can be computed
    again when a calendar is corrected, whatever became of the rule. None: never computed again."""
    pauses: list[dict[str, str]] = Field(default_factory=list, sa_type=JSON)
    """Suspensions: ``on``, ``until`` (absent while it lasts), ``why``; ISO days."""
    escalated_at: datetime | None = Field(default=None, sa_type=Instant)


class DeadlineVersion(SQLModel, table=True):
    """A due date as it was known from one instant on; never rewritten, so that any day can be replayed."""

    __tablename__ = "deadline_versions"

    id: int | None = Field(default=None, primary_key=True)
    deadline_id: int = Field(foreign_key="deadlines.id", index=True)
    at: datetime = Field(sa_type=Instant)
    due: date
    state: DeadlineState = Field(max_length=12)
    why: str = Field(max_length=300)
    """What changed (French)."""
    explanation: list[str] = Field(default_factory=list, sa_type=JSON)
    reminders: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """Reminders planned then: ``days_before``, ``on`` (ISO day), ``letter``, ``to``."""


class Reminder(SQLModel, table=True):
    """A letter to send some days before a due date; sent at most once."""

    __tablename__ = "reminders"
    __table_args__ = (UniqueConstraint("deadline_id", "days_before"),)

    id: int | None = Field(default=None, primary_key=True)
    deadline_id: int = Field(foreign_key="deadlines.id", index=True)
    days_before: int
    """Negative: days after it."""
    on: date = Field(index=True)
    letter: str = Field(max_length=60)
    to: str = Field(max_length=320)
    attach: str | None = Field(default=None, max_length=40)
    outbox_id: int | None = Field(default=None, foreign_key="outbox.id")
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    skipped: str | None = Field(default=None, max_length=200)
    """Why it was not sent (already answered, another letter the same day)."""


PENDING = (DeadlineState.OPEN, DeadlineState.MISSED)
"""What is waited for may still come after the due date."""
WAITING = (*PENDING, DeadlineState.PAUSED)
"""States that what stops a delay ends."""
ENDED = (DeadlineState.MET, DeadlineState.CANCELLED)
"""States of what was ended; it waits again when what ended it counts no more."""


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
    note(session, made, deadline.created_at, "échéance posée")
    refresh_due(session, deadline.case_id, deadline.delivery)
    return made


def note(session: Session, deadline: Deadline, at: datetime, why: str) -> None:
    """Keep how this due date stands from now on."""
    planned = [
        {"days_before": r.days_before, "on": r.on.isoformat(), "letter": r.letter, "to": r.to}
        for r in reminders(session, deadline.id or 0)
        if r.done_at is None
    ]
    session.add(
        DeadlineVersion(
            deadline_id=deadline.id or 0,
            at=at,
            due=deadline.due,
            state=deadline.state,
            why=why[:300],
            explanation=list(deadline.explanation),
            reminders=planned,
        )
    )
    session.flush()


def get(session: Session, deadline_id: int) -> Deadline | None:
    return session.get(Deadline, deadline_id, populate_existing=True)


def pending_of_case(session: Session, case_id: int) -> list[Deadline]:
    """Due dates of a case that still wait for something, suspended ones included, nearest first."""
    statement = select(Deadline).where(col(Deadline.case_id) == case_id, col(Deadline.state).in_(WAITING))
    return list(session.exec(statement.order_by(col(Deadline.due), col(Deadline.id))))


def arrivals_in_case(
    session: Session, case_id: int, without: Collection[int] = ()
) -> list[tuple[str, str, datetime]]:
    """Documents of a case, but ``without``, as (kind, delivery, arrival), in the order they arrived."""
    statement = (
        select(Document.kind, Delivery.sha256, Delivery.received_at)
        .join(CaseDocument, col(CaseDocument.document_id) == col(Document.id))
        .join(Delivery, col(Delivery.sha256) == col(Document.delivery))
        .where(col(CaseDocument.case_id) == case_id, col(Document.id).not_in(without))
        .order_by(col(Delivery.received_at), col(Document.id))
    )
    return [(kind or "", sha256, received_at) for kind, sha256, received_at in session.exec(statement)]


def pending_of_kinds(session: Session, circuit: str, kinds: Collection[str]) -> list[Deadline]:
    """Every due date of these rules that still waits, whatever its case."""
    statement = select(Deadline).where(
        col(Deadline.circuit) == circuit, col(Deadline.kind).in_(kinds), col(Deadline.state).in_(WAITING)
    )
    return list(session.exec(statement.order_by(col(Deadline.id))))


def reminders(session: Session, deadline_id: int) -> list[Reminder]:
    """Reminders of a due date, the earliest first."""
    statement = select(Reminder).where(col(Reminder.deadline_id) == deadline_id)
    return list(
        session.exec(
            statement.order_by(col(Reminder.days_before).desc()),
            execution_options={"populate_existing": True},
        )
    )


def end(session: Session, deadline_id: int, state: DeadlineState, reason: str, at: datetime) -> bool:
    """End a due date that still waits, and its reminders to come; ``False`` when it had ended."""
    tallies.hold(session)  # before the row: those who finish an item hold the lists first
    statement = (
        update(Deadline)
        .where(col(Deadline.id) == deadline_id, col(Deadline.state).in_(WAITING))
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
    _noted(session, deadline_id, at, reason)
    return True


def reopen(
    session: Session,
    deadline: Deadline,
    state: DeadlineState,
    at: datetime,
    why: str,
    ended: str,
    today: date,
) -> bool:
    """Let a due date that ended for the reason ``ended`` wait again; ``False`` when it is not over.

    Its reminders to come that this end silenced are planned again; nobody is reminded twice.
    """
    session.flush()
    tallies.hold(session)
    statement = (
        update(Deadline)
        .where(col(Deadline.id) == deadline.id, col(Deadline.state).in_(ENDED))
        .values(state=state, ended_at=None, escalated_at=None)
    )
    if not session.execute(statement).rowcount:  # type: ignore[attr-defined]
        return False
    planned = (
        update(Reminder)
        .where(
            col(Reminder.deadline_id) == deadline.id,
            col(Reminder.outbox_id).is_(None),
            col(Reminder.skipped) == ended[:200],
            col(Reminder.on) >= today,
        )
        .values(done_at=None, skipped=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(planned)
    session.refresh(deadline)
    refresh_due(session, deadline.case_id, deadline.delivery)
    note(session, deadline, at, why)
    return True


def plan_again(session: Session, case_id: int, done_at: datetime, skipped: str) -> int:
    """Let reminders of a case that were left out together with a letter, for this reason, wait again."""
    waiting = select(Deadline.id).where(col(Deadline.case_id) == case_id, col(Deadline.state).in_(PENDING))
    statement = (
        update(Reminder)
        .where(
            col(Reminder.deadline_id).in_(waiting),
            col(Reminder.done_at) == done_at,
            col(Reminder.outbox_id).is_(None),
            col(Reminder.skipped).startswith(skipped, autoescape=True),
        )
        .values(done_at=None, skipped=None)
        .execution_options(synchronize_session=False)
    )
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def miss(session: Session, deadline_id: int, at: datetime) -> bool:
    """Flag a due date as missed, once; what it waits for may still come."""
    return move(session, deadline_id, DeadlineState.OPEN, DeadlineState.MISSED, at, "échéance dépassée")


def move(
    session: Session, deadline_id: int, before: DeadlineState, after: DeadlineState, at: datetime, why: str
) -> bool:
    """Change the state of a due date that is still in ``before``; ``False`` when it is not."""
    if DeadlineState.LAPSED in {before, after}:
        tallies.hold(session)
    statement = (
        update(Deadline)
        .where(col(Deadline.id) == deadline_id, col(Deadline.state) == before)
        .values(state=after, ended_at=at if after is DeadlineState.LAPSED else None, escalated_at=None)
        .returning(col(Deadline.case_id), col(Deadline.delivery))
    )
    moved = session.execute(statement).first()
    if moved is None:
        return False
    if DeadlineState.LAPSED in {before, after}:
        refresh_due(session, *moved)
    _noted(session, deadline_id, at, why)
    return True


def rewrite(
    session: Session,
    deadline: Deadline,
    at: datetime,
    why: str,
    planned: Sequence[Reminder] = (),
    **columns: Any,
) -> None:
    """Write a due date computed anew, with its reminders to come; what was sent stays as it was.

    ``planned``: the reminders of the new date. One already done is never planned again (nobody is
    reminded twice); one no longer planned leaves.
    """
    session.flush()
    tallies.hold(session)
    session.execute(update(Deadline).where(col(Deadline.id) == deadline.id).values(**columns))
    session.refresh(deadline)
    here = col(Reminder.deadline_id) == deadline.id
    session.execute(delete(Reminder).where(here, col(Reminder.done_at).is_(None)))
    for reminder in planned:
        values = reminder.model_dump(exclude={"id"}) | {"deadline_id": deadline.id}
        insert_new(session, table_of(Reminder), values)
    refresh_due(session, deadline.case_id, deadline.delivery)
    note(session, deadline, at, why)


def mark_escalated(session: Session, deadline_id: int, at: datetime) -> bool:
    """Say that somebody was asked to take over, once."""
    statement = (
        update(Deadline)
        .where(col(Deadline.id) == deadline_id, col(Deadline.escalated_at).is_(None))
        .values(escalated_at=at)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _noted(session: Session, deadline_id: int, at: datetime, why: str) -> None:
    deadline = get(session, deadline_id)
    if deadline is not None:
        note(session, deadline, at, why)


def adopt(session: Session, delivery: str, case_id: int, positions: Collection[int] | None = None) -> int:
    """Give the due dates of a delivery without a case to ``case_id``; how many were given.

    ``positions``: of a mail about several people, only what these documents started.
    """
    statement = (
        update(Deadline)
        .where(col(Deadline.delivery) == delivery, col(Deadline.case_id).is_(None))
        .values(case_id=case_id)
    )
    if positions is not None:
        origins = [f"document:{delivery}:{position}" for position in positions]
        statement = statement.where(col(Deadline.origin).in_(origins))
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


def of_case(session: Session, case_id: int) -> list[Deadline]:
    """Every due date of a case, whatever its state, in the order they were set."""
    statement = select(Deadline).where(col(Deadline.case_id) == case_id)
    return list(session.exec(statement.order_by(col(Deadline.id))))


def of_mail(session: Session, delivery: str) -> list[Deadline]:
    """Every due date that a mail started, whatever its state, in the order they were set."""
    statement = select(Deadline).where(col(Deadline.delivery) == delivery)
    return list(session.exec(statement.order_by(col(Deadline.id))))


def versions(session: Session, deadline_id: int) -> list[DeadlineVersion]:
    """How a due date stood, from its setting on."""
    statement = select(DeadlineVersion).where(col(DeadlineVersion.deadline_id) == deadline_id)
    return list(session.exec(statement.order_by(col(DeadlineVersion.id))))


def due_before(session: Session, day: date) -> list[tuple[Deadline, str | None]]:
    """Due dates that wait, due before ``day``, with the reference of their case; nearest first."""
    statement = (
        sql_select(Deadline, col(Case.reference))
        .outerjoin(Case, col(Case.id) == col(Deadline.case_id))
        .where(col(Deadline.state).in_(WAITING), col(Deadline.due) < day)
        .order_by(col(Deadline.due), col(Deadline.id))
    )
    return [(deadline, reference) for deadline, reference in session.execute(statement)]
