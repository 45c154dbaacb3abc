"""The nearest due date of each item, kept on its row so that lists and counters read one index.

Whoever writes a due date or files an item says so here, in the same transaction. Tables are only named:
cases and deadlines both write through this file, and neither may know the other for it.
"""

from __future__ import annotations

from sqlalchemy import column, func, or_, select, table, update
from sqlmodel import Session

_PENDING = ("open", "missed")
"""States of ``storage.deadlines.PENDING``, compared by a test."""
_ITEMS = table("items", column("id"), column("case_id"), column("delivery"), column("next_due"))
_DEADLINES = table("deadlines", column("case_id"), column("delivery"), column("state"), column("due"))
_CASES = table("cases", column("id"))


def refresh_due(session: Session, case_id: int | None = None, delivery: str | None = None) -> None:
    """Write again the nearest pending due date of the items of this case and of this mail.

    The row of the case is held until the commit: an item filed and a due date set at the same moment
    wait for one another, and the second sees the first.
    """
    session.flush()
    links = []
    if case_id is not None:
        hold_case(session, case_id)
        links.append(_ITEMS.c.case_id == case_id)
    if delivery is not None:
        links.append(_ITEMS.c.delivery == delivery)
    if not links:
        return
    nearest = (
        select(func.min(_DEADLINES.c.due))
        .where(_DEADLINES.c.state.in_(_PENDING))
        .where(
            or_(_DEADLINES.c.case_id == _ITEMS.c.case_id, _DEADLINES.c.delivery == _ITEMS.c.delivery),
        )
        .scalar_subquery()
    )
    changed = _ITEMS.c.next_due.is_distinct_from(nearest)
    session.connection().execute(update(_ITEMS).where(or_(*links), changed).values(next_due=nearest))


def hold_case(session: Session, case_id: int) -> None:
    """Hold the row of a case until the commit (SQLite holds everything already)."""
    session.connection().execute(select(_CASES.c.id).where(_CASES.c.id == case_id).with_for_update())
