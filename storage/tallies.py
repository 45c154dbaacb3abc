"""How many open items each queue holds, by state and next due date, kept as items change.

Counters are then sums over days, never over items: they cost the same with 1,000 or 1,000,000 items.
Every verb that changes an item says so here, in its own transaction; ``recount`` makes it all anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Date, column, delete, func, insert, literal, select, table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel

from storage import pulses
from storage.db import table_of

NEVER = date.max
"""The due date of an item that waits for nothing."""
_DONE = "done"
_LOCK = 0x50415353
"""Number of the advisory lock on the lists of work, any constant of ours."""
_ITEMS = table("items", column("circuit"), column("queue"), column("state"), column("next_due", Date))


class Tally(SQLModel, table=True):
    """So many open items of a queue in one state have this next due date."""

    __tablename__ = "tallies"

    circuit: str = Field(primary_key=True, max_length=80)
    queue: str = Field(primary_key=True, max_length=40)
    state: str = Field(primary_key=True, max_length=8)
    due: date = Field(primary_key=True)
    """``NEVER`` when nothing is waited for."""
    number: int


class Slot(NamedTuple):
    """Where an item is counted."""

    circuit: str
    queue: str
    state: str
    due: date | None


def hold(session: Session) -> None:
    """Hold the lists of work until the commit: those who change items or their due dates take turns.

    Two of them could otherwise miss each other's row (an item filed while its due date is set). SQLite
    has one writer at a time already; on PostgreSQL they take turns at the evidence log anyway.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(literal(_LOCK))))


def change(session: Session, changes: Iterable[tuple[Slot, int]]) -> None:
    """Add these numbers to these slots; finished items are not counted."""
    sums: Counter[Slot] = Counter()
    for slot, number in changes:
        if slot.state != _DONE:
            sums[slot._replace(due=slot.due or NEVER)] += number
    pulses.beat(session, {(slot.circuit, slot.queue) for slot in sums})
    tallies = table_of(Tally)
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for slot, number in sorted(sums.items()):
        if not number:
            continue
        statement = dialect.insert(tallies)
        grown = {"number": tallies.c.number + statement.excluded.number}
        keys = [c.name for c in tallies.primary_key.columns]
        connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=grown),
            {**slot._asdict(), "number": number},
        )
        if number < 0:
            here = (tallies.c[name] == value for name, value in slot._asdict().items())
            connection.execute(delete(tallies).where(*here, tallies.c.number == 0))


def recount(session: Session) -> None:
    """Count every open item again: after rows were written by other means than our verbs."""
    session.flush()
    hold(session)
    tallies = table_of(Tally)
    due = func.coalesce(_ITEMS.c.next_due, literal(NEVER, Date))
    slot = (_ITEMS.c.circuit, _ITEMS.c.queue, _ITEMS.c.state, due)
    counted = select(*slot, func.count()).where(_ITEMS.c.state != _DONE).group_by(*slot)
    connection = session.connection()
    connection.execute(delete(tallies))
    names = ["circuit", "queue", "state", "due", "number"]
    connection.execute(insert(tallies).from_select(names, counted))


def every(session: Session) -> dict[Slot, int]:
    """Every slot that holds an item."""
    rows = session.connection().execute(select(*(table_of(Tally).c)))
    return {
        Slot(row.circuit, row.queue, row.state, None if row.due == NEVER else row.due): row.number
        for row in rows
    }
