"""Addresses that gave letters back: flagged until a letter reaches them or a person clears them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Field, SQLModel, col, select

from storage.db import Instant, Session, insert_new, table_of
from storage.outbox import OutboxEntry


class FailedAddress(SQLModel, table=True):
    """One address (lower case) and what its last failed letter was told."""

    __tablename__ = "failed_addresses"

    address: str = Field(primary_key=True, max_length=320)
    failed_at: datetime = Field(sa_type=Instant)
    reason: str = Field(max_length=300)
    """Code and text of the refusing server, one bounded line."""
    letter: str = Field(max_length=250)
    """Message-ID of that letter."""
    cleared_at: datetime | None = Field(default=None, sa_type=Instant)


def flag(session: Session, address: str, at: datetime, reason: str, letter: str) -> None:
    """Remember that a letter to ``address`` failed for good; the latest failure is the one shown."""
    values = {"failed_at": at, "reason": reason[:300], "letter": letter, "cleared_at": None}
    row = {"address": address.lower(), **values}
    if not insert_new(session, table_of(FailedAddress), row):
        statement = update(FailedAddress).where(col(FailedAddress.address) == address.lower())
        session.execute(statement.values(**values))


def clear(session: Session, address: str, at: datetime) -> bool:
    """A letter reached it, or a person says it is good; ``False`` when it was not flagged."""
    statement = (
        update(FailedAddress)
        .where(col(FailedAddress.address) == address.lower(), col(FailedAddress.cleared_at).is_(None))
        .values(cleared_at=at)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def flagged(session: Session, addresses: Collection[str]) -> dict[str, FailedAddress]:
    """Those of ``addresses`` that are flagged now."""
    lowered = {address.lower() for address in addresses}
    statement = select(FailedAddress).where(
        col(FailedAddress.address).in_(lowered), col(FailedAddress.cleared_at).is_(None)
    )
    return {row.address: row for row in session.exec(statement)}


def listed(session: Session, limit: int) -> list[FailedAddress]:
    """Every address flagged now, the latest failure first."""
    statement = select(FailedAddress).where(col(FailedAddress.cleared_at).is_(None))
    return list(session.exec(statement.order_by(col(FailedAddress.failed_at).desc()).limit(limit)))


def flagged_of_case(session: Session, case_id: int) -> list[str]:
    """Flagged addresses that letters of a case went to."""
    statement = (
        select(FailedAddress.address)
        .where(col(FailedAddress.cleared_at).is_(None))
        .where(
            col(FailedAddress.address).in_(
                select(OutboxEntry.recipient_key).where(col(OutboxEntry.case_id) == case_id)
            )
        )
    )
    return sorted(session.exec(statement))
