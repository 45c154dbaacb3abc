"""Periods of care of a case: what each form asks, grants or refuses; added, never rewritten, never deleted.

    a  granted ─ strike ─▶ struck        the form gives it no more: rejected, another type, a further copy
    b  requested ─ strike ─▶ struck
    c  refused ─ strike ─▶ struck
    d  tacit ─ strike ─▶ struck
    e  struck ─ restore ─▶ granted       what it was: the form gives it again
    f  struck ─ restore ─▶ requested
    g  struck ─ restore ─▶ refused
    h  struck ─ restore ─▶ tacit

A struck period gives no rights, starts nothing and answers nothing; it stays and is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint, update
from sqlmodel import Field, Session, SQLModel, col, select

from storage.db import Instant, insert_new, table_of


class PeriodOrigin(StrEnum):
    AUTHORISATION = "authorisation"
    EXTENSION = "extension"


class PeriodStatus(StrEnum):
    """A tacit extension is never GRANTED by itself (domain, 1.3): a person decides."""

    GRANTED = "granted"
    REQUESTED = "requested"
    REFUSED = "refused"
    TACIT = "tacit"
    """Deemed granted by silence, and confirmed by a person on its proof (``storage.proposals``)."""
    STRUCK = "struck"
    """Its form no longer gives it; ``Period.was`` says what it gave."""


STRUCK_FROM: frozenset[PeriodStatus] = frozenset(PeriodStatus) - {PeriodStatus.STRUCK}
"""Statuses that a strike leaves, and that a restoration goes back to."""
ARROWS: Mapping[str, tuple[PeriodStatus, PeriodStatus]] = {
    "a": (PeriodStatus.GRANTED, PeriodStatus.STRUCK),
    "b": (PeriodStatus.REQUESTED, PeriodStatus.STRUCK),
    "c": (PeriodStatus.REFUSED, PeriodStatus.STRUCK),
    "d": (PeriodStatus.TACIT, PeriodStatus.STRUCK),
    "e": (PeriodStatus.STRUCK, PeriodStatus.GRANTED),
    "f": (PeriodStatus.STRUCK, PeriodStatus.REQUESTED),
    "g": (PeriodStatus.STRUCK, PeriodStatus.REFUSED),
    "h": (PeriodStatus.STRUCK, PeriodStatus.TACIT),
}


class Period(SQLModel, table=True):
    """A period of care asked, granted or refused by one form; added, never rewritten by another form.

    A person who corrects what was misread on the form corrects it (``correct_period``), with an event.
    """

    __tablename__ = "periods"
    __table_args__ = (UniqueConstraint("case_id", "document_id", "status", "was"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    document_id: int = Field(foreign_key="documents.id")
    """The form it is written on; a request deemed granted by silence writes both periods."""
    origin: PeriodOrigin = Field(max_length=16)
    status: PeriodStatus = Field(max_length=16)
    was: str = Field(default="", max_length=16)
    """The status a struck period had; nothing while it stands."""
    starts: date | None = None
    ends: date | None = None
    amount: str | None = Field(default=None, max_length=20)
    at: datetime = Field(sa_type=Instant)

    @property
    def stands(self) -> bool:
        return self.status is not PeriodStatus.STRUCK

    @property
    def given(self) -> PeriodStatus:
        """What its form gave, whether it stands or is struck."""
        return self.status if self.stands else PeriodStatus(self.was)


def add_period(session: Session, period: Period) -> bool:
    """Add what one document writes of time; ``False`` when that document already did."""
    return insert_new(session, table_of(Period), period.model_dump(exclude={"id"}))


def correct_period(
    session: Session, period: Period, starts: date | None, ends: date | None, amount: str | None
) -> None:
    """Write what a form says of time as a person read it: the reading was wrong, not the history."""
    period.starts, period.ends, period.amount = starts, ends, amount
    session.add(period)
    session.flush()


def strike(session: Session, period: Period) -> bool:
    """Strike a period that stands (arrows a to d); ``False`` when it does not."""
    return period.stands and _move(session, period, PeriodStatus.STRUCK, str(period.status))


def restore(session: Session, period: Period) -> bool:
    """Give back to a struck period the status it had (arrows e to h); ``False`` when it is not struck."""
    return not period.stands and _move(session, period, period.given, "")


def periods(session: Session, case_id: int) -> list[Period]:
    """Every period of a case, struck ones included, in the order they came."""
    return list(session.exec(select(Period).where(col(Period.case_id) == case_id).order_by(col(Period.id))))


def periods_of_document(session: Session, document_id: int) -> list[Period]:
    """Every period one document ever gave, in any case, struck ones included, in the order they came."""
    statement = select(Period).where(col(Period.document_id) == document_id)
    return list(session.exec(statement.order_by(col(Period.id))))


def period_of_document(session: Session, document_id: int) -> Period | None:
    """The first period this document gives now."""
    return next((p for p in periods_of_document(session, document_id) if p.stands), None)


def _move(session: Session, period: Period, after: PeriodStatus, was: str) -> bool:
    """One arrow from the status the caller saw."""
    session.flush()
    statement = (
        update(Period)
        .where(col(Period.id) == period.id, col(Period.status) == period.status)
        .values(status=after, was=was)
        .execution_options(synchronize_session=False)
    )
    moved = bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]
    session.refresh(period)
    return moved
