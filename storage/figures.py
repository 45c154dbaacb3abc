"""Figures of the supervisor: how much came, waits, is late, ends soon; counted where the rows are.

Each figure is one statement along an index, so that 50,000 open items cost a blink. Nothing here names a
person or holds a word of a document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import String, case, exists, func, type_coerce, union_all
from sqlalchemy import select as sql_select
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from storage.cases import Case, CaseState, Item, Period, PeriodStatus
from storage.db import Session
from storage.deliveries import Delivery, DeliveryState
from storage.queues import OPEN_STATES, Place

COVERING = (PeriodStatus.GRANTED, PeriodStatus.TACIT)
_HOUR = 13
"""Characters of an instant in text up to its hour."""


@dataclass(frozen=True, slots=True)
class Share:
    """Open items of one caisse, or of one establishment."""

    code: str
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Ending:
    """A case whose cover ends on ``ends``, nothing later being granted."""

    case: Case
    ends: date


def received(session: Session, first: datetime, last: datetime) -> Counter[datetime]:
    """Messages received in [first, last), by hour (UTC): the caller makes days of its own zone."""
    hour = _text(session, col(Delivery.received_at), _HOUR)
    statement = (
        sql_select(hour, func.count())
        .where(col(Delivery.received_at) >= first, col(Delivery.received_at) < last)
        .group_by(hour)
    )
    found: Counter[datetime] = Counter()
    for text, number in session.execute(statement):
        found[datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)] = number
    return found


def stopped(session: Session) -> tuple[int, datetime | None]:
    """How many messages are set aside, and since when the first is."""
    statement = sql_select(func.count(), func.min(col(Delivery.set_aside_at))).where(
        col(Delivery.state) == DeliveryState.SET_ASIDE
    )
    number, since = session.execute(statement).one()
    return int(number), since


def middles(session: Session, open_items: Mapping[Place, int]) -> dict[Place, tuple[datetime, datetime]]:
    """When the item in the middle of each queue arrived: the two in the middle of an even number.

    ``open_items``: how many each queue holds, of the same reading. The index is walked to the middle, in
    order; no row is read.
    """
    found: dict[Place, tuple[datetime, datetime]] = {}
    for (circuit, queue), number in open_items.items():
        if not number:
            continue
        arms = [
            sql_select(col(Item.created_at)).where(
                col(Item.circuit) == circuit, col(Item.queue) == queue, col(Item.state) == state
            )
            for state in OPEN_STATES
        ]
        ages = union_all(*arms).order_by("created_at").offset((number - 1) // 2).limit(2 - number % 2)
        middle = [at for (at,) in session.execute(ages)]
        if middle:
            found[circuit, queue] = (middle[0], middle[-1])
    return found


def shares(session: Session, today: date) -> tuple[list[Share], list[Share]]:
    """Open items by caisse and by establishment (FINESS), the most first, in one walk along one index.

    Those that nobody knows the caisse or the establishment of are under ``""``.
    """
    late = func.sum(case((col(Item.next_due) < today, 1), else_=0))
    place = (col(Item.state), col(Item.caisse), col(Item.finess))
    statement = (
        sql_select(*place[1:], func.count(), late)
        .where(col(Item.state).in_(OPEN_STATES))
        .group_by(*place)  # the order of the index: nothing is sorted
    )
    caisses: dict[str, list[int]] = {}
    establishments: dict[str, list[int]] = {}
    for caisse, finess, number, overdue in session.execute(statement):
        for sums, code in ((caisses, caisse or ""), (establishments, finess or "")):
            found = sums.setdefault(code, [0, 0])
            found[0] += number
            found[1] += overdue
    return _sorted(caisses), _sorted(establishments)


def names(session: Session, codes: Collection[str]) -> dict[str, str]:
    """What the forms call these establishments (FINESS), for those that the directory does not know."""
    where = col(Case.establishment_finess)
    statement = (
        sql_select(where, func.max(col(Case.establishment_name))).where(where.in_(codes)).group_by(where)
    )
    return {code: name for code, name in session.execute(statement) if name}


def ends_by_day(session: Session, first: date, last: date) -> Counter[date]:
    """How many open cases have a cover that ends each day from ``first`` to ``last``, included."""
    ends: Any = col(Period.ends)
    statement = (
        sql_select(ends, func.count(func.distinct(col(Period.case_id))))
        .join(Case, col(Case.id) == col(Period.case_id))
        .where(*_last_covers(first, last))
        .group_by(ends)
    )
    return Counter({day: number for day, number in session.execute(statement)})  # noqa: C416 (rows)


def endings(
    session: Session, first: date, last: date, after: tuple[date, int] | None = None, size: int = 1_000
) -> list[Ending]:
    """These cases, the nearest end first; ``after``: end and number of the last one seen."""
    ends: Any = func.max(col(Period.ends))
    statement = (
        select(Case, ends)
        .join(Case, col(Case.id) == col(Period.case_id))
        .where(*_last_covers(first, last))
        .group_by(col(Case.id))
        .order_by(ends, col(Case.id))
        .limit(size)
    )
    if after is not None:
        on, number = after
        statement = statement.having((ends > on) | ((ends == on) & (col(Case.id) > number)))
    return [Ending(found, on) for found, on in session.exec(statement)]


def _last_covers(first: date, last: date) -> tuple[Any, ...]:
    """Periods granted that end in these days, of open cases, with none granted that ends later."""
    later = aliased(Period)
    more = exists().where(
        col(later.case_id) == col(Period.case_id),
        col(later.status).in_(COVERING),
        col(later.ends) > col(Period.ends),
    )
    return (
        col(Period.status).in_(COVERING),
        col(Period.ends) >= first,
        col(Period.ends) <= last,
        col(Case.state) == CaseState.OPEN,
        ~more,
    )


def _sorted(sums: Mapping[str, Sequence[int]]) -> list[Share]:
    found = [Share(code, number, late) for code, (number, late) in sums.items()]
    return sorted(found, key=lambda share: (-share.open, share.code))


def _text(session: Session, column: Any, length: int) -> Any:
    """The beginning of an instant as text (UTC), the same on both databases."""
    if session.connection().dialect.name == "postgresql":
        return func.substr(func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24'), 1, length)
    return func.substr(type_coerce(column, String), 1, length)
