"""What keeps a case from being erased, and since when nothing happened in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, update
from sqlmodel import Field, SQLModel, col, select

from storage.cases import Case, CaseDocument, Item, Period
from storage.contestations import Cause, Contestation, ContestationCandidate, ContestationState
from storage.db import Instant, Session
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document
from storage.outbox import OutboxEntry


class LegalHold(SQLModel, table=True):
    """A hold put by a person on one case: nothing of it is erased until somebody lifts it."""

    __tablename__ = "legal_holds"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    reason: str = Field(max_length=300)
    placed_by: str = Field(max_length=80)
    placed_at: datetime = Field(sa_type=Instant)
    lifted_by: str | None = Field(default=None, max_length=80)
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A case and the last instant (or day) anything of it is about."""

    case: Case
    since: date


def place(session: Session, hold: LegalHold) -> LegalHold:
    """Put a hold; its id is set on return."""
    session.add(hold)
    session.flush()
    return hold


def lift(session: Session, hold_id: int, person: str, at: datetime) -> bool:
    """Lift a hold that stands; ``False`` when there is none."""
    statement = (
        update(LegalHold)
        .where(col(LegalHold.id) == hold_id, col(LegalHold.lifted_at).is_(None))
        .values(lifted_by=person, lifted_at=at)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def hold(session: Session, hold_id: int) -> LegalHold | None:
    return session.get(LegalHold, hold_id, populate_existing=True)


def holds(session: Session, case_id: int | None = None) -> list[tuple[LegalHold, Case]]:
    """The holds that stand, of one case or of all, oldest first."""
    statement = (
        select(LegalHold, Case)
        .join(Case, col(Case.id) == col(LegalHold.case_id))
        .where(col(LegalHold.lifted_at).is_(None))
        .order_by(col(LegalHold.id))
    )
    if case_id is not None:
        statement = statement.where(col(LegalHold.case_id) == case_id)
    return list(session.exec(statement))


def binding(session: Session) -> list[Contestation]:
    """Contestations that may hold their case: not closed, or accepted by the hospital's fault."""
    unsettled = or_(
        col(Contestation.state) != ContestationState.CLOSED, col(Contestation.cause) == Cause.HOSPITAL
    )
    return list(session.exec(select(Contestation).where(unsettled).order_by(col(Contestation.id))))


def maybe_of(session: Session, contestation_ids: Collection[int]) -> list[tuple[int, int]]:
    """Cases that may be those of these contestations, as (case, contestation)."""
    statement = select(ContestationCandidate.case_id, ContestationCandidate.contestation_id).where(
        col(ContestationCandidate.contestation_id).in_(contestation_ids)
    )
    return list(session.exec(statement))


def quiet_cases(session: Session) -> list[Quiet]:
    """Every case with its last activity: opening, arrival, end of a period, letter, contestation."""
    last: dict[int, date] = {}
    for statement in _activities():
        for case_id, when in session.exec(statement):
            if case_id is not None and when is not None:
                day = when.date() if isinstance(when, datetime) else when
                last[case_id] = max(last.get(case_id, day), day)
    cases = session.exec(select(Case).order_by(col(Case.id)))
    return [Quiet(case, last[case.id or 0]) for case in cases]


def _activities() -> tuple[Any, ...]:
    arrivals = (
        select(CaseDocument.case_id, func.max(Delivery.received_at, type_=Instant))
        .join(Document, col(Document.id) == col(CaseDocument.document_id))
        .join(Delivery, col(Delivery.sha256) == col(Document.delivery))
        .group_by(col(CaseDocument.case_id))
    )
    items = select(Item.case_id, func.max(Item.created_at, type_=Instant)).group_by(col(Item.case_id))
    letters = select(OutboxEntry.case_id, func.max(OutboxEntry.created_at, type_=Instant)).group_by(
        col(OutboxEntry.case_id)
    )
    contested = select(Contestation.case_id, func.max(Contestation.changed_at, type_=Instant)).group_by(
        col(Contestation.case_id)
    )
    periods = select(Period.case_id, func.max(Period.ends)).group_by(col(Period.case_id))
    return select(Case.id, Case.opened_at), arrivals, items, letters, contested, periods


def homeless_mails(session: Session, before: datetime) -> list[Delivery]:
    """Mails received before ``before`` that ended their journey and gave nothing to any case.

    Mails that opened a case, brought a contestation or a receipt about a letter of a case are not of them.
    """
    filed = (
        select(Document.delivery)
        .join(CaseDocument, col(CaseDocument.document_id) == col(Document.id))
        .distinct()
    )
    ours = select(Item.delivery).where(col(Item.case_id).is_not(None))
    statement = (
        select(Delivery)
        .where(
            col(Delivery.received_at) < before,
            col(Delivery.state).in_((DeliveryState.SCHEDULED, DeliveryState.SET_ASIDE)),
            col(Delivery.sha256).not_in(filed),
            col(Delivery.sha256).not_in(ours),
            col(Delivery.sha256).not_in(select(Case.opened_by_delivery)),
            col(Delivery.sha256).not_in(select(Contestation.delivery)),
        )
        .order_by(col(Delivery.received_at), col(Delivery.sha256))
    )
    return list(session.exec(statement))
