"""Items: the pieces of work of the queues, each with what lists sort and filter by kept on its row.

Every verb that changes one keeps the counters (``storage.tallies``), the beat of its queue
(``storage.pulses``) and the words it is found by (``storage.findable``) in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, column, table, update
from sqlalchemy import select as sql_select
from sqlmodel import Field, Session, SQLModel, col, select

from storage import findable, lacking, pulses, tallies
from storage.db import Instant, insert_new, table_of
from storage.nextdue import nearest
from storage.tallies import Slot


class ItemState(StrEnum):
    NEW = "new"
    TAKEN = "taken"
    WAITING = "waiting"
    DONE = "done"


class Item(SQLModel, table=True):
    """One piece of work in one queue: a delivery, or a part of it, seen by those who read that queue."""

    __tablename__ = "items"
    __table_args__ = (
        UniqueConstraint("delivery", "queue", "part"),
        # Lists are read by key, state by state: a page costs the same with 50 or 500,000 items.
        Index("ix_items_by_state", "circuit", "queue", "state", "created_at", "id"),
        # The most urgent first, and the counters of every queue: both read this index alone.
        Index("ix_items_by_due", "circuit", "queue", "state", "next_due", "id"),
        Index("ix_items_by_holder", "taken_by", "state", "circuit", "queue", "created_at", "id"),
        # One for each filter of a list: a rare value costs no more than a frequent one.
        Index("ix_items_by_kind", "circuit", "queue", "state", "kind", "created_at", "id"),
        Index("ix_items_by_caisse", "circuit", "queue", "state", "caisse", "created_at", "id"),
        Index("ix_items_by_finess", "circuit", "queue", "state", "finess", "created_at", "id"),
        Index("ix_items_by_lacking", "circuit", "queue", "state", "lacking", "created_at", "id"),
        Index("ix_items_by_waking", "state", "wake_on"),
        # Lists and figures that cross the queues.
        Index("ix_items_by_age", "state", "created_at", "id"),
        Index("ix_items_by_place", "state", "caisse", "finess", "next_due"),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery: str = Field(foreign_key="deliveries.sha256", max_length=64)
    circuit: str = Field(max_length=80)
    queue: str = Field(max_length=40)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    state: ItemState = Field(default=ItemState.NEW, max_length=8)
    kind: str = Field(max_length=40)
    """Kind of the document that leads the item, or ``question``."""
    title: str = Field(max_length=300)
    """Safe for whoever may see the queue: never medical text."""
    sender: str = Field(default="", max_length=320)
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)
    forward_to: list[str] = Field(default_factory=list, sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)
    taken_by: str | None = Field(default=None, max_length=80)
    version: int = 1
    next_due: date | None = None
    """The nearest pending due date of its case or of its mail, kept by ``storage.nextdue``."""
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    """Until then nobody but its holder acts on it; afterwards a colleague may take it over."""
    wake_on: date | None = None
    """The day a piece of work that waits comes back by itself."""
    part: int = 0
    """0 for the mail as it came; a further number for each part a person split from it."""
    positions: list[int] | None = Field(default=None, sa_type=JSON)
    """Documents of the mail this part is about, by position; ``None``: all of them."""
    merged_into: int | None = Field(default=None, foreign_key="items.id", index=True)
    """The item that carries this work since a person merged the two."""
    caisse: str | None = Field(default=None, max_length=3)
    finess: str | None = Field(default=None, max_length=9)
    """Caisse and establishment of its case, else of the mail: what lists filter by."""
    lacking: bool = False
    """Whether something lacks in its documents now, by ``storage.lacking``."""


class Candidate(SQLModel, table=True):
    """A case that might be the one of an item, kept for a person to decide."""

    __tablename__ = "candidates"
    __table_args__ = (UniqueConstraint("item_id", "case_id"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="items.id", index=True)
    case_id: int = Field(foreign_key="cases.id")
    score: float
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


LEFT = "left"
"""Detail of a candidate: the case that a person took the item out of."""
_CASES = table("cases", column("id"), column("caisse"), column("establishment_finess"))


def add_item(session: Session, item: Item) -> tuple[Item, bool]:
    """Insert a piece of work, one a delivery, queue and part; the second value tells if it is new."""
    session.flush()
    tallies.hold(session)
    due = nearest(session, item.case_id, item.delivery)
    lacks = lacking.lacking(session, item.delivery, item.positions)
    kept = {"next_due": due, "lacking": lacks} | _of_case(session, item.case_id)
    new = insert_new(session, table_of(Item), item.model_dump(exclude={"id"}) | kept)
    there = select(Item).where(
        col(Item.delivery) == item.delivery, col(Item.queue) == item.queue, col(Item.part) == item.part
    )
    found = session.exec(there).one()
    if new:
        tallies.change(session, [(Slot(item.circuit, item.queue, item.state.value, due), 1)])
        findable.item(session, found.id or 0)
    return found, new


def holds(item: Item, position: int) -> bool:
    """Whether a piece of work is about the document at this position of its mail."""
    return item.positions is None or position in item.positions


def item(session: Session, item_id: int) -> Item | None:
    return session.get(Item, item_id, populate_existing=True)


def items_of(session: Session, sha256: str) -> list[Item]:
    """Every item of a delivery, by queue then part."""
    statement = select(Item).where(col(Item.delivery) == sha256)
    return list(session.exec(statement.order_by(col(Item.queue), col(Item.part))))


def items_of_cases(session: Session, case_ids: Collection[int]) -> list[Item]:
    """Every item of these cases, the oldest first."""
    statement = select(Item).where(col(Item.case_id).in_(case_ids))
    return list(session.exec(statement.order_by(col(Item.created_at), col(Item.id))))


def change_item(session: Session, item_id: int, version: int, **columns: Any) -> bool:
    """Change an item that is still at ``version``; ``False`` when someone changed it meanwhile."""
    session.flush()
    tallies.hold(session)
    here = (col(Item.id) == item_id, col(Item.version) == version)
    counted = sql_select(col(Item.circuit), col(Item.queue), col(Item.state), col(Item.next_due))
    found = session.execute(counted.where(*here)).first()
    if "case_id" in columns:
        columns |= _of_case(session, columns["case_id"])
    statement = update(Item).where(*here).values(version=version + 1, **columns)
    if found is None or not session.execute(statement).rowcount:  # type: ignore[attr-defined]
        return False
    circuit, queue, before, due = found
    left = Slot(circuit, queue, before.value, due)
    joined = Slot(circuit, columns.get("queue", queue), ItemState(columns.get("state", before)).value, due)
    if left != joined:
        tallies.change(session, [(left, -1), (joined, 1)])
    pulses.beat(session, [(circuit, left.queue), (circuit, joined.queue)])
    if {"queue", "title", "sender", "case_id", "positions"} & set(columns):
        findable.item(session, item_id)
    if "positions" in columns:
        _follow(session, [session.get_one(Item, item_id, populate_existing=True)])
    return True


def follow_case(session: Session, case_id: int) -> None:
    """Write again what lists filter the items of a case by, and find them by, after it was completed."""
    tallies.hold(session)
    session.execute(
        update(Item).where(col(Item.case_id) == case_id).values(**_of_case(session, case_id)),
        execution_options={"synchronize_session": False},
    )
    findable.of_case(session, case_id)


def follow_reading(session: Session, delivery: str) -> list[int]:
    """Mark again the items of a mail by what lacks now, after a person or a machine read it anew.

    Returns the numbers of those whose mark changed; each is a beat of its queue.
    """
    session.flush()
    statement = select(Item).where(col(Item.delivery) == delivery).order_by(col(Item.id))
    return _follow(session, list(session.exec(statement, execution_options={"populate_existing": True})))


def _follow(session: Session, rows: Collection[Item]) -> list[int]:
    changed: list[int] = []
    for row in rows:
        lacks = lacking.lacking(session, row.delivery, row.positions)
        if lacks is row.lacking:
            continue
        if not changed:
            tallies.hold(session)  # the order of every verb here: the lists before the beats
        session.execute(
            update(Item).where(col(Item.id) == row.id).values(lacking=lacks),
            execution_options={"synchronize_session": False},
        )
        session.refresh(row)
        pulses.beat(session, [(row.circuit, row.queue)])
        changed.append(row.id or 0)
    return changed


def to_wake(session: Session, today: date) -> list[Item]:
    """Work that waits and whose day has come, the longest waiting first."""
    statement = select(Item).where(col(Item.state) == ItemState.WAITING, col(Item.wake_on) <= today)
    return list(session.exec(statement.order_by(col(Item.wake_on), col(Item.id))))


def last_part(session: Session, delivery: str, queue: str) -> int:
    """The highest number of a part of this mail in this queue."""
    statement = select(Item.part).where(col(Item.delivery) == delivery, col(Item.queue) == queue)
    return max(session.exec(statement), default=0)


def _of_case(session: Session, case_id: int | None) -> dict[str, Any]:
    """Caisse and establishment of a case, those that are known."""
    if case_id is None:
        return {}
    named = sql_select(_CASES.c.caisse, _CASES.c.establishment_finess).where(_CASES.c.id == case_id)
    found = session.connection().execute(named).first()
    values = {"caisse": found.caisse, "finess": found.establishment_finess} if found else {}
    return {name: value for name, value in values.items() if value is not None}


def add_candidate(session: Session, candidate: Candidate) -> bool:
    """Show a person a case that might be the one; ``False`` when it is already shown."""
    return insert_new(session, table_of(Candidate), candidate.model_dump(exclude={"id"}))


def leave_candidate(session: Session, candidate: Candidate) -> None:
    """Show the case a person took this work out of among its candidates: choosing it again undoes that."""
    candidate.detail = {**candidate.detail, LEFT: True}
    if not add_candidate(session, candidate):
        here = (col(Candidate.item_id) == candidate.item_id, col(Candidate.case_id) == candidate.case_id)
        values = {"reasons": candidate.reasons, "detail": candidate.detail}
        session.execute(
            update(Candidate).where(*here).values(**values),
            execution_options={"synchronize_session": False},
        )


def cases_left(session: Session, delivery: str) -> frozenset[int]:
    """Cases that a person took work of this mail out of: no machine puts it back."""
    statement = select(Candidate).join(Item, col(Item.id) == col(Candidate.item_id))
    found = session.exec(statement.where(col(Item.delivery) == delivery))
    return frozenset(one.case_id for one in found if one.detail.get(LEFT))


def left_by(session: Session, item_id: int) -> frozenset[int]:
    """Cases that a person took this item out of."""
    return frozenset(one.case_id for one in candidates(session, item_id) if one.detail.get(LEFT))


def candidates(session: Session, item_id: int) -> list[Candidate]:
    """Candidate cases of an item, the likeliest first."""
    statement = (
        select(Candidate)
        .where(col(Candidate.item_id) == item_id)
        .order_by(col(Candidate.score).desc(), col(Candidate.id))
    )
    return list(session.exec(statement))


def alike(session: Session, like: Item, limit: int) -> list[Item]:
    """Open items that may be the same work: of the same case, then of the same sender in its queue."""
    apart = (
        col(Item.id) != like.id,
        col(Item.circuit) == like.circuit,
        col(Item.state).in_((ItemState.NEW, ItemState.TAKEN, ItemState.WAITING)),
    )
    found: dict[int, Item] = {}
    if like.case_id is not None:
        of_case = select(Item).where(Item.case_id == like.case_id, *apart)
        found |= {i.id or 0: i for i in session.exec(of_case.order_by(col(Item.id).desc()).limit(limit))}
    if like.sender and len(found) < limit:
        by_sender = select(Item).where(
            col(Item.queue) == like.queue, col(Item.sender) == like.sender, *apart
        )
        if like.case_id is not None:
            by_sender = by_sender.where(col(Item.case_id).is_(None))
        for item_ in session.exec(by_sender.order_by(col(Item.id).desc()).limit(limit)):
            found.setdefault(item_.id or 0, item_)
    return list(found.values())[:limit]
