"""Registrations of a beneficiary by a caisse: number and dates of rights, each entry added, none rewritten.

A change (a further period, a mistake) is one more entry: the last one holds, the others tell the story.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint, delete
from sqlmodel import Field, Session, SQLModel, col, select

from storage.cases import Case
from storage.db import Instant, insert_new, table_of


class Registration(SQLModel, table=True):
    """One entry. ``number`` counts from 1 in its case: two people at once, the second is told."""

    __tablename__ = "registrations"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    number: int
    nir: str = Field(max_length=13, index=True)
    """Thirteen digits, without the key."""
    starts: date
    ends: date
    period_id: int | None = Field(default=None, foreign_key="periods.id")
    """The period of the form the dates come from."""
    tacit: bool = False
    """The period was deemed granted by silence, and confirmed by a person."""
    checks: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    """What each check of the number found, as it was shown: name, whether it holds, status."""
    reason: str = Field(default="", max_length=300)
    """Why the number or the dates were kept although something did not hold."""
    by: str = Field(max_length=80)
    at: datetime = Field(sa_type=Instant)


def add(session: Session, entry: Registration) -> bool:
    """Add an entry; ``False`` when its number is already taken in the case."""
    return insert_new(session, table_of(Registration), entry.model_dump(exclude={"id"}))


def of_case(session: Session, case_id: int) -> list[Registration]:
    """Entries of a case, the first one first; the last one holds."""
    statement = select(Registration).where(col(Registration.case_id) == case_id)
    return list(session.exec(statement.order_by(col(Registration.number))))


def cases_with(session: Session, nir: str, but: int) -> list[Case]:
    """Other cases whose registration bears this number."""
    statement = (
        select(Case)
        .join(Registration, col(Registration.case_id) == col(Case.id))
        .where(col(Registration.nir) == nir, col(Registration.case_id) != but)
        .distinct()
        .order_by(col(Case.id))
    )
    return list(session.exec(statement))


def erase(session: Session, case_id: int) -> None:
    """The case reached the end of its retention: number and dates go with it."""
    session.execute(delete(Registration).where(col(Registration.case_id) == case_id))
