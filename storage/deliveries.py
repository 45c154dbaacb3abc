"""Deliveries and their arrivals: one row for each distinct mail, whatever the roads it came by."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.db import Instant


class DeliveryState(StrEnum):
    """Where a delivery stands in the journey (``gateway/flow.py`` holds the table)."""

    RECEIVED = "received"
    OPENED = "opened"
    UNPACKED = "unpacked"
    READ = "read"
    DECIDED = "decided"
    FILED = "filed"
    ACKNOWLEDGED = "acknowledged"
    SCHEDULED = "scheduled"
    SET_ASIDE = "set_aside"


class Via(StrEnum):
    """The road an arrival came by."""

    SMTP = "smtp"
    LMTP = "lmtp"
    IMAP = "imap"
    FILE = "file"
    REBUILD = "rebuild"


class Delivery(SQLModel, table=True):
    """One mail, identified by the SHA-256 of its raw bytes as received."""

    __tablename__ = "deliveries"

    sha256: str = Field(primary_key=True, max_length=64)
    size: int
    state: DeliveryState = Field(max_length=16, index=True)
    received_at: datetime = Field(sa_type=Instant, index=True)
    mailbox: str = Field(max_length=254)
    """The mailbox of the first arrival: it decides the circuit."""
    envelope_from: str = Field(max_length=320)
    circuit: str = Field(max_length=80)

    set_aside_step: str | None = Field(default=None, max_length=32)
    """Name of the step that failed; a release sends the delivery back to it."""
    set_aside_from: DeliveryState | None = Field(default=None, max_length=16)
    set_aside_reason: str | None = None
    set_aside_at: datetime | None = Field(default=None, sa_type=Instant)
    releases: int = 0

    opened_sha256: str | None = Field(default=None, max_length=64)
    """Blob of the MIME entity left once every cryptographic layer is removed."""
    message_id: str | None = Field(default=None, max_length=998, index=True)
    sender: str | None = Field(default=None, max_length=320)
    recipients: list[str] = Field(default_factory=list, sa_type=JSON)
    subject: str | None = None
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    kind: str | None = Field(default=None, max_length=32)
    security: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    mail: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """What ``unpack`` said of the message itself (headers that matter, receipt, body place)."""
    decision: dict[str, Any] | None = Field(default=None, sa_type=JSON)


class Arrival(SQLModel, table=True):
    """One arrival of a delivery. The same bytes on two mailboxes are two arrivals of one delivery."""

    __tablename__ = "arrivals"
    __table_args__ = (UniqueConstraint("via", "mailbox", "folder", "uidvalidity", "uid"),)

    id: int | None = Field(default=None, primary_key=True)
    delivery: str = Field(foreign_key="deliveries.sha256", index=True, max_length=64)
    via: Via = Field(max_length=8)
    mailbox: str = Field(max_length=254, index=True)
    at: datetime = Field(sa_type=Instant)
    envelope_from: str = Field(max_length=320)
    recipients: list[str] = Field(default_factory=list, sa_type=JSON)
    peer: str = Field(default="", max_length=200)
    """Address, TLS version and client certificate subject, as seen at reception."""
    folder: str | None = Field(default=None, max_length=200)
    uidvalidity: int | None = None
    uid: int | None = None
