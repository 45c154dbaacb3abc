"""The append-only log: canonical events, Merkle leaves, signed checkpoints (decisions 5 and 8).

What is sealed names nobody: position, time, kind, codes and numbers, and a commitment to each personal
value (``storage/sealed.py``). Those values lie beside with their salts, one row each, and may be dropped
at the end of their retention without breaking the log (``forget``). ``storage/verification.py`` checks
the whole, ``storage/proofs.py`` proves one entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, delete, text
from sqlalchemy import select as sa_select
from sqlmodel import Field, Session, SQLModel, col, insert, select, update

from storage import notes
from storage.canonical import Value
from storage.columns import instant_text
from storage.db import Instant, insert_new, table_of
from storage.merkle import Frontier, leaf_hash
from storage.notes import Checkpoint, Signer
from storage.sealed import SUBJECT, Clear, Plain, nothing, opened, seal

_HEAD = 1
_CHUNK = 500


class EventRow(SQLModel, table=True):
    """One sealed event. ``position`` counts from 0 without a gap; body and leaf are never updated."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_by_kind", "kind", "position"),
        Index("ix_audit_events_by_subject", "subject", "position"),
        Index("ix_audit_events_by_day", "at", "position"),
    )

    position: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    kind: str = Field(max_length=60)
    subject: str = Field(max_length=120)
    """What it is about: ``delivery:<sha256>``, ``case:<reference>``, ``outbox:<message id>``…; emptied
    when it is forgotten."""
    body: bytes = Field(sa_type=LargeBinary)
    """Canonical bytes of the sealed record (``storage/sealed.py``)."""
    leaf: bytes = Field(sa_type=LargeBinary)
    """RFC 6962 leaf hash of ``body``."""


BY_PERSON = "field IN ('by', 'person')"
"""The values that tell who did it, as the index of the log writes it: a query says it letter for letter."""


class ClearRow(SQLModel, table=True):
    """One personal value of an event, beside the log; the row is dropped when the value is forgotten."""

    __tablename__ = "audit_clear"
    __table_args__ = (
        Index(
            "ix_audit_clear_by_person",
            "value",
            "position",
            sqlite_where=text(BY_PERSON),
            postgresql_where=text(BY_PERSON),
        ),
    )

    position: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    field: str = Field(primary_key=True, max_length=60)
    """Name of the field; ``@`` for the subject of the event."""
    salt: bytes = Field(sa_type=LargeBinary)
    value: bytes = Field(sa_type=LargeBinary)
    """Canonical bytes of the value."""


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
    """One event as people read it. ``erased``: a personal value of it was dropped; the others remain."""

    position: int
    at: datetime
    kind: str
    subject: str
    fields: Mapping[str, Value]
    erased: bool = False


_EVENTS, _CLEARS, _HEADS = table_of(EventRow), table_of(ClearRow), table_of(HeadRow)
_LOCK_HEAD = select(HeadRow.size, HeadRow.frontier).where(col(HeadRow.id) == _HEAD).with_for_update()
_INSERT = insert(_EVENTS).inline()
_INSERT_CLEAR = insert(_CLEARS).inline()
_MOVE_HEAD = update(_HEADS).where(_HEADS.c.id == _HEAD)
APPENDING = (_LOCK_HEAD, _INSERT, _INSERT_CLEAR, _MOVE_HEAD)
"""The statements of ``append_all``, for ``storage.lane``."""


def append(
    session: Session,
    at: datetime,
    kind: str,
    subject: str,
    fields: Mapping[str, Value],
    plain: Plain = nothing,
) -> int:
    """Seal one event in this transaction and return its position.

    Takes the lock that orders writers and keeps it until the commit: call it last. Raises
    ``NotCanonical`` for a field that has no canonical form.
    """
    return append_all(session, at, [(kind, subject, fields)], plain)


def append_all(
    session: Session,
    at: datetime,
    entries: Sequence[tuple[str, str, Mapping[str, Value]]],
    plain: Plain = nothing,
) -> int:
    """Seal several events (kind, subject, fields) as ``append`` would, under one lock and in one insert.

    ``plain`` says which fields are sealed as they are; all others are hidden. Returns the position of the
    first.
    """
    session.flush()
    tree = _locked_head(session)
    first = tree.size
    written = instant_text(at)
    rows, beside = [], []
    for kind, subject, fields in entries:
        position = tree.size
        body, clears = seal(written, kind, position, subject, fields, plain)
        leaf = leaf_hash(body)
        rows.append(
            {"position": position, "at": at, "kind": kind, "subject": subject, "body": body, "leaf": leaf}
        )
        beside += [{"position": position, **clear._asdict()} for clear in clears]
        tree.push(leaf)
    connection = session.connection()
    if rows:
        connection.execute(_INSERT, rows)
        connection.execute(_INSERT_CLEAR, beside)
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
    statement = sa_select(_EVENTS).where(_EVENTS.c.subject.in_(subjects)).order_by(_EVENTS.c.position)
    return told(session, statement.limit(limit))


def since(session: Session, kind: str, subjects: Collection[str], at: datetime) -> list[Event]:
    """The events of one kind about these subjects, written at ``at`` or later."""
    statement = sa_select(_EVENTS).where(
        _EVENTS.c.subject.in_(subjects), _EVENTS.c.kind == kind, _EVENTS.c.at >= at
    )
    return told(session, statement.order_by(_EVENTS.c.position))


def latest(session: Session, before: int | None, size: int) -> list[Event]:
    """A page of the whole log, the latest first; ``before`` is the last position seen."""
    statement = sa_select(_EVENTS).order_by(_EVENTS.c.position.desc()).limit(size)
    return told(session, statement if before is None else statement.where(_EVENTS.c.position < before))


def told(session: Session, statement: Any) -> list[Event]:
    """The events that a query over the rows of the log gives, in its order."""
    rows = session.connection().execute(statement).all()
    beside = clear_values(session, [row.position for row in rows])
    return [
        Event(row.position, row.at, row.kind, row.subject, *opened(row.body, beside[row.position]))
        for row in rows
    ]


def clear_values(session: Session, positions: Sequence[int]) -> defaultdict[int, list[Clear]]:
    """What lies beside these events, by position; nothing for one that was forgotten whole."""
    found: defaultdict[int, list[Clear]] = defaultdict(list)
    for at in range(0, len(positions), _CHUNK):
        statement = sa_select(_CLEARS).where(_CLEARS.c.position.in_(positions[at : at + _CHUNK]))
        for row in session.connection().execute(statement.order_by(_CLEARS.c.field)):
            found[row.position].append(Clear(row.field, row.salt, row.value))
    return found


def forget(
    session: Session,
    positions: Collection[int] = (),
    *,
    subjects: Collection[str] = (),
    fields: Collection[str] | None = None,
) -> int:
    """Drop personal values of these events, and of all events about these subjects (end of retention).

    ``fields``: only these (``SUBJECT`` for the subject itself); ``None``: all of them. Returns how many
    values were dropped. The sealed part stays, so that the log still verifies: the commitment remains and
    can no longer be opened. Record the erasure as an event of its own, last in the same transaction.
    """
    wanted = set(positions)
    for part in _parts(sorted(set(subjects) - {""})):
        wanted |= set(session.exec(select(EventRow.position).where(col(EventRow.subject).in_(part))))
    dropped = 0
    for part in _parts(sorted(wanted)):
        dropping = delete(_CLEARS).where(_CLEARS.c.position.in_(part))
        if fields is not None:
            dropping = dropping.where(_CLEARS.c.field.in_(sorted(fields)))
        dropped += session.connection().execute(dropping).rowcount
        if fields is None or SUBJECT in fields:
            blank = update(_EVENTS).where(_EVENTS.c.position.in_(part)).values(subject="")
            session.connection().execute(blank)
    return dropped


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[at : at + _CHUNK] for at in range(0, len(values), _CHUNK))
