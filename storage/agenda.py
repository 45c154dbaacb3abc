"""Due dates of one queue as a calendar publishes them: what is due when, since which change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlmodel import col

from storage import listing
from storage.db import Session
from storage.deadlines import Deadline, DeadlineVersion
from storage.queues import Place

MOST = 2_000
"""Due dates of one feed, the nearest first: a calendar that holds more is read by nobody."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One due date. ``changed_at``: its last change; ``changes``: how many there were."""

    deadline: Deadline
    case_reference: str | None
    changed_at: datetime
    changes: int


def entries(session: Session, places: Sequence[Place]) -> list[Entry]:
    """What the items of these queues wait for, the nearest first."""
    found = listing.due_dates(session, places, None, MOST)
    ids = [deadline.id for deadline, _ in found]
    number = col(DeadlineVersion.deadline_id)
    versions = (
        sql_select(number, func.max(col(DeadlineVersion.at)), func.count())
        .where(number.in_(ids))
        .group_by(number)
    )
    changed = {row[0]: (row[1], row[2]) for row in session.execute(versions)}
    return [
        Entry(deadline, reference, *changed.get(deadline.id, (deadline.created_at, 1)))
        for deadline, reference in found
    ]
