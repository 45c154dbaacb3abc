"""Counts the administrator sees: arrivals by mailbox, instances alive, letters by state. No content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select

from storage.db import Session
from storage.deliveries import Arrival, Delivery, DeliveryState
from storage.executors import ExecutorBeat
from storage.outbox import OutboxEntry, OutboxState


@dataclass(frozen=True, slots=True)
class Inbox:
    """What one mailbox received."""

    arrivals: int
    recent: int
    """Since a day the caller chose."""
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Deliveries of one state on their way, and since when the oldest waits."""

    state: DeliveryState
    count: int
    oldest: datetime


def inboxes(session: Session, since: datetime) -> dict[str, Inbox]:
    """Arrivals by mailbox (lower case), those after ``since`` counted apart."""
    total = select(Arrival.mailbox, func.count(), func.max(Arrival.at)).group_by(col(Arrival.mailbox))
    recent = dict(
        session.exec(
            select(Arrival.mailbox, func.count()).where(Arrival.at >= since).group_by(col(Arrival.mailbox))
        ).all()
    )
    return {
        mailbox.casefold(): Inbox(count, recent.get(mailbox, 0), last)
        for mailbox, count, last in session.exec(total).all()
    }


def unfinished(session: Session) -> list[Unfinished]:
    """Deliveries still on their way, by state; those at rest are left out."""
    rest = (DeliveryState.SCHEDULED, DeliveryState.SET_ASIDE)
    statement = (
        select(Delivery.state, func.count(), func.min(Delivery.received_at))
        .where(col(Delivery.state).not_in(rest))
        .group_by(col(Delivery.state))
    )
    found = [Unfinished(DeliveryState(s), n, oldest) for s, n, oldest in session.exec(statement).all()]
    order = list(DeliveryState)
    return sorted(found, key=lambda one: order.index(one.state))


def aside(session: Session) -> int:
    """How many deliveries are set aside."""
    return session.exec(select(func.count()).where(Delivery.state == DeliveryState.SET_ASIDE)).one()


def letters(session: Session) -> dict[OutboxState, int]:
    """Letters by state, every state named."""
    rows = session.exec(select(OutboxEntry.state, func.count()).group_by(col(OutboxEntry.state))).all()
    return dict.fromkeys(OutboxState, 0) | {OutboxState(state): count for state, count in rows}


def executors(session: Session, at: datetime, silence: timedelta) -> list[tuple[str, datetime, bool]]:
    """Each instance, its last sign of life, and whether it is still within ``silence``."""
    beats = session.exec(select(ExecutorBeat).order_by(col(ExecutorBeat.executor)))
    return [(beat.executor, beat.beat_at, at - beat.beat_at <= silence) for beat in beats]
