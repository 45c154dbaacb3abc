"""The append-only log: canonical events, Merkle leaves, signed checkpoints (decision 5).

What is sealed is small and says nothing of people: position, time, kind, and a commitment to the clear
part (subject and fields). The clear part lies beside with its salt and may be erased at the end of its
retention without breaking the log. ``storage/verification.py`` checks the whole, ``storage/proofs.py``
proves one entry.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy import select as sa_select
from sqlmodel import Field, Session, SQLModel, col, insert, select, update

from storage import notes
from storage.canonical import NotCanonical, Value, canonical, read
from storage.columns import instant_text
from storage.db import Instant, insert_new, table_of
from storage.merkle import Frontier, leaf_hash
from storage.notes import Checkpoint, Signer

VERSION = 1
SALT = 16
_HEAD = 1
_KIND = re.compile(r"[a-z][a-z0-9-]{0,59}")


class EventRow(SQLModel, table=True):
    """One sealed event. ``position`` counts from 0 without a gap; body and leaf are never updated."""

    __tablename__ = "audit_events"

    position: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    kind: str = Field(max_length=60, index=True)
    subject: str = Field(max_length=120, index=True)
    """What it is about: ``delivery:<sha256>``, ``case:<reference>``, ``outbox:<message id>``…"""
    body: bytes = Field(sa_type=LargeBinary)
    """Canonical bytes of the sealed part: ``at``, ``commitment``, ``kind``, ``n`` (position), ``v``."""
    leaf: bytes = Field(sa_type=LargeBinary)
    """RFC 6962 leaf hash of ``body``."""
    salt: bytes | None = Field(default=None, sa_type=LargeBinary)
    clear: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Canonical bytes of ``fields`` and ``subject``; None once erased, with the salt."""


class HeadRow(SQLModel, table=True):
    """The single row that orders writers: locked last in a transaction, released by its commit."""

    __tablename__ = "audit_head"

    id: int = Field(default=_HEAD, primary_key=True)
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


@dataclass(frozen=True, slots=True)
class Event:
    """One event as people read it. ``fields`` is None once the clear part was erased."""

    position: int
    at: datetime
    kind: str
    subject: str
    fields: Mapping[str, Value] | None


_EVENTS, _HEADS = table_of(EventRow), table_of(HeadRow)
_LOCK_HEAD = select(HeadRow.size, HeadRow.frontier).where(col(HeadRow.id) == _HEAD).with_for_update()
_INSERT = insert(_EVENTS).inline()
_MOVE_HEAD = update(_HEADS).where(_HEADS.c.id == _HEAD)
APPENDING = (_LOCK_HEAD, _INSERT, _MOVE_HEAD)
"""The statements of ``append_all``, for ``storage.lane``."""


def commitment(salt: bytes, clear: bytes) -> str:
    """SHA-256 of the salt (16 bytes) followed by the clear part: hides it, and binds to it."""
    return hashlib.sha256(salt + clear).hexdigest()


def clear_part(subject: str, fields: Mapping[str, Value]) -> bytes:
    return canonical({"fields": fields, "subject": subject})


def sealed_part(at: str, committed: str, kind: str, position: int) -> bytes:
    """The canonical bytes that become a leaf; ``at`` as ``instant_text`` writes it."""
    # written out, and equal to canonical() by a test: verifying a million entries builds each once
    return (
        f'{{"at":"{at}","commitment":"{committed}","kind":"{kind}","n":{position},"v":{VERSION}}}'.encode()
    )


def append(session: Session, at: datetime, kind: str, subject: str, fields: Mapping[str, Value]) -> int:
    """Seal one event in this transaction and return its position.

    Takes the lock that orders writers and keeps it until the commit: call it last. Raises
    ``NotCanonical`` for a field that has no canonical form.
    """
    return append_all(session, at, [(kind, subject, fields)])


def append_all(
    session: Session, at: datetime, entries: Sequence[tuple[str, str, Mapping[str, Value]]]
) -> int:
    """Seal several events (kind, subject, fields) as ``append`` would, under one lock and in one insert.

    Returns the position of the first.
    """
    if not all(_KIND.fullmatch(kind) for kind, _, _ in entries):
        raise NotCanonical("kind of an event")
    clears = [clear_part(subject, fields) for _, subject, fields in entries]
    session.flush()
    tree = _locked_head(session)
    first = tree.size
    written = instant_text(at)
    rows = []
    for (kind, subject, _), clear in zip(entries, clears, strict=True):
        salt = secrets.token_bytes(SALT)
        body = sealed_part(written, commitment(salt, clear), kind, tree.size)
        leaf = leaf_hash(body)
        rows.append(
            {
                "position": tree.size,
                "at": at,
                "kind": kind,
                "subject": subject,
                "body": body,
                "leaf": leaf,
                "salt": salt,
                "clear": clear,
            }
        )
        tree.push(leaf)
    connection = session.connection()
    if rows:
        connection.execute(_INSERT, rows)
    connection.execute(_MOVE_HEAD, {"size": tree.size, "frontier": tree.packed()})
    return first


def _locked_head(session: Session) -> Frontier:
    connection = session.connection()
    row = connection.execute(_LOCK_HEAD).first()
    if row is None:
        insert_new(session, _HEADS, {"id": _HEAD, "size": 0, "frontier": b""})
        row = connection.execute(_LOCK_HEAD).one()
    return Frontier(row.size, row.frontier)


def frontier(session: Session) -> Frontier:
    """The running tree of the whole log, as the head row keeps it."""
    row = session.exec(select(HeadRow.size, HeadRow.frontier).where(col(HeadRow.id) == _HEAD)).first()
    return Frontier() if row is None else Frontier(*row)


def head(session: Session) -> tuple[int, bytes]:
    """Size of the log and root of its tree."""
    tree = frontier(session)
    return tree.size, tree.root()


def checkpoint(session: Session, at: datetime, signer: Signer) -> str:
    """The signed note of the log as it stands; the one already written when nothing was added since."""
    size, root = head(session)
    written = _note_of(session, size)
    if written is None:
        note = notes.write(signer, Checkpoint(size, root, at))
        values = {"size": size, "root": root, "at": at, "note": note}
        inserted = insert_new(session, table_of(CheckpointRow), values)
        # another process wrote the same checkpoint in between: its note is the one that stays
        written = note if inserted else _note_of(session, size)
    return written or ""


def _note_of(session: Session, size: int) -> str | None:
    return session.exec(select(CheckpointRow.note).where(col(CheckpointRow.size) == size)).first()


def notes_after(session: Session, size: int) -> Iterator[tuple[datetime, str]]:
    """Time and text of the notes of more than ``size`` entries, in order."""
    statement = (
        select(CheckpointRow.at, CheckpointRow.note)
        .where(col(CheckpointRow.size) > size)
        .order_by(col(CheckpointRow.size))
    )
    yield from session.exec(statement)


def events(session: Session, subjects: Collection[str], limit: int = 1000) -> list[Event]:
    """The events about these subjects, in the order of the log."""
    columns = _EVENTS.c
    statement = (
        sa_select(columns.position, columns.at, columns.kind, columns.subject, columns.clear)
        .where(columns.subject.in_(subjects))
        .order_by(columns.position)
        .limit(limit)
    )
    return [Event(*row[:4], _fields(row[4])) for row in session.connection().execute(statement)]


def _fields(clear: bytes | None) -> Mapping[str, Value] | None:
    if clear is None:
        return None
    whole = cast("Mapping[str, Mapping[str, Value]]", read(clear))
    return whole["fields"]


def erase(session: Session, positions: Collection[int]) -> int:
    """Drop the clear part of these events (end of retention); returns how many had one.

    The sealed part stays, so that the log still verifies; record the erasure as an event of its own.
    """
    statement = (
        update(EventRow)
        .where(col(EventRow.position).in_(positions), col(EventRow.clear).is_not(None))
        .values(clear=None, salt=None, subject="")
    )
    return session.exec(statement).rowcount
