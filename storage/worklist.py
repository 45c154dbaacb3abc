"""The open work of the queues as the command line lists it: one row an item, with its next due date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from storage.cases import Case, Item, ItemState
from storage.deadlines import Deadline, DeadlineState
from storage.deliveries import Delivery


@dataclass(frozen=True, slots=True)
class Work:
    """One open item. ``next_due`` is the first open due date of its case or of its delivery."""

    item_id: int
    circuit: str
    queue: str
    state: str
    kind: str
    title: str
    sender: str
    received_at: datetime
    delivery: str
    case_reference: str | None
    forward_to: list[str]
    reasons: list[str]
    next_due: date | None
    next_due_kind: str | None
    next_due_status: str | None


def open_work(session: Session, queue: str | None = None, limit: int = 1000) -> list[Work]:
    """Items not done, most urgent first: nearest due date, then oldest arrival."""
    query = (
        select(Item, Delivery, Case)
        .join(Delivery, col(Delivery.sha256) == col(Item.delivery))
        .outerjoin(Case, col(Case.id) == col(Item.case_id))
        .where(col(Item.state) != ItemState.DONE)
        .order_by(col(Item.created_at), col(Item.id))
    )
    if queue is not None:
        query = query.where(col(Item.queue) == queue)
    found = session.exec(query.limit(limit)).all()
    dues = _next_dues(session, [item for item, _, _ in found])
    work = [_work(item, delivery, case, dues) for item, delivery, case in found]
    return sorted(work, key=lambda w: (w.next_due or date.max, w.received_at, w.item_id))


def _next_dues(session: Session, items: list[Item]) -> dict[tuple[str, object], Deadline]:
    """First open deadline of each case and of each delivery named by ``items``."""
    cases = [item.case_id for item in items if item.case_id is not None]
    mails = [item.delivery for item in items]
    query = (
        select(Deadline)
        .where(col(Deadline.state) == DeadlineState.OPEN)
        .where(col(Deadline.case_id).in_(cases) | col(Deadline.delivery).in_(mails))
        .order_by(col(Deadline.due), col(Deadline.id))
    )
    first: dict[tuple[str, object], Deadline] = {}
    for deadline in session.exec(query):
        first.setdefault(("case", deadline.case_id), deadline)
        first.setdefault(("delivery", deadline.delivery), deadline)
    return first


def _work(
    item: Item,
    delivery: Delivery,
    case: Case | None,
    dues: dict[tuple[str, object], Deadline],
) -> Work:
    near = [
        due
        for due in (
            dues.get(("case", item.case_id)) if item.case_id is not None else None,
            dues.get(("delivery", item.delivery)),
        )
        if due is not None
    ]
    due = min(near, key=lambda d: d.due, default=None)
    return Work(
        item_id=item.id or 0,
        circuit=item.circuit,
        queue=item.queue,
        state=str(item.state),
        kind=item.kind,
        title=item.title,
        sender=item.sender,
        received_at=delivery.received_at,
        delivery=item.delivery,
        case_reference=case.reference if case else None,
        forward_to=list(item.forward_to),
        reasons=list(item.reasons),
        next_due=due.due if due else None,
        next_due_kind=due.kind if due else None,
        next_due_status=due.status if due else None,
    )
