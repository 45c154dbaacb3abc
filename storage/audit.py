"""The append-only log: canonical events, Merkle leaves, signed checkpoints (decision 5)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field, SQLModel

from storage.db import Instant


class EventRow(SQLModel, table=True):
    """One sealed event. ``position`` counts from 0 without a gap; the row is never updated."""

    __tablename__ = "audit_events"

    position: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    kind: str = Field(max_length=60, index=True)
    subject: str = Field(max_length=120, index=True)
    """What it is about: ``delivery:<sha256>``, ``case:<reference>``, ``outbox:<message id>``…"""
    body: bytes = Field(sa_type=LargeBinary)
    """Canonical bytes of the whole event (``storage/canonical.py``)."""
    leaf: bytes = Field(sa_type=LargeBinary)
    """RFC 6962 leaf hash of ``body``."""


class HeadRow(SQLModel, table=True):
    """The single row that orders writers: locked last in a transaction, released by its commit."""

    __tablename__ = "audit_head"

    id: int = Field(default=1, primary_key=True)
    size: int = Field(default=0, sa_type=BigInteger)
    frontier: bytes = Field(default=b"", sa_type=LargeBinary)
    """Hashes of the perfect subtrees of the tree of ``size`` leaves, largest first, 32 bytes each."""


class CheckpointRow(SQLModel, table=True):
    __tablename__ = "audit_checkpoints"

    size: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    root: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=Instant)
    note: str
    """The signed note: origin, size, root, time, Ed25519 signature."""
