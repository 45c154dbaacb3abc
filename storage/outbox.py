"""Letters that leave, with the exact bytes sent and every receipt that came back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.db import Instant


class OutboxState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    DISPLAYED = "displayed"
    PROCESSED = "processed"
    DELAYED = "delayed"
    FAILED = "failed"
    GIVEN_UP = "given_up"


class OutboxEntry(SQLModel, table=True):
    """One letter to one recipient. ``message_id`` is deterministic: twice written is once sent."""

    __tablename__ = "outbox"

    id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(unique=True, max_length=250)
    circuit: str = Field(max_length=80)
    letter: str = Field(max_length=60)
    mailbox: str = Field(max_length=254)
    """The generic mailbox it leaves from (From and envelope sender)."""
    recipient: str = Field(max_length=320)
    subject: str = Field(max_length=300)
    raw_sha256: str = Field(max_length=64)
    """Blob of the message byte for byte as it leaves."""
    delivery: str | None = Field(default=None, foreign_key="deliveries.sha256", max_length=64, index=True)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    state: OutboxState = Field(default=OutboxState.QUEUED, max_length=12, index=True)
    null_return_path: bool = False
    created_at: datetime = Field(sa_type=Instant)
    next_attempt_at: datetime = Field(sa_type=Instant, index=True)
    attempts: int = 0
    last_reply: str | None = None
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    lease_owner: str | None = Field(default=None, max_length=80)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)


class Receipt(SQLModel, table=True):
    """A report about a letter (DSN, MDN, bounce, business answer), kept even when late or doubled."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("outbox_id", "delivery"),)

    id: int | None = Field(default=None, primary_key=True)
    outbox_id: int = Field(foreign_key="outbox.id", index=True)
    delivery: str = Field(foreign_key="deliveries.sha256", max_length=64)
    """The mail that carried the report."""
    action: str = Field(max_length=20)
    """``delivered``, ``delayed``, ``failed``, ``displayed``, ``processed``, ``error``."""
    status: str = Field(default="", max_length=20)
    detail: str = Field(default="", max_length=500)
    at: datetime = Field(sa_type=Instant)
