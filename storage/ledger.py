"""The ledger of each mailbox: every message its server showed, and what became of it, day by day.

A message counts on the day (in France) it was first seen on the server. What became of it: accepted, a
duplicate of one accepted before, refused with its reason, still there; a message that is none of these is
the difference, and must not exist. A message that comes back, put back by a person or numbered anew by its
server, is known by its mark and counts once. ``storage/balances.py`` adds up the days.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, and_, exists
from sqlalchemy import select as sa_select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select, update

from storage.db import Instant, insert_new, table_of
from storage.deliveries import Arrival, Via

GENERATION = 1 << 32
"""UIDVALIDITY and UID are 32 bits: what is above says how often the server went back in time."""


_ROWS = 500


class Fate(StrEnum):
    """What became of a message seen on the server."""

    WAITING = "waiting"
    REFUSED = "refused"
    """Still there, tried, and not accepted for a reason."""
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    GONE = "gone"
    """It left the folder before it was accepted: the difference."""


class Folder(SQLModel, table=True):
    """What a folder of a server said at its last scan."""

    __tablename__ = "ledger_folders"

    mailbox: str = Field(primary_key=True, max_length=254)
    folder: str = Field(primary_key=True, max_length=200)
    uidvalidity: int = Field(sa_type=BigInteger)
    """As the server says it."""
    uidnext: int = Field(sa_type=BigInteger)
    restored: int = 0
    """How often the server went back in time under this UIDVALIDITY (restored from a copy)."""
    scanned_at: datetime = Field(sa_type=Instant)


class Sighting(SQLModel, table=True):
    """One message seen on the server."""

    __tablename__ = "ledger_sightings"

    mailbox: str = Field(primary_key=True, max_length=254)
    folder: str = Field(primary_key=True, max_length=200)
    uidvalidity: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    """The generation of the folder, as arrivals write it."""
    uid: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    day: date = Field(index=True)
    seen_at: datetime = Field(sa_type=Instant)
    fate: Fate = Field(default=Fate.WAITING, max_length=9, index=True)
    mark: str = Field(default="", max_length=32, index=True)
    """What follows the message when it gets another number; empty when the server did not say."""
    reason: str = Field(default="", max_length=200)
    """Why it is not accepted, when it was tried: the name of an error, never a content."""


def folder(session: Session, mailbox: str, name: str) -> Folder | None:
    return session.get(Folder, (mailbox, name))


def generation_of(row: Folder) -> int:
    """UIDVALIDITY as arrivals write it: another number each time the server went back in time."""
    return row.uidvalidity + row.restored * GENERATION


def open_folder(
    session: Session, mailbox: str, name: str, validity: int, uidnext: int, at: datetime
) -> Folder:
    """Take note of what the folder says now (``uidnext``: 0 when it does not say) and return its row.

    A server whose UIDNEXT or UIDVALIDITY goes back was restored from a copy: it will give numbers again
    that it gave before, and what was counted under them counts no more (RFC 3501, 2.3.1.1).
    """
    known = folder(session, mailbox, name)
    restored = known.restored if known else 0
    if known is not None:
        same = validity == known.uidvalidity
        restored += validity < known.uidvalidity or (same and 0 < uidnext < known.uidnext)
        uidnext = uidnext or (known.uidnext if same else 0)
    row = Folder(
        mailbox=mailbox,
        folder=name,
        uidvalidity=validity,
        uidnext=uidnext,
        restored=restored,
        scanned_at=at,
    )
    keep_folder(session, row)
    return row


def restart_folder(session: Session, mailbox: str, name: str) -> Folder:
    """Count every message of the folder anew: another mail was found under a number already counted."""
    row = folder(session, mailbox, name)
    if row is None:
        raise ValueError("a folder that was never opened cannot be restarted")
    again = Folder(**{**row.model_dump(), "restored": row.restored + 1})
    keep_folder(session, again)
    return again


def keep_folder(session: Session, row: Folder) -> None:
    """Write what the folder says now."""
    if not insert_new(session, table_of(Folder), row.model_dump()):
        which = and_(col(Folder.mailbox) == row.mailbox, col(Folder.folder) == row.folder)
        session.exec(update(Folder).where(which).values(**row.model_dump(exclude={"mailbox", "folder"})))


def seen(session: Session, mailbox: str, name: str, generation: int, since: int = 0) -> set[int]:
    """UIDs already seen in this generation of a folder, from ``since`` on."""
    which = and_(_in_folder(mailbox, name, generation), col(Sighting.uid) >= since)
    return set(session.exec(select(Sighting.uid).where(which)))


def add_seen(session: Session, rows: Iterable[Sighting]) -> None:
    """Keep new sightings; those already known stay as they are."""
    session.flush()
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = [row.model_dump() for row in rows]
    for start in range(0, len(values), _ROWS):
        statement = dialect.insert(table_of(Sighting)).on_conflict_do_nothing().inline()
        connection.execute(statement, values[start : start + _ROWS])


def refuse(session: Session, mailbox: str, name: str, generation: int, uid: int, reason: str) -> bool:
    """Say why this message is not accepted; it stays on the server and is tried again.

    ``False`` when that was already said, or when it has another end.
    """
    which = and_(_in_folder(mailbox, name, generation), col(Sighting.uid) == uid)
    open_ = col(Sighting.fate).in_((Fate.WAITING, Fate.REFUSED))
    values = {"reason": reason[:200], "fate": Fate.REFUSED}
    another = col(Sighting.reason) != reason[:200]
    return session.exec(update(Sighting).where(which, open_, another).values(**values)).rowcount == 1


def settle(session: Session, mailbox: str, name: str, generation: int, present: Collection[int]) -> None:
    """Say what became of the messages that had no end yet. ``present``: UIDs in the folder now.

    One that left before it was accepted is gone, until it is seen again under another number: then it is
    the same message, and counts on the day it was first seen.
    """
    for validity, uid, fate, arrival, known in session.connection().execute(_open(mailbox, name)).all():
        which = and_(_in_folder(mailbox, name, validity), col(Sighting.uid) == uid)
        if arrival is not None:
            after = Fate.DUPLICATE if known else Fate.ACCEPTED
            session.exec(update(Sighting).where(which).values(fate=after, reason=""))
        elif fate != Fate.GONE and (validity != generation or uid not in present):
            session.exec(update(Sighting).where(which).values(fate=Fate.GONE))
    _find_again(session, mailbox, name)


def _open(mailbox: str, name: str) -> Any:
    """Messages without a good end: generation, UID, fate, arrival, whether its bytes had come before."""
    earlier = aliased(Arrival)
    again = exists().where(
        col(earlier.delivery) == col(Arrival.delivery),
        col(earlier.mailbox) == mailbox,
        col(earlier.id) < col(Arrival.id),
    )
    return (
        sa_select(col(Sighting.uidvalidity), col(Sighting.uid), col(Sighting.fate), col(Arrival.id), again)
        .outerjoin(Arrival, _arrived())
        .where(
            col(Sighting.mailbox) == mailbox,
            col(Sighting.folder) == name,
            col(Sighting.fate).in_((Fate.WAITING, Fate.REFUSED, Fate.GONE)),
        )
    )


def _find_again(session: Session, mailbox: str, name: str) -> None:
    """Of a message that left and came back, keep the last number and the first day."""
    here = [col(Sighting.mailbox) == mailbox, col(Sighting.folder) == name]
    gone = select(Sighting).where(*here, col(Sighting.fate) == Fate.GONE, col(Sighting.mark) != "")
    for lost in session.exec(gone).all():
        same = select(Sighting).where(
            *here, col(Sighting.mark) == lost.mark, col(Sighting.fate) != Fate.GONE
        )
        last = session.exec(same.order_by(col(Sighting.seen_at).desc(), col(Sighting.uid).desc())).first()
        if last is None:
            continue
        if lost.seen_at < last.seen_at:
            last.day, last.seen_at = lost.day, lost.seen_at
        session.delete(lost)
    session.flush()


def _in_folder(mailbox: str, name: str, generation: int) -> Any:
    return and_(
        col(Sighting.mailbox) == mailbox,
        col(Sighting.folder) == name,
        col(Sighting.uidvalidity) == generation,
    )


def _arrived() -> Any:
    return and_(
        col(Arrival.mailbox) == col(Sighting.mailbox),
        col(Arrival.folder) == col(Sighting.folder),
        col(Arrival.uidvalidity) == col(Sighting.uidvalidity),
        col(Arrival.uid) == col(Sighting.uid),
        col(Arrival.via).in_((Via.IMAP, Via.REBUILD)),
    )
