"""What a person records on a case with its day: a payment, a discharge, pieces asked for and received."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import String, UniqueConstraint, cast, literal
from sqlalchemy import select as sql_select
from sqlmodel import Field, Session, SQLModel, col, select

from storage.cases import Case
from storage.db import Instant, insert_new, table_of
from storage.deadlines import Deadline


class Happening(SQLModel, table=True):
    """One event of a case; ``name`` is one of ``[[events]]`` of its circuit. Never changed, only added."""

    __tablename__ = "happenings"
    __table_args__ = (UniqueConstraint("case_id", "name", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    name: str = Field(max_length=40)
    key: str = Field(max_length=80)
    """What makes it one: the day, or a reference (a claim, an invoice): said twice, it is kept once."""
    on: date
    """The day it happened, which may be long before somebody says so."""
    at: datetime = Field(sa_type=Instant)
    by: str = Field(max_length=80)
    note: str = Field(default="", max_length=300)


def add(session: Session, happening: Happening) -> Happening | None:
    """Record an event; ``None`` when it is already there."""
    if not insert_new(session, table_of(Happening), happening.model_dump(exclude={"id"})):
        return None
    there = select(Happening).where(
        col(Happening.case_id) == happening.case_id,
        col(Happening.name) == happening.name,
        col(Happening.key) == happening.key,
    )
    return session.exec(there).one()


def of_case(session: Session, case_id: int) -> list[Happening]:
    """Events of a case, in the order they were recorded."""
    statement = select(Happening).where(col(Happening.case_id) == case_id)
    return list(session.exec(statement.order_by(col(Happening.id))))


def without(session: Session, circuit: str, kind: str, name: str) -> list[tuple[Happening, Case]]:
    """Events of this name that have not started the delay ``kind`` yet (origin ``event:<number>``)."""
    origin = literal("event:") + cast(col(Happening.id), String)
    started = select(Deadline.id).where(col(Deadline.kind) == kind, col(Deadline.origin) == origin).exists()
    statement = (
        select(Happening, Case)
        .join(Case, col(Case.id) == col(Happening.case_id))
        .where(col(Case.circuit) == circuit, col(Happening.name) == name, ~started)
        .order_by(col(Happening.id))
    )
    return list(session.exec(statement))


def cases_after(session: Session, number: int) -> list[tuple[int, int]]:
    """(event, case) of every event recorded after the one of this number."""
    statement = sql_select(col(Happening.id), col(Happening.case_id)).where(col(Happening.id) > number)
    return [(one, case_id) for one, case_id in session.execute(statement.order_by(col(Happening.id)))]
