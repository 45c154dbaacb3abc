"""Lists that cross queues, page by page: cases, due dates, messages received or set aside, open items.

Nothing here writes. Each list is read by key (the last row seen), so that a page, an export or a feed costs
the same wherever it stands in the list.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, false, literal, or_, tuple_, union_all
from sqlalchemy import select as sql_select
from sqlmodel import col, select

from storage.cases import Case, Item, ItemState
from storage.db import Instant, Session
from storage.deadlines import PENDING, Deadline, DeadlineState
from storage.deliveries import Delivery, DeliveryState
from storage.queues import OPEN_STATES, Place


@dataclass(frozen=True, slots=True)
class Sought:
    """Which items of every queue. ``None``: whatever it is; an empty text: those that none is known of."""

    states: tuple[ItemState, ...] = OPEN_STATES
    due_before: date | None = None
    """Only those whose next due date is before this day."""
    caisse: str | None = None
    finess: str | None = None


def cases(session: Session, places: Collection[Place], before: int | None, size: int) -> list[Case]:
    """Cases that one of these queues holds an item of, the latest opened first.

    ``before``: the number of the last one seen.
    """
    held = exists().where(col(Item.case_id) == col(Case.id), within(places))
    statement = select(Case).where(held)
    if before is not None:
        statement = statement.where(col(Case.id) < before)
    return list(session.exec(statement.order_by(col(Case.id).desc()).limit(size)))


def due_dates(
    session: Session,
    places: Collection[Place],
    after: tuple[date, int] | None,
    size: int,
    states: Sequence[DeadlineState] = PENDING,
) -> list[tuple[Deadline, str | None]]:
    """Due dates that the items of these queues wait for, the nearest first, with their case's reference."""
    of_case = exists().where(col(Item.case_id) == col(Deadline.case_id), within(places))
    of_mail = exists().where(
        col(Item.delivery) == col(Deadline.delivery), col(Deadline.case_id).is_(None), within(places)
    )
    statement = (
        sql_select(Deadline, col(Case.reference))
        .outerjoin(Case, col(Case.id) == col(Deadline.case_id))
        .where(col(Deadline.state).in_(states), or_(of_case, of_mail))
    )
    if after is not None:
        key = tuple_(literal(after[0]), literal(after[1]))
        statement = statement.where(tuple_(col(Deadline.due), col(Deadline.id)) > key)
    found = session.execute(statement.order_by(col(Deadline.due), col(Deadline.id)).limit(size))
    return [(deadline, reference) for deadline, reference in found]


def set_aside(session: Session, after: tuple[datetime, str] | None, size: int) -> list[Delivery]:
    """Messages set aside, the latest first; ``after``: instant and hash of the last one seen."""
    statement = select(Delivery).where(Delivery.state == DeliveryState.SET_ASIDE)
    if after is not None:
        place = tuple_(col(Delivery.set_aside_at), col(Delivery.sha256))
        statement = statement.where(place < tuple_(literal(after[0], Instant), literal(after[1])))
    order = (col(Delivery.set_aside_at).desc(), col(Delivery.sha256).desc())
    return list(session.exec(statement.order_by(*order).limit(size)))


def received(
    session: Session, first: datetime, last: datetime, after: tuple[datetime, str] | None, size: int
) -> list[tuple[Delivery, list[Item]]]:
    """Messages received in [first, last), the latest first, with their items."""
    statement = select(Delivery).where(col(Delivery.received_at) >= first, col(Delivery.received_at) < last)
    if after is not None:
        place = tuple_(col(Delivery.received_at), col(Delivery.sha256))
        statement = statement.where(place < tuple_(literal(after[0], Instant), literal(after[1])))
    order = (col(Delivery.received_at).desc(), col(Delivery.sha256).desc())
    found = list(session.exec(statement.order_by(*order).limit(size)))
    items: dict[str, list[Item]] = {delivery.sha256: [] for delivery in found}
    for item in session.exec(select(Item).where(col(Item.delivery).in_(items)).order_by(col(Item.id))):
        items[item.delivery].append(item)
    return [(delivery, items[delivery.sha256]) for delivery in found]


def items(session: Session, sought: Sought, after: tuple[datetime, int] | None, size: int) -> list[Item]:
    """Items of every queue, the oldest first; ``after``: instant and number of the last one seen.

    State by state along an index, then the first of them together.
    """
    arms = [_of_state(sought, state, after, size).subquery() for state in sought.states]
    ids = union_all(*(sql_select(arm.c.id) for arm in arms))
    found = select(Item).where(col(Item.id).in_(ids)).order_by(col(Item.created_at), col(Item.id))
    return list(session.exec(found.limit(size)))


def _of_state(
    sought: Sought, state: ItemState, after: tuple[datetime, int] | None, size: int
) -> Select[int | None]:
    statement = sql_select(col(Item.id)).where(col(Item.state) == state)
    if sought.due_before is not None:
        statement = statement.where(col(Item.next_due) < sought.due_before)
    for column, value in ((col(Item.caisse), sought.caisse), (col(Item.finess), sought.finess)):
        if value is not None:
            statement = statement.where(column == value if value else column.is_(None))
    if after is not None:
        place = tuple_(col(Item.created_at), col(Item.id))
        statement = statement.where(place > tuple_(literal(after[0], Instant), literal(after[1])))
    return statement.order_by(col(Item.created_at), col(Item.id)).limit(size)


def within(places: Collection[Place]) -> ColumnElement[bool]:
    """Items of these queues, and no other: nothing at all when there is none."""
    queues: dict[str, set[str]] = {}
    for circuit, queue in places:
        queues.setdefault(circuit, set()).add(queue)
    arms = [
        and_(col(Item.circuit) == circuit, col(Item.queue).in_(names)) for circuit, names in queues.items()
    ]
    return or_(*arms) if arms else false()
