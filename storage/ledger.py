"""The ledger of each mailbox: every message its server showed, and what became of it, day by day.

A message counts on the day (in France) it was first seen on the server. What became of it: accepted, a
duplicate of one accepted before, refused with its reason, still there; a message that is none of these is
the difference, and must not exist. Numbers that the server gave and never showed (somebody moved or deleted
the message before a scan) are counted apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, and_, exists, func
from sqlalchemy import select as sa_select
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, delete, select, update

from storage.db import Instant, insert_new, table_of
from storage.deliveries import Arrival, Via

GENERATION = 1 << 32
"""UIDVALIDITY and UID are 32 bits: what is above says how often the server went back in time."""


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
    reason: str = Field(default="", max_length=200)
    """Why it is not accepted, when it was tried: the name of an error, never a content."""


class Day(SQLModel, table=True):
    """What the log holds of one mailbox and day, beside the messages."""

    __tablename__ = "ledger_days"

    mailbox: str = Field(primary_key=True, max_length=254)
    day: date = Field(primary_key=True)
    unseen: int = 0
    """Numbers that the server gave and never showed."""
    alarmed: int = 0
    """The difference for which the last alarm was given."""
    signed_at: datetime | None = Field(default=None, sa_type=Instant)
    position: int | None = Field(default=None, sa_type=BigInteger)
    """The event of the log that closes this day."""


@dataclass(frozen=True, slots=True)
class Count:
    """The ledger of one mailbox and day. ``on_server``: messages first seen on its server that day."""

    mailbox: str
    day: date
    on_server: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    still_there: int = 0
    unseen: int = 0
    reasons: tuple[str, ...] = ()
    signed_at: datetime | None = None
    position: int | None = None

    @property
    def difference(self) -> int:
        """Messages seen on the server of which nothing is known; 0, or something was lost."""
        return self.on_server - self.accepted - self.duplicates - self.refused - self.still_there


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


def seen(session: Session, mailbox: str, name: str, generation: int) -> set[int]:
    """UIDs already seen in this generation of a folder."""
    return set(session.exec(select(Sighting.uid).where(_in_folder(mailbox, name, generation))))


def add_seen(session: Session, rows: Iterable[Sighting]) -> int:
    """Keep new sightings; returns how many were not known."""
    return sum(insert_new(session, table_of(Sighting), row.model_dump()) for row in rows)


def refuse(session: Session, mailbox: str, name: str, generation: int, uid: int, reason: str) -> None:
    """Say why this message is not accepted; it stays on the server and is tried again."""
    which = and_(_in_folder(mailbox, name, generation), col(Sighting.uid) == uid)
    open_ = col(Sighting.fate).in_((Fate.WAITING, Fate.REFUSED))
    session.exec(update(Sighting).where(which, open_).values(reason=reason[:200], fate=Fate.REFUSED))


def settle(session: Session, mailbox: str, name: str, generation: int, present: Collection[int]) -> int:
    """Say what became of the messages that had no end yet; returns how many left without being accepted.

    ``present``: UIDs in the folder now. Messages of an earlier generation of the folder are no longer
    there under these numbers: what is still on the server is seen anew in this one, and more of them than
    the folder holds are lost.
    """
    earlier = aliased(Arrival)
    again = exists().where(
        col(earlier.delivery) == col(Arrival.delivery), col(earlier.id) < col(Arrival.id)
    )
    waiting = (
        sa_select(col(Sighting.uidvalidity), col(Sighting.uid), col(Arrival.id), again)
        .outerjoin(Arrival, _arrived())
        .where(
            col(Sighting.mailbox) == mailbox,
            col(Sighting.folder) == name,
            col(Sighting.fate).in_((Fate.WAITING, Fate.REFUSED)),
        )
    )
    gone, room = 0, len(present)
    for validity, uid, arrival, known in session.connection().execute(waiting).all():
        which = and_(_in_folder(mailbox, name, validity), col(Sighting.uid) == uid)
        if arrival is not None:
            fate = Fate.DUPLICATE if known else Fate.ACCEPTED
            session.exec(update(Sighting).where(which).values(fate=fate, reason=""))
        elif validity != generation and room > 0:
            # the folder was rebuilt: the same message counts in the new generation, not in both
            session.exec(delete(Sighting).where(which))
            room -= 1
        elif validity != generation or uid not in present:
            session.exec(update(Sighting).where(which).values(fate=Fate.GONE))
            gone += 1
    return gone


def add_unseen(session: Session, mailbox: str, on: date, count: int) -> None:
    """Count numbers that the server gave and never showed."""
    insert_new(session, table_of(Day), Day(mailbox=mailbox, day=on).model_dump())
    which = and_(col(Day.mailbox) == mailbox, col(Day.day) == on)
    session.exec(update(Day).where(which).values(unseen=col(Day.unseen) + count))


def counts(session: Session, first: date, last: date, mailbox: str | None = None) -> list[Count]:
    """The ledger of these days (included), by day then mailbox; only those of which something is known."""
    statement = (
        sa_select(col(Sighting.mailbox), col(Sighting.day), col(Sighting.fate), func.count())
        .where(col(Sighting.day) >= first, col(Sighting.day) <= last)
        .group_by(col(Sighting.mailbox), col(Sighting.day), col(Sighting.fate))
    )
    days = select(Day).where(col(Day.day) >= first, col(Day.day) <= last)
    if mailbox is not None:
        statement = statement.where(col(Sighting.mailbox) == mailbox)
        days = days.where(col(Day.mailbox) == mailbox)
    rows = {(row.mailbox, row.day): row for row in session.exec(days)}
    fates: dict[tuple[str, date], dict[Fate, int]] = {key: {} for key in rows}
    for box, on, fate, count in session.connection().execute(statement):
        fates.setdefault((box, on), {})[fate] = count
    return [
        _count(session, rows.get(key) or Day(mailbox=key[0], day=key[1]), fates[key])
        for key in sorted(fates, key=lambda key: (key[1], key[0]))
    ]


def _count(session: Session, row: Day, fates: dict[Fate, int]) -> Count:
    return Count(
        row.mailbox,
        row.day,
        sum(fates.values()),
        fates.get(Fate.ACCEPTED, 0),
        fates.get(Fate.DUPLICATE, 0),
        fates.get(Fate.REFUSED, 0),
        fates.get(Fate.WAITING, 0),
        row.unseen,
        _reasons(session, row.mailbox, row.day) if fates.get(Fate.REFUSED) else (),
        row.signed_at,
        row.position,
    )


def unsigned(session: Session, before: date) -> list[tuple[str, date]]:
    """Mailboxes and days before this one that have sightings and are not closed in the log."""
    closed = aliased(Day)
    same = and_(col(closed.mailbox) == col(Sighting.mailbox), col(closed.day) == col(Sighting.day))
    seen_days = (
        sa_select(col(Sighting.mailbox), col(Sighting.day))
        .distinct()
        .outerjoin(closed, same)
        .where(col(Sighting.day) < before, col(closed.signed_at).is_(None))
    )
    open_days = sa_select(col(Day.mailbox), col(Day.day)).where(
        col(Day.day) < before, col(Day.signed_at).is_(None)
    )
    found: set[tuple[str, date]] = set()
    for statement in (seen_days, open_days):
        found |= {(mailbox, on) for mailbox, on in session.connection().execute(statement)}
    return sorted(found)


def sign(session: Session, mailbox: str, on: date, at: datetime, position: int) -> bool:
    """Close a day; ``False`` when it was closed already."""
    insert_new(session, table_of(Day), Day(mailbox=mailbox, day=on).model_dump())
    which = and_(col(Day.mailbox) == mailbox, col(Day.day) == on, col(Day.signed_at).is_(None))
    return session.exec(update(Day).where(which).values(signed_at=at, position=position)).rowcount == 1


def alarm(session: Session, mailbox: str, on: date, difference: int) -> bool:
    """Note an alarm; ``False`` when it was already given for this difference."""
    insert_new(session, table_of(Day), Day(mailbox=mailbox, day=on).model_dump())
    which = and_(col(Day.mailbox) == mailbox, col(Day.day) == on, col(Day.alarmed) != difference)
    return session.exec(update(Day).where(which).values(alarmed=difference)).rowcount == 1


def _reasons(session: Session, mailbox: str, on: date) -> tuple[str, ...]:
    statement = (
        select(Sighting.reason)
        .distinct()
        .where(
            col(Sighting.mailbox) == mailbox,
            col(Sighting.day) == on,
            col(Sighting.fate) == Fate.REFUSED,
        )
    )
    return tuple(sorted(session.exec(statement)))


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
