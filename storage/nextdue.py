"""The nearest due date of each item, kept on its row so that lists and counters read one index.

Whoever writes a due date or files an item says so here, in the same transaction. Tables are only named:
cases and deadlines both write through this file, and neither may know the other for it.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Date, ScalarSelect, and_, column, func, or_, select, table, update
from sqlmodel import Session

from storage import tallies
from storage.tallies import Slot

_PENDING = ("open", "missed")
"""States of ``storage.deadlines.PENDING``, compared by a test."""
_ITEMS = table(
    "items",
    *(column(name) for name in ("id", "case_id", "delivery", "circuit", "queue", "state")),
    column("next_due", Date),
)
_DEADLINES = table("deadlines", column("case_id"), column("delivery"), column("state"), column("due", Date))


def nearest(session: Session, case_id: int | None, delivery: str) -> date | None:
    """The nearest pending due date of this case or of this mail."""
    about: list[ColumnElement[bool]] = [_of_mail(_DEADLINES.c.delivery == delivery)]
    if case_id is not None:
        about.append(_DEADLINES.c.case_id == case_id)
    found: date | None = session.connection().execute(select(_first(or_(*about)))).scalar_one()
    return found


def refresh_due(session: Session, case_id: int | None = None, delivery: str | None = None) -> None:
    """Write again the nearest pending due date of the items of this case and of this mail."""
    session.flush()
    tallies.hold(session)
    links: list[ColumnElement[bool]] = []
    if case_id is not None:
        links.append(_ITEMS.c.case_id == case_id)
    if delivery is not None:
        links.append(_ITEMS.c.delivery == delivery)
    if not links:
        return
    own = or_(
        _DEADLINES.c.case_id == _ITEMS.c.case_id, _of_mail(_DEADLINES.c.delivery == _ITEMS.c.delivery)
    )
    due = _first(own)
    connection = session.connection()
    changed = connection.execute(
        select(*_ITEMS.c, due.label("due")).where(or_(*links), _ITEMS.c.next_due.is_distinct_from(due))
    ).all()
    for row in changed:
        connection.execute(update(_ITEMS).where(_ITEMS.c.id == row.id).values(next_due=row.due))
    moves = [(Slot(r.circuit, r.queue, r.state, r.next_due), -1) for r in changed]
    moves += [(Slot(r.circuit, r.queue, r.state, r.due), 1) for r in changed]
    tallies.change(session, moves)


def _of_mail(same: ColumnElement[bool]) -> ColumnElement[bool]:
    """Due dates of a mail that no case has yet: a mail about two people has those of two cases."""
    return and_(same, _DEADLINES.c.case_id.is_(None))


def _first(about: ColumnElement[bool]) -> ScalarSelect[date]:
    earliest = select(func.min(_DEADLINES.c.due)).where(_DEADLINES.c.state.in_(_PENDING), about)
    return earliest.scalar_subquery()
