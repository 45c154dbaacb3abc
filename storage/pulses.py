"""A beat for each queue: a number that grows with every change of its work, for those who watch it.

Pages that are open ask only for these few rows; whoever changes an item says so here, in the same
transaction, so that a beat is never seen before what it tells of.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel

from storage.db import table_of


class Pulse(SQLModel, table=True):
    """How many times the work of a queue changed."""

    __tablename__ = "pulses"

    circuit: str = Field(primary_key=True, max_length=80)
    queue: str = Field(primary_key=True, max_length=40)
    beats: int


def beat(session: Session, places: Iterable[tuple[str, str]]) -> None:
    """Say that the work of these (circuit, queue) changed. Call it under ``tallies.hold``."""
    pulses = table_of(Pulse)
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for circuit, queue in sorted(set(places)):
        statement = dialect.insert(pulses)
        more = {"beats": pulses.c.beats + 1}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["circuit", "queue"], set_=more),
            {"circuit": circuit, "queue": queue, "beats": 1},
        )


def every(session: Session) -> dict[tuple[str, str], int]:
    """The beats of every queue that ever changed."""
    pulses = table_of(Pulse)
    rows = session.connection().execute(select(pulses.c.circuit, pulses.c.queue, pulses.c.beats))
    return {(circuit, queue): beats for circuit, queue, beats in rows}
