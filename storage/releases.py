"""Due dates leave a case with the mail that started them; ``deadlines.adopt`` gives them to another."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import update
from sqlmodel import Session, col

from storage import tallies
from storage.deadlines import Deadline
from storage.nextdue import refresh_due


def release(session: Session, case_id: int, deadline_ids: Collection[int]) -> int:
    """Take these due dates out of a case, whatever their state; how many left."""
    session.flush()
    tallies.hold(session)
    leaving = (
        update(Deadline)
        .where(col(Deadline.id).in_(deadline_ids), col(Deadline.case_id) == case_id)
        .values(case_id=None)
        .returning(col(Deadline.delivery))
        .execution_options(synchronize_session="fetch")
    )
    mails = [row[0] for row in session.execute(leaving)]
    for sha in sorted({sha for sha in mails if sha is not None}):
        refresh_due(session, None, sha)
    refresh_due(session, case_id)
    return len(mails)
