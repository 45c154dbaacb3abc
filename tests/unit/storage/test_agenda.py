"""Entries of a calendar: due dates of a queue with their last change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from storage import agenda, deadlines
from storage.cases import Item
from storage.db import Database
from storage.deadlines import Deadline
from storage.deliveries import DeliveryState
from tests.builders import rows

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PLACE = ("soins", "cpam-595")


def test_due_dates_of_the_mails_of_a_queue_with_their_changes(database: Database) -> None:
    with database.transaction() as session:
        for turn, queue in enumerate(("cpam-595", "cpam-595", "cpam-131")):
            sha = f"{turn + 1:064x}"
            rows.delivery(session, sha, state=DeliveryState.SCHEDULED, circuit="soins")
            session.add(
                Item(delivery=sha, circuit="soins", queue=queue, kind="q", title="t", created_at=AT)
            )
            session.flush()
            deadline = Deadline(
                kind="answer",
                origin=f"delivery:{sha}",
                circuit="soins",
                delivery=sha,
                due=date(2026, 12, 3 - turn),
                basis="texte",
                status="confirmed",
                created_at=AT,
            )
            assert deadlines.add(session, deadline) is not None
        later = AT + timedelta(days=1)
        (_, _), (first, _), *_ = deadlines.due_before(session, date(2027, 1, 1))
        deadlines.rewrite(session, first, later, "corrigé", due=date(2026, 12, 1))
        found = agenda.entries(session, [PLACE])
        assert [(e.deadline.due, e.changed_at, e.changes) for e in found] == [
            (date(2026, 12, 1), later, 2),
            (date(2026, 12, 3), AT, 1),
        ]
        assert agenda.entries(session, [("soins", "cpam-000")]) == []
