"""Deliveries and their arrivals: one row for each distinct mail, whatever the roads it came by."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, UniqueConstraint, or_
from sqlmodel import Field, Session, SQLModel, col, func, select, update

from storage.db import Instant, insert_new, table_of

_PREFIX = re.compile(r"[0-9a-f]{6,64}")


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
    released_at: datetime | None = Field(default=None, sa_type=Instant)

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
    at: datetime = Field(sa_type=Instant, index=True)
    envelope_from: str = Field(max_length=320)
    recipients: list[str] = Field(default_factory=list, sa_type=JSON)
    peer: str = Field(default="", max_length=200)
    """Address, TLS version and client certificate subject, as seen at reception."""
    folder: str | None = Field(default=None, max_length=200)
    uidvalidity: int | None = Field(default=None, sa_type=BigInteger)
    """Unsigned 32 bits (RFC 3501, 2.3.1.1): wider than PostgreSQL's integer, as is ``uid``."""
    uid: int | None = Field(default=None, sa_type=BigInteger)


def insert(session: Session, delivery: Delivery) -> bool:
    """Insert a delivery; False when these bytes are already known (nothing changes then)."""
    return insert_new(session, table_of(Delivery), delivery.model_dump())


def add_arrival(session: Session, arrival: Arrival) -> bool:
    """Insert an arrival; False when that message of that IMAP folder was already counted.

    Arrivals without a UID (SMTP, files) are always new: the same bytes sent twice arrived twice.
    """
    return insert_new(session, table_of(Arrival), arrival.model_dump(exclude={"id"}))


def get(session: Session, sha256: str) -> Delivery | None:
    """The delivery of that SHA-256, or of a prefix (6 digits at least) that only one has."""
    if not _PREFIX.fullmatch(sha256):
        return None
    if len(sha256) == 64:
        return session.get(Delivery, sha256)
    found = session.exec(select(Delivery).where(col(Delivery.sha256).startswith(sha256)).limit(2)).all()
    return found[0] if len(found) == 1 else None


def move(
    session: Session, sha256: str, before: DeliveryState, after: DeliveryState, **columns: Any
) -> bool:
    """Advance a delivery that still stands at ``before``; False when someone else moved it."""
    statement = (
        update(Delivery)
        .where(col(Delivery.sha256) == sha256, col(Delivery.state) == before)
        .values(state=after, **columns)
    )
    return session.exec(statement).rowcount == 1


def set_aside(
    session: Session, sha256: str, before: DeliveryState, step: str, reason: str, at: datetime
) -> bool:
    """Stop the journey of a delivery at ``step``, which a release will run again."""
    return move(
        session,
        sha256,
        before,
        DeliveryState.SET_ASIDE,
        set_aside_step=step,
        set_aside_from=before,
        set_aside_reason=reason,
        set_aside_at=at,
    )


def release(session: Session, sha256: str, at: datetime) -> bool:
    """Send a delivery that was set aside back where it stood; False when it is not set aside."""
    statement = (
        update(Delivery)
        .where(col(Delivery.sha256) == sha256, col(Delivery.state) == DeliveryState.SET_ASIDE)
        .values(
            state=col(Delivery.set_aside_from),
            set_aside_step=None,
            set_aside_from=None,
            set_aside_reason=None,
            set_aside_at=None,
            releases=col(Delivery.releases) + 1,
            released_at=at,
        )
        .execution_options(synchronize_session="fetch")
    )
    return session.exec(statement).rowcount == 1


def locked(session: Session, mailbox: str) -> list[str]:
    """Identities of the mails of a mailbox whose journey ended unread for want of a key, oldest first."""
    statement = (
        select(Delivery.sha256)
        .where(
            col(Delivery.state) == DeliveryState.SCHEDULED,
            func.lower(col(Delivery.mailbox)) == mailbox.lower(),
            or_(
                col(Delivery.security)["decryption"].as_string() == "no-key",
                col(Delivery.security)["nested_decryption"].as_string() == "no-key",
            ),
        )
        .order_by(col(Delivery.received_at), col(Delivery.sha256))
    )
    return list(session.exec(statement))


def reopen(session: Session, sha256: str, at: datetime) -> bool:
    """Send a mail whose journey ended back to its start; False when it is not at the end."""
    return move(
        session,
        sha256,
        DeliveryState.SCHEDULED,
        DeliveryState.RECEIVED,
        releases=col(Delivery.releases) + 1,
        released_at=at,
    )


def list_state(session: Session, states: Collection[DeliveryState], limit: int = 100) -> list[Delivery]:
    """Deliveries in these states, oldest first."""
    statement = (
        select(Delivery)
        .where(col(Delivery.state).in_(states))
        .order_by(col(Delivery.received_at), col(Delivery.sha256))
        .limit(limit)
    )
    return list(session.exec(statement))


def unfinished(session: Session) -> list[str]:
    """Identities of every delivery whose journey is neither ended nor set aside, oldest first."""
    ended = (DeliveryState.SCHEDULED, DeliveryState.SET_ASIDE)
    statement = (
        select(Delivery.sha256)
        .where(col(Delivery.state).not_in(ended))
        .order_by(col(Delivery.received_at), col(Delivery.sha256))
    )
    return list(session.exec(statement))


def arrivals(session: Session, sha256: str) -> list[Arrival]:
    """Every arrival of a delivery, in the order they came."""
    statement = select(Arrival).where(col(Arrival.delivery) == sha256).order_by(col(Arrival.id))
    return list(session.exec(statement))


def counts(session: Session) -> dict[DeliveryState, int]:
    """How many deliveries stand in each state; every state is present."""
    rows = session.exec(select(Delivery.state, func.count()).group_by(col(Delivery.state)))
    return dict.fromkeys(DeliveryState, 0) | {DeliveryState(state): count for state, count in rows}
