"""What the pages list: counters of queues, pages of items by key, people's search.

Nothing here writes. A page is read by key (the last row seen), never by offset, and state by state
along one index, so that its cost does not depend on how many items the queue holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Subquery,
    Tuple,
    UnaryExpression,
    case,
    func,
    literal,
    tuple_,
    union_all,
)
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.cases import Case, Item, ItemState
from storage.db import Instant, Session
from storage.deadlines import PENDING, Deadline
from storage.tallies import NEVER, Tally

Place = tuple[str, str]
"""A queue of a circuit: (circuit, queue). Two circuits may use the same name for a queue."""

OPEN_STATES = (ItemState.NEW, ItemState.TAKEN, ItemState.WAITING)
SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class QueueCount:
    """Items of one queue: by state, mine, and those whose next deadline is past or within 7 days."""

    new: int = 0
    taken: int = 0
    waiting: int = 0
    mine: int = 0
    overdue: int = 0
    soon: int = 0

    @property
    def open(self) -> int:
        return self.new + self.taken + self.waiting


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a row in a list; the next page starts after it."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items of a queue, in which order (by creation, then id)."""

    queue: str
    circuits: tuple[str, ...]
    """Circuits whose queue of that name is read."""
    states: tuple[ItemState, ...] = OPEN_STATES
    kind: str | None = None
    taken_by: str | None = None
    newest_first: bool = True
    unheld: bool = False
    """Only what nobody holds."""
    caisse: str | None = None
    finess: str | None = None
    since: datetime | None = None
    """Received at or after this instant."""
    before: datetime | None = None
    """Received before this instant."""
    due_from: date | None = None
    due_before: date | None = None
    """The next due date lies from the first day on, before the second."""
    undated: bool = False
    """Only what waits for no due date."""
    lacking: bool | None = None
    """Whether something was missing in its documents."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list: the item, its case, its next pending deadline."""

    item: Item
    case_reference: str | None
    deadline: Deadline | None
    beneficiary: str = ""
    """Name and first names of the case."""


@dataclass(frozen=True, slots=True)
class Page:
    lines: tuple[Line, ...]
    next: Key | None


def counts(session: Session, places: Collection[Place], login: str, today: date) -> dict[Place, QueueCount]:
    """Counters of these queues for ``login``; a queue without an item has zeros."""
    circuits, queues = {place[0] for place in places}, {place[1] for place in places}
    late = func.sum(case((col(Tally.due) < today, col(Tally.number)), else_=0))
    near = func.sum(
        case(((col(Tally.due) >= today) & (col(Tally.due) < today + SOON), col(Tally.number)), else_=0)
    )
    slot = (col(Tally.circuit), col(Tally.queue), col(Tally.state))
    tallied: Any = sql_select(*slot, func.sum(col(Tally.number)), late, near)
    tallied = tallied.where(slot[0].in_(circuits), slot[1].in_(queues)).group_by(*slot)
    found: dict[Place, Counter[str]] = {}
    for circuit, queue, state, number, overdue, soon in session.execute(tallied):
        found.setdefault((circuit, queue), Counter()).update(
            {state: number, "overdue": overdue, "soon": soon}
        )
    held: Any = sql_select(col(Item.circuit), col(Item.queue), func.count()).where(
        col(Item.taken_by) == login, col(Item.state).in_(OPEN_STATES)
    )
    for circuit, queue, number in session.execute(held.group_by(col(Item.circuit), col(Item.queue))):
        found.setdefault((circuit, queue), Counter())["mine"] = number
    return {place: _counted(found.get(place, Counter())) for place in places}


def _counted(found: Mapping[str, int]) -> QueueCount:
    names = ("new", "taken", "waiting", "mine", "overdue", "soon")
    return QueueCount(**{name: int(found.get(name, 0)) for name in names})


def page(session: Session, wanted: Wanted, after: Key | None = None, size: int = 50) -> Page:
    """One page of ``size`` lines by date of creation."""
    arms = [
        _by_state(wanted, circuit, state, after, size + 1).subquery()
        for circuit in wanted.circuits
        for state in wanted.states
    ]
    return _page(session, arms, _order(wanted.newest_first), size)


def page_by_due(session: Session, wanted: Wanted, after: tuple[date, int] | None, size: int = 50) -> Page:
    """One page of the items, the most urgent first; those that wait for no due date come last.

    The key is the due date (``NEVER`` for none) and the item's id; ``Page.next`` carries the last item's id
    only, the caller reads its due date on the last line.
    """
    arms = [
        arm.subquery()
        for circuit in wanted.circuits
        for state in wanted.states
        for arm in _by_due(wanted, circuit, state, after, size + 1)
    ]
    order = (func.coalesce(col(Item.next_due), literal(NEVER, Date)), col(Item.id))
    return _page(session, arms, order, size)


def _page(session: Session, arms: Sequence[Subquery], order: Sequence[Any], size: int) -> Page:
    """The first ``size`` items of these arms together, in ``order``."""
    ids = union_all(*(sql_select(arm.c.id) for arm in arms)).subquery()
    statement = select(Item).join(ids, ids.c.id == col(Item.id)).order_by(*order).limit(size + 1)
    items = list(session.exec(statement))
    return Page(tuple(lines(session, items[:size])), _next(items, size))


def lines(session: Session, items: Sequence[Item]) -> list[Line]:
    """Give each item the reference of its case and its next pending deadline, in two queries."""
    cases = {i.case_id for i in items if i.case_id is not None}
    named = sql_select(
        col(Case.id), col(Case.reference), col(Case.patient_name), col(Case.patient_first_names)
    )
    known = {row[0]: row[1:] for row in session.execute(named.where(col(Case.id).in_(cases)))}
    of_case = _first_pending(session, col(Deadline.case_id), cases)
    of_mail = _first_pending(
        session, col(Deadline.delivery), {i.delivery for i in items}, col(Deadline.case_id).is_(None)
    )
    found = []
    for item in items:
        reference, *names = known.get(item.case_id, (None,))
        due = _earliest(of_case.get(item.case_id), of_mail.get(item.delivery))
        found.append(Line(item, reference, due, " ".join(name for name in names if name)))
    return found


def neighbours(session: Session, item: Item) -> tuple[int | None, int | None]:
    """Ids of the open items received just after and just before ``item`` in its queue."""
    newer = session.exec(_neighbour(item, newer=True)).first()
    older = session.exec(_neighbour(item, newer=False)).first()
    return newer, older


def _first_pending(
    session: Session, column: Any, values: Collection[Any], *more: ColumnElement[bool]
) -> dict[Any, Deadline]:
    """The earliest pending deadline for each of these values of a column.

    The state is looked at here, not in SQL: SQLite without statistics would walk every open deadline
    instead of the few of these rows.
    """
    statement = select(Deadline).where(column.in_(values), *more).order_by(col(Deadline.due).desc())
    first: dict[Any, Deadline] = {}
    for deadline in session.exec(statement):  # the earliest comes last and stays
        if deadline.state in PENDING:
            first[getattr(deadline, column.key)] = deadline
    return first


def _earliest(*deadlines: Deadline | None) -> Deadline | None:
    present = [d for d in deadlines if d is not None]
    return min(present, key=lambda d: (d.due, d.id or 0)) if present else None


def _next(items: Sequence[Item], size: int) -> Key | None:
    if len(items) <= size:
        return None
    last = items[size - 1]
    return Key(last.created_at, last.id or 0)


def _order(newest_first: bool) -> tuple[UnaryExpression[Any], UnaryExpression[Any]]:
    if newest_first:
        return (col(Item.created_at).desc(), col(Item.id).desc())
    return (col(Item.created_at).asc(), col(Item.id).asc())


def _place(at: datetime, id_: int) -> tuple[Tuple, Tuple]:
    """The two sides of a comparison by key: the columns, and the key typed as they are."""
    return (
        tuple_(col(Item.created_at), col(Item.id)),
        tuple_(literal(at, Instant), literal(id_)),
    )


def _filtered(statement: SelectOfScalar[Any], wanted: Wanted) -> SelectOfScalar[Any]:
    if wanted.kind is not None:
        statement = statement.where(Item.kind == wanted.kind)
    if wanted.taken_by is not None:
        statement = statement.where(Item.taken_by == wanted.taken_by)
    if wanted.unheld:
        statement = statement.where(col(Item.taken_by).is_(None))
    if wanted.caisse is not None:
        statement = statement.where(Item.caisse == wanted.caisse)
    if wanted.finess is not None:
        statement = statement.where(Item.finess == wanted.finess)
    if wanted.lacking is not None:
        statement = statement.where(col(Item.lacking).is_(wanted.lacking))
    if wanted.since is not None:
        statement = statement.where(col(Item.created_at) >= wanted.since)
    if wanted.before is not None:
        statement = statement.where(col(Item.created_at) < wanted.before)
    if wanted.due_from is not None:
        statement = statement.where(col(Item.next_due) >= wanted.due_from)
    if wanted.due_before is not None:
        statement = statement.where(col(Item.next_due) < wanted.due_before)
    return statement.where(col(Item.next_due).is_(None)) if wanted.undated else statement


def _by_state(
    wanted: Wanted, circuit: str, state: ItemState, after: Key | None, size: int
) -> SelectOfScalar[Any]:
    statement = _filtered(select(Item.id), wanted).where(
        Item.circuit == circuit, Item.queue == wanted.queue, Item.state == state
    )
    if after is not None:
        place, key = _place(after.at, after.id)
        statement = statement.where(place < key if wanted.newest_first else place > key)
    return statement.order_by(*_order(wanted.newest_first)).limit(size)


def _by_due(
    wanted: Wanted, circuit: str, state: ItemState, after: tuple[date, int] | None, size: int
) -> list[SelectOfScalar[Any]]:
    """Two walks along one index: what has a due date, then what has none."""
    here = _filtered(select(Item.id), wanted).where(
        Item.circuit == circuit, Item.queue == wanted.queue, Item.state == state
    )
    dated = here.where(col(Item.next_due).is_not(None))
    undated = here.where(col(Item.next_due).is_(None))
    walks = []
    if not wanted.undated and (after is None or after[0] < NEVER):
        if after is not None:
            place = tuple_(col(Item.next_due), col(Item.id))
            dated = dated.where(place > tuple_(literal(after[0]), literal(after[1])))
        walks.append(dated.order_by(col(Item.next_due), col(Item.id)).limit(size))
    elif after is not None:
        undated = undated.where(col(Item.id) > after[1])
    if walks and (wanted.due_from is not None or wanted.due_before is not None):
        return walks
    return [*walks, undated.order_by(col(Item.id)).limit(size)]


def _neighbour(item: Item, *, newer: bool) -> SelectOfScalar[Any]:
    """State by state along the index, then the nearest of the three."""
    wanted = Wanted(item.queue, (item.circuit,), newest_first=not newer)
    key = Key(item.created_at, item.id or 0)
    arms = [_by_state(wanted, item.circuit, state, key, 1).subquery() for state in OPEN_STATES]
    ids = union_all(*(sql_select(arm.c.id) for arm in arms))
    return select(Item.id).where(col(Item.id).in_(ids)).order_by(*_order(newest_first=not newer)).limit(1)
