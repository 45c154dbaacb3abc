"""What a machine could not settle about a letter: a person telephones or writes, and says so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import literal, or_, tuple_, update
from sqlmodel import Field, SQLModel, col, select

from storage.db import Instant, Session, insert_new, table_of


class CallReason(StrEnum):
    FAILED = "failed"
    GIVEN_UP = "given_up"
    NO_RECEIPT = "no_receipt"
    TOO_MANY = "too_many"


class Call(SQLModel, table=True):
    """One thing to do about one letter or one mail. ``key`` makes it unique for ever."""

    __tablename__ = "calls"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=300)
    reason: CallReason = Field(max_length=12)
    circuit: str = Field(max_length=80)
    queue: str = Field(default="", max_length=40, index=True)
    """Queue whose readers telephone."""
    recipient: str = Field(max_length=320)
    phone: str = Field(default="", max_length=60)
    """Number of the correspondent, when the directory knows it."""
    detail: str = Field(default="", max_length=300)
    outbox_id: int | None = Field(default=None, foreign_key="outbox.id", index=True)
    delivery: str | None = Field(default=None, foreign_key="deliveries.sha256", max_length=64, index=True)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    at: datetime = Field(sa_type=Instant, index=True)
    done_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    done_by: str | None = Field(default=None, max_length=80)
    """Who did it; ``None`` with ``done_at``: an acknowledgement came, nothing was left to do."""
    note: str = Field(default="", max_length=300)
    """What that person said of it."""


def add(session: Session, call: Call) -> bool:
    """Ask a person once; ``False`` when this was already asked."""
    return insert_new(session, table_of(Call), call.model_dump(exclude={"id"}))


def finish(session: Session, call_id: int, person: str, at: datetime, note: str = "") -> bool:
    """It is done, or no longer needed (``person`` empty); ``False`` when it was already."""
    statement = (
        update(Call)
        .where(col(Call.id) == call_id, col(Call.done_at).is_(None))
        .values(done_at=at, done_by=person or None, note=note[:300])
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def finish_of_letter(
    session: Session, outbox_id: int, at: datetime, reasons: Collection[CallReason] = ()
) -> int:
    """A late receipt answered: what was asked about this letter (for one of ``reasons`` when there are any)
    is no longer needed; how many."""
    statement = update(Call).where(col(Call.outbox_id) == outbox_id, col(Call.done_at).is_(None))
    if reasons:
        statement = statement.where(col(Call.reason).in_(reasons))
    return int(session.execute(statement.values(done_at=at)).rowcount)  # type: ignore[attr-defined]


def get(session: Session, call_id: int) -> Call | None:
    return session.get(Call, call_id, populate_existing=True)


def waiting(session: Session, limit: int) -> list[Call]:
    """What is not done, the oldest first."""
    statement = select(Call).where(col(Call.done_at).is_(None))
    return list(session.exec(statement.order_by(col(Call.at), col(Call.id)).limit(limit)))


def waiting_in(
    session: Session,
    places: Collection[tuple[str, str]],
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> list[Call]:
    """What the readers of these (circuit, queue) have to do, the oldest first.

    ``after``: instant and number of the last one seen.
    """
    if not places:
        return []
    here = tuple_(col(Call.circuit), col(Call.queue)).in_(list(places))
    statement = select(Call).where(col(Call.done_at).is_(None), here)
    if after is not None:
        place = tuple_(col(Call.at), col(Call.id))
        statement = statement.where(place > tuple_(literal(after[0], Instant), literal(after[1])))
    return list(session.exec(statement.order_by(col(Call.at), col(Call.id)).limit(limit)))


def waiting_on(session: Session, outbox_id: int) -> bool:
    """Whether a person was already asked about this letter and has not done it yet."""
    statement = select(Call.id).where(col(Call.outbox_id) == outbox_id, col(Call.done_at).is_(None))
    return session.exec(statement.limit(1)).first() is not None


def of_letter(session: Session, outbox_id: int) -> list[Call]:
    """Everything ever asked of a person about one letter, the oldest first."""
    statement = select(Call).where(col(Call.outbox_id) == outbox_id)
    return list(session.exec(statement.order_by(col(Call.at), col(Call.id))))


def waiting_about(session: Session, case_id: int | None, delivery: str | None) -> list[Call]:
    """What is not done about one case or one mail."""
    about = [col(Call.case_id) == case_id] if case_id is not None else []
    if delivery is not None:
        about.append(col(Call.delivery) == delivery)
    if not about:
        return []
    statement = select(Call).where(col(Call.done_at).is_(None), or_(*about))
    return list(session.exec(statement.order_by(col(Call.at))))
