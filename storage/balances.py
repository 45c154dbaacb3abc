"""The balance of each mailbox and day: on its server = accepted + duplicates + refused + still there.

An IMAP folder is counted by what it showed (``storage/ledger.py``); SMTP and LMTP by what our sessions
answered, which is written apart from the rows of the mails: who was told that a mail is kept must find it.
A day is closed by an event of the log; what changes afterwards shows beside what was signed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, and_, exists, func
from sqlalchemy import select as sa_select
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select, update

from storage.db import Instant, insert_new, table_of
from storage.deliveries import Arrival, Via
from storage.ledger import Fate, Sighting

DayOf: TypeAlias = Callable[[datetime], date]
_Counts: TypeAlias = dict[tuple[str, date], Counter[Any]]

_FIRST, _LAST = date(1, 1, 2), date(9999, 12, 29)
"""So that a day more on each side still has a date."""
TAKEN = ""
"""The reason of what was not refused, in ``Answers``."""


class Day(SQLModel, table=True):
    """What the log holds of one mailbox and day, beside the messages."""

    __tablename__ = "ledger_days"

    mailbox: str = Field(primary_key=True, max_length=254)
    day: date = Field(primary_key=True)
    scans: int = 0
    """How often its folder was read that day; 0 for a mailbox that mail reaches by SMTP alone."""
    unseen: int = 0
    """Numbers that the server gave and never showed: moved or deleted between two readings, or skipped."""
    alarmed: int = 0
    """The difference for which the last alarm was given."""
    signed_at: datetime | None = Field(default=None, sa_type=Instant)
    position: int | None = Field(default=None, sa_type=BigInteger)
    """The event of the log that closes this day."""
    signed_difference: int = 0


class Answers(SQLModel, table=True):
    """How many messages our SMTP sessions answered in one way, for one mailbox and day.

    ``reason`` is the code of the refusal; empty for messages that were taken. Refusals before a recipient
    was named are under the mailbox ``""``.
    """

    __tablename__ = "ledger_answers"

    mailbox: str = Field(primary_key=True, max_length=254)
    day: date = Field(primary_key=True)
    reason: str = Field(primary_key=True, max_length=60)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Balance:
    """The ledger of one mailbox and day. ``on_server``: messages first seen on its server that day, and
    messages that senders handed over."""

    mailbox: str
    day: date
    on_server: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    still_there: int = 0
    unseen: int = 0
    scans: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    """Why messages were refused: a code or the name of an error, and how many."""
    signed_at: datetime | None = None
    position: int | None = None
    signed_difference: int = 0

    @property
    def difference(self) -> int:
        """Messages of which nothing is known; 0, or something was lost."""
        return self.on_server - self.accepted - self.duplicates - self.refused - self.still_there


def heard(session: Session, mailbox: str, on: date, *, scans: int = 0, unseen: int = 0) -> None:
    """Open the day of a mailbox; add readings of its folder, and numbers never shown."""
    insert_new(session, table_of(Day), Day(mailbox=mailbox, day=on).model_dump())
    if scans or unseen:
        values = {"unseen": col(Day.unseen) + unseen, "scans": col(Day.scans) + scans}
        session.exec(update(Day).where(_of(mailbox, on)).values(**values))


def add_answers(session: Session, counted: Mapping[tuple[str, date, str], int]) -> None:
    """Add what sessions answered: how many messages by mailbox, day and reason (``TAKEN``: none)."""
    for (mailbox, on, reason), count in sorted(counted.items()):
        key = {"mailbox": mailbox, "day": on, "reason": reason[:60]}
        insert_new(session, table_of(Answers), {**key, "count": 0})
        which = [getattr(Answers, name) == value for name, value in key.items()]
        session.exec(update(Answers).where(*which).values(count=col(Answers.count) + count))


def balances(
    session: Session, first: date, last: date, day_of: DayOf, mailbox: str | None = None
) -> list[Balance]:
    """The ledger of these days (included), by day then mailbox; only those of which something is known.

    ``day_of`` gives the day of an instant.
    """
    asked = _Asked(first, last, day_of, mailbox)
    rows = session.exec(select(Day).where(*asked.of(col(Day.mailbox), col(Day.day))))
    known = {(row.mailbox, row.day): row for row in rows}
    fates, answers, handed = _fates(session, asked), _answers(session, asked), _handed(session, asked)
    reasons = _reasons(session, asked)
    none: Counter[Any] = Counter()
    return [
        _balance(
            known.get(key) or Day(mailbox=key[0], day=key[1]),
            fates.get(key, none),
            answers.get(key, none),
            handed.get(key, none),
            reasons.get(key, none),
        )
        for key in sorted({*known, *fates, *answers, *handed}, key=lambda key: (key[1], key[0]))
    ]


def unsigned(session: Session, before: date) -> list[tuple[str, date]]:
    """Mailboxes and days before this one that are not closed in the log, oldest first."""
    statement = select(Day).where(col(Day.day) < before, col(Day.signed_at).is_(None))
    rows = session.exec(statement.order_by(col(Day.day), col(Day.mailbox)))
    return [(row.mailbox, row.day) for row in rows]


def sign(session: Session, balance: Balance, at: datetime, position: int) -> bool:
    """Close a day; ``False`` when it was closed already."""
    which = and_(_of(balance.mailbox, balance.day), col(Day.signed_at).is_(None))
    values = {"signed_at": at, "position": position, "signed_difference": balance.difference}
    return session.exec(update(Day).where(which).values(**values)).rowcount == 1


def alarm(session: Session, mailbox: str, on: date, difference: int) -> bool:
    """Note an alarm, or its end (0); ``False`` when it was already given for this difference."""
    heard(session, mailbox, on)
    which = and_(_of(mailbox, on), col(Day.alarmed) != difference)
    return session.exec(update(Day).where(which).values(alarmed=difference)).rowcount == 1


def alarms(session: Session) -> list[Day]:
    """Days whose last alarm is not over, latest first."""
    statement = select(Day).where(col(Day.alarmed) != 0)
    return list(session.exec(statement.order_by(col(Day.day).desc(), col(Day.mailbox))))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which days and mailbox a question is about."""

    first: date
    last: date
    day_of: DayOf
    mailbox: str | None

    def of(self, mailbox: Any, day: Any) -> list[Any]:
        found = [day >= self.first, day <= self.last]
        return found if self.mailbox is None else [*found, mailbox == self.mailbox]


def _of(mailbox: str, on: date) -> Any:
    return and_(col(Day.mailbox) == mailbox, col(Day.day) == on)


def _fates(session: Session, asked: _Asked) -> _Counts:
    columns = (col(Sighting.mailbox), col(Sighting.day), col(Sighting.fate))
    rows = sa_select(*columns, func.count()).where(*asked.of(*columns[:2])).group_by(*columns)
    return _counted(session.connection().execute(rows))


def _reasons(session: Session, asked: _Asked) -> _Counts:
    columns = (col(Sighting.mailbox), col(Sighting.day), col(Sighting.reason))
    refused = col(Sighting.fate) == Fate.REFUSED
    rows = sa_select(*columns, func.count()).where(*asked.of(*columns[:2]), refused).group_by(*columns)
    return _counted(session.connection().execute(rows))


def _answers(session: Session, asked: _Asked) -> _Counts:
    columns = (col(Answers.mailbox), col(Answers.day))
    rows = sa_select(*columns, col(Answers.reason), col(Answers.count)).where(*asked.of(*columns))
    return _counted(session.connection().execute(rows))


def _handed(session: Session, asked: _Asked) -> _Counts:
    """Arrivals by SMTP and LMTP: how many were new to the mailbox, how many it had already."""
    earlier = aliased(Arrival)
    again = exists().where(
        col(earlier.delivery) == col(Arrival.delivery),
        col(earlier.mailbox) == col(Arrival.mailbox),
        col(earlier.id) < col(Arrival.id),
    )
    # wider than any time zone: the day of each is asked below
    begin = datetime.combine(max(asked.first, _FIRST), time(), UTC) - timedelta(days=1)
    end = datetime.combine(min(asked.last, _LAST), time(), UTC) + timedelta(days=2)
    statement = sa_select(col(Arrival.mailbox), col(Arrival.at), again).where(
        col(Arrival.via).in_((Via.SMTP, Via.LMTP)), col(Arrival.at) >= begin, col(Arrival.at) < end
    )
    if asked.mailbox is not None:
        statement = statement.where(col(Arrival.mailbox) == asked.mailbox)
    found: _Counts = {}
    for mailbox, at, known in session.connection().execute(statement):
        on = asked.day_of(at)
        if asked.first <= on <= asked.last:
            fate = Fate.DUPLICATE if known else Fate.ACCEPTED
            found.setdefault((mailbox, on), Counter())[fate] += 1
    return found


def _counted(rows: Iterable[Any]) -> _Counts:
    found: _Counts = {}
    for mailbox, on, what, count in rows:
        found.setdefault((mailbox, on), Counter())[what] += count
    return found


def _balance(
    row: Day, fates: Counter[Any], answers: Counter[Any], handed: Counter[Any], reasons: Counter[Any]
) -> Balance:
    refusals = Counter({reason: count for reason, count in answers.items() if reason != TAKEN})
    kept = sum(handed.values())
    # told that it is kept, and not here: that is what must not exist; the other way round, the machine
    # stopped before it could tell, and the sender tries again
    handed_over = max(kept, answers[TAKEN])
    return Balance(
        mailbox=row.mailbox,
        day=row.day,
        on_server=fates.total() + handed_over + refusals.total(),
        accepted=fates[Fate.ACCEPTED] + handed[Fate.ACCEPTED],
        duplicates=fates[Fate.DUPLICATE] + handed[Fate.DUPLICATE],
        refused=fates[Fate.REFUSED] + refusals.total(),
        still_there=fates[Fate.WAITING],
        unseen=row.unseen,
        scans=row.scans,
        reasons=tuple(sorted((reasons + refusals).items())),
        signed_at=row.signed_at,
        position=row.position,
        signed_difference=row.signed_difference,
    )
