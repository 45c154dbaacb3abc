"""Letters that leave, with the exact bytes sent and every receipt that came back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint, func, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from storage.db import Instant, insert_new, table_of
from storage.lettermoves import ARROWS, OutboxState

__all__ = ["OutboxState"]


class Following(StrEnum):
    """How far the wait for an acknowledgement of a letter went."""

    NONE = "none"
    WAITING = "waiting"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    ANSWERED = "answered"


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
    recipient_key: str = Field(default="", max_length=320, index=True)
    """The recipient in lower case."""
    domain: str = Field(default="", max_length=255, index=True)
    """Domain of the recipient, lower case: limits are kept by destination."""
    attempted_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    retried_at: datetime | None = Field(default=None, sa_type=Instant)
    """When a person asked for it again: patience starts anew then."""
    protection: str = Field(default="", max_length=12)
    """``encrypted``, ``signed`` or ``clear``."""
    why: list[str] = Field(default_factory=list, sa_type=JSON)
    """French sentences: how the letter is protected and why not better."""
    expects: str | None = Field(default=None, max_length=10)
    """What must come back: ``delivery``, ``reading`` or ``answer``."""
    within_days: int = 0
    expected_by: datetime | None = Field(default=None, sa_type=Instant, index=True)
    """Set when the letter leaves."""
    following: Following = Field(default=Following.NONE, max_length=12, index=True)
    follows: int | None = Field(default=None, foreign_key="outbox.id", index=True)
    """The letter without return that this one reminds of."""


class Receipt(SQLModel, table=True):
    """A report about a letter (DSN, MDN, bounce, business answer), kept even when late or doubled."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("outbox_id", "delivery"),)

    id: int | None = Field(default=None, primary_key=True)
    outbox_id: int = Field(foreign_key="outbox.id", index=True)
    delivery: str = Field(foreign_key="deliveries.sha256", max_length=64)
    """The mail that carried the report."""
    action: str = Field(max_length=20)
    """``delivered``, ``delayed``, ``failed``, ``displayed``, ``processed``, ``error``, ``answered``."""
    status: str = Field(default="", max_length=20)
    detail: str = Field(default="", max_length=500)
    at: datetime = Field(sa_type=Instant)


def queue(session: Session, entry: OutboxEntry) -> OutboxEntry | None:
    """Queue a letter; ``None`` when a letter with its Message-ID is already there."""
    entry.recipient_key = entry.recipient.lower()
    entry.domain = entry.recipient_key.rpartition("@")[2][:255]
    if not insert_new(session, table_of(OutboxEntry), entry.model_dump(exclude={"id"})):
        return None
    return by_message_id(session, entry.message_id)


def by_message_id(session: Session, message_id: str) -> OutboxEntry | None:
    """The letter that bears this Message-ID, angle brackets included."""
    statement = select(OutboxEntry).where(col(OutboxEntry.message_id) == message_id)
    return session.exec(statement, execution_options={"populate_existing": True}).first()


def get(session: Session, entry_id: int) -> OutboxEntry | None:
    return session.get(OutboxEntry, entry_id, populate_existing=True)


def of_delivery(session: Session, sha256: str) -> list[OutboxEntry]:
    """Letters that answer a delivery, oldest first."""
    statement = select(OutboxEntry).where(col(OutboxEntry.delivery) == sha256)
    return list(session.exec(statement.order_by(col(OutboxEntry.id))))


def claim(
    session: Session, owner: str, at: datetime, until: datetime, full: Collection[str] = ()
) -> OutboxEntry | None:
    """Take one letter that is due, for ``owner`` alone until ``until``; counts the attempt.

    A lease that ran out is free again: its holder died, or its answer never came. Letters to the domains
    of ``full`` wait for their turn (see ``busy``).
    """
    free = or_(col(OutboxEntry.lease_until).is_(None), col(OutboxEntry.lease_until) <= at)
    due = (
        select(OutboxEntry)
        .where(
            col(OutboxEntry.state) == OutboxState.QUEUED,
            col(OutboxEntry.next_attempt_at) <= at,
            free,
            col(OutboxEntry.domain).not_in(full),
        )
        .order_by(col(OutboxEntry.next_attempt_at), col(OutboxEntry.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    entry = session.exec(due).first()
    if entry is None or entry.id is None:
        return None
    taken = (
        update(OutboxEntry)
        .where(col(OutboxEntry.id) == entry.id, col(OutboxEntry.state) == OutboxState.QUEUED, free)
        .values(
            lease_owner=owner, lease_until=until, attempted_at=at, attempts=col(OutboxEntry.attempts) + 1
        )
        .execution_options(synchronize_session=False)
    )
    if session.execute(taken).rowcount != 1:  # type: ignore[attr-defined]
        return None
    return get(session, entry.id)


def free_leases(session: Session, holder: str, again_at: datetime | None = None) -> int:
    """Free the letters that a dead instance held (attempts are named ``<holder>#…``); how many.

    Only for an instance known to be dead: one that starts under its own name, or one taken over. Nobody
    knows whether those letters left: ``again_at`` lets a delivery report say so before they leave again.
    """
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
    if again_at is not None:
        values["next_attempt_at"] = again_at
    statement = (
        update(OutboxEntry)
        .where(col(OutboxEntry.lease_owner).startswith(f"{holder}#", autoescape=True))
        .values(**values)
    )
    return session.exec(statement).rowcount


def finish(
    session: Session,
    entry_id: int,
    owner: str,
    after: OutboxState,
    reply: str,
    *,
    sent_at: datetime | None = None,
    next_attempt_at: datetime | None = None,
) -> bool:
    """Record what an attempt gave and free the lease; ``False`` when the lease is someone else's now.

    A receipt may have moved the letter on while the attempt was unanswered: its state is then kept. A
    letter that leaves (``sent_at``) and expects an acknowledgement is followed from then on.
    """
    entry = get(session, entry_id)
    if entry is None or entry.lease_owner != owner:
        return False
    still = entry.state is OutboxState.QUEUED
    if still and after is not entry.state and (entry.state, after) not in ARROWS:
        return False
    values: dict[str, Any] = {
        "state": after if still else entry.state,
        "last_reply": reply,
        "lease_owner": None,
        "lease_until": None,
    }
    if sent_at is not None:
        values |= _left(entry, sent_at)
    if next_attempt_at is not None:
        values["next_attempt_at"] = next_attempt_at
    statement = (
        update(OutboxEntry)
        .where(
            col(OutboxEntry.id) == entry_id,
            col(OutboxEntry.lease_owner) == owner,
            col(OutboxEntry.state) == entry.state,
        )
        .values(**values)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def move(
    session: Session,
    entry_id: int,
    before: OutboxState,
    after: OutboxState,
    *,
    left_at: datetime | None = None,
) -> bool:
    """Follow one arrow of ``lettermoves.TABLE`` from the state the caller saw; ``False`` when it is not
    there.

    ``left_at``: a report proves that a letter left whose attempt never told.
    """
    entry = get(session, entry_id)
    if entry is None or entry.state is not before or (before, after) not in ARROWS:
        return False
    values: dict[str, Any] = {"state": after}
    if left_at is not None and entry.sent_at is None:
        values |= _left(entry, left_at)
    statement = (
        update(OutboxEntry)
        .where(col(OutboxEntry.id) == entry_id, col(OutboxEntry.state) == before)
        .values(**values)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _left(entry: OutboxEntry, at: datetime) -> dict[str, Any]:
    """Columns of a letter that left at ``at``; what it expects is waited for once, whatever comes again."""
    values: dict[str, Any] = {"sent_at": at}
    if entry.expects and entry.following is Following.NONE:
        due = at + timedelta(days=entry.within_days)
        values |= {"expected_by": due, "following": Following.WAITING}
    return values


def busy(session: Session, at: datetime, since: datetime) -> dict[str, tuple[int, int]]:
    """By domain: attempts begun after ``since``, and attempts under way at ``at``."""
    by_domain = select(OutboxEntry.domain, func.count()).group_by(col(OutboxEntry.domain))
    recent = dict(session.exec(by_domain.where(col(OutboxEntry.attempted_at) > since)).all())
    live = dict(session.exec(by_domain.where(col(OutboxEntry.lease_until) > at)).all())
    return {domain: (recent.get(domain, 0), live.get(domain, 0)) for domain in recent.keys() | live.keys()}


def requeue(session: Session, entry_id: int, before: OutboxState, at: datetime) -> bool:
    """Put back in the queue a letter still in ``before``, due at once; its attempts are counted on."""
    statement = (
        update(OutboxEntry)
        .where(col(OutboxEntry.id) == entry_id, col(OutboxEntry.state) == before)
        .values(
            state=OutboxState.QUEUED,
            next_attempt_at=at,
            retried_at=at,
            lease_owner=None,
            lease_until=None,
        )
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def listed(session: Session, states: Collection[OutboxState], limit: int) -> list[OutboxEntry]:
    """Letters in these states, the latest first."""
    statement = select(OutboxEntry).where(col(OutboxEntry.state).in_(states))
    return list(session.exec(statement.order_by(col(OutboxEntry.id).desc()).limit(limit)))


def written_to(session: Session, recipient: str, since: datetime) -> int:
    """How many letters to this address were queued since ``since``."""
    statement = (
        select(func.count())
        .select_from(OutboxEntry)
        .where(col(OutboxEntry.recipient_key) == recipient.lower())
        .where(col(OutboxEntry.created_at) >= since)
    )
    return session.exec(statement).one()


def first_sent(session: Session, deliveries: Collection[str]) -> dict[str, datetime]:
    """When the first letter about each delivery was taken by the next mail server."""
    statement = (
        select(OutboxEntry)
        .where(col(OutboxEntry.delivery).in_(deliveries), col(OutboxEntry.sent_at).is_not(None))
        .order_by(col(OutboxEntry.sent_at).desc())
    )
    return {
        entry.delivery: entry.sent_at
        for entry in session.exec(statement)
        if entry.delivery is not None and entry.sent_at is not None
    }


def next_attempt(session: Session) -> datetime | None:
    """When the next queued letter is due, ``None`` with an empty queue."""
    statement = select(func.min(OutboxEntry.next_attempt_at)).where(
        col(OutboxEntry.state) == OutboxState.QUEUED
    )
    return session.exec(statement).one()


def add_receipt(session: Session, receipt: Receipt) -> bool:
    """Keep a report about a letter; ``False`` when this mail already reported on it."""
    return insert_new(session, table_of(Receipt), receipt.model_dump(exclude={"id"}))


def receipts(session: Session, entry_id: int) -> list[Receipt]:
    """Reports about a letter, in the order they came."""
    statement = select(Receipt).where(col(Receipt.outbox_id) == entry_id)
    return list(session.exec(statement.order_by(col(Receipt.at), col(Receipt.id))))
