"""Addresses that gave letters back: flagged until a letter reaches them or a person decides."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, or_, update
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
    replaced_by: str | None = Field(default=None, max_length=320)
    """Where a person says letters go instead, as typed; kept until a person says otherwise."""
    decided_by: str | None = Field(default=None, max_length=80)
    """Login of that person."""


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


def decide(
    session: Session, address: str, person: str, at: datetime, replaced_by: str | None = None
) -> bool:
    """A person's word: the address is good (no ``replaced_by``), or another one serves in its place.

    ``False`` when it was never flagged.
    """
    statement = (
        update(FailedAddress)
        .where(col(FailedAddress.address) == address.lower())
        .values(
            cleared_at=at if replaced_by is None else None,
            replaced_by=replaced_by,
            decided_by=person,
        )
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def get(session: Session, address: str) -> FailedAddress | None:
    return session.get(FailedAddress, address.lower(), populate_existing=True)


def target(session: Session, address: str) -> str:
    """Where a letter for ``address`` goes: what a person put in its place, else itself."""
    found = get(session, address)
    return found.replaced_by if found is not None and found.replaced_by else address


def flagged(session: Session, addresses: Collection[str]) -> dict[str, FailedAddress]:
    """Those of ``addresses`` that are flagged now and that nobody replaced."""
    lowered = {address.lower() for address in addresses}
    statement = select(FailedAddress).where(col(FailedAddress.address).in_(lowered), *_open())
    return {row.address: row for row in session.exec(statement)}


def flagged_of_domains(session: Session, domains: Collection[str]) -> list[str]:
    """Flagged addresses of these mail domains, nobody having replaced them."""
    ends = [col(FailedAddress.address).like(f"%@{_literal(d.lower())}", escape="/") for d in domains]
    if not ends:
        return []
    statement = select(FailedAddress.address).where(or_(*ends), *_open())
    return sorted(session.exec(statement))


def listed(session: Session, limit: int) -> list[FailedAddress]:
    """Every address flagged now, those that a person replaced included, the latest failure first."""
    statement = select(FailedAddress).where(col(FailedAddress.cleared_at).is_(None))
    return list(session.exec(statement.order_by(col(FailedAddress.failed_at).desc()).limit(limit)))


def flagged_of_case(session: Session, case_id: int) -> list[str]:
    """Flagged addresses that letters of a case went to."""
    statement = (
        select(FailedAddress.address)
        .where(*_open())
        .where(
            col(FailedAddress.address).in_(
                select(OutboxEntry.recipient_key).where(col(OutboxEntry.case_id) == case_id)
            )
        )
    )
    return sorted(session.exec(statement))


def _open() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(FailedAddress.cleared_at).is_(None), col(FailedAddress.replaced_by).is_(None)


def _literal(domain: str) -> str:
    return domain.replace("/", "//").replace("%", "/%").replace("_", "/_")
