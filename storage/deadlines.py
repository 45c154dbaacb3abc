"""Due dates of cases and items, and the reminders that precede them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.db import Instant


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
