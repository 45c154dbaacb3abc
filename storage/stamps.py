"""Time stamps of a third party (RFC 3161) about checkpoints: the token as it was given."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field, Session, SQLModel, col, select

from storage.audit import CheckpointRow
from storage.db import Instant, insert_new, table_of


class StampRow(SQLModel, table=True):
    """One token, about the SHA-256 of the signed note of the checkpoint of ``size`` entries."""

    __tablename__ = "audit_stamps"

    size: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    """The time that the token says, not our clock."""
    authority: str = Field(max_length=300)
    """Address it was asked from."""
    token: bytes = Field(sa_type=LargeBinary)
    """The whole answer (TimeStampResp, DER): what ``openssl ts -verify -in`` reads."""


class Sealed(NamedTuple):
    """A checkpoint with its token, if it has one."""

    size: int
    at: datetime
    note: str
    """The signed note: what the token is about is the SHA-256 of its UTF-8 bytes."""
    stamp: StampRow | None


def add(session: Session, row: StampRow) -> bool:
    """Keep a token; ``False`` when its checkpoint already has one."""
    return insert_new(session, table_of(StampRow), row.model_dump())


def latest_unstamped(session: Session) -> tuple[int, str] | None:
    """Size and note of the last checkpoint, ``None`` when it has its token or when there is none."""
    statement = select(CheckpointRow.size, CheckpointRow.note).order_by(col(CheckpointRow.size).desc())
    row = session.exec(statement.limit(1)).first()
    if row is None or session.get(StampRow, row[0]) is not None:
        return None
    return row


def last_at(session: Session) -> datetime | None:
    """The time of the last token."""
    return session.exec(select(StampRow.at).order_by(col(StampRow.size).desc()).limit(1)).first()


def listed(session: Session, first: int = 0, last: int | None = None) -> list[Sealed]:
    """The checkpoints of ``first`` to ``last`` entries (included), smallest first, each with its token."""
    statement = select(CheckpointRow).where(col(CheckpointRow.size) >= first)
    if last is not None:
        statement = statement.where(col(CheckpointRow.size) <= last)
    rows = session.exec(statement.order_by(col(CheckpointRow.size))).all()
    tokens = {row.size: row for row in session.exec(select(StampRow).where(col(StampRow.size) >= first))}
    return [Sealed(row.size, row.at, row.note, tokens.get(row.size)) for row in rows]


def last_stamped(session: Session) -> datetime | None:
    """When the last checkpoint that has its token was made, by our clock."""
    statement = select(CheckpointRow.at).where(col(CheckpointRow.size).in_(select(StampRow.size)))
    return session.exec(statement.order_by(col(CheckpointRow.size).desc()).limit(1)).first()


def of_sizes(session: Session, sizes: Collection[int]) -> list[StampRow]:
    """The tokens about these checkpoints, smallest first."""
    statement = select(StampRow).where(col(StampRow.size).in_(sorted(sizes)))
    return list(session.exec(statement.order_by(col(StampRow.size))))


def first_after(session: Session, size: int) -> StampRow | None:
    """The first token about a checkpoint of at least ``size`` entries: it dates all that comes before."""
    statement = select(StampRow).where(col(StampRow.size) >= size).order_by(col(StampRow.size))
    return session.exec(statement.limit(1)).first()
