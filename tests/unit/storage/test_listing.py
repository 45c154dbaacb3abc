"""Lists that cross queues, read by key: whole, once, in order, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage import listing
from storage.cases import Case, Item
from storage.db import Database, Session
from storage.deliveries import Delivery, DeliveryState
from tests.builders import rows

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _mail(session: Session, number: int, at: datetime, state: DeliveryState) -> Delivery:
    return rows.delivery(session, f"{number:064x}", received_at=at, state=state, circuit="soins")


def test_messages_set_aside_at_one_instant_are_each_listed_once(database: Database) -> None:
    with database.transaction() as session:
        for number in range(5):
            _mail(session, number, AT, DeliveryState.SET_ASIDE)
        _mail(session, 9, AT, DeliveryState.SCHEDULED)
        seen, after = list[str](), None
        while page := listing.set_aside(session, after, 2):
            seen += [one.sha256 for one in page]
            after = (AT, seen[-1])
        assert seen == [f"{number:064x}" for number in (4, 3, 2, 1, 0)]


def test_messages_received_come_with_their_items(database: Database) -> None:
    with database.transaction() as session:
        for number in range(4):
            at = AT + timedelta(hours=number // 2)
            sha = _mail(session, number, at, DeliveryState.SCHEDULED).sha256
            for queue in ("a", "b")[: number % 3]:
                session.add(
                    Item(delivery=sha, circuit="s", queue=queue, kind="q", title="t", created_at=at)
                )
        session.flush()
        last = AT + timedelta(hours=2)
        found = listing.received(session, AT, last, None, 10)
        assert [(m.sha256[-1], [i.queue for i in items]) for m, items in found] == [
            ("3", []),
            ("2", ["a", "b"]),
            ("1", ["a"]),
            ("0", []),
        ]
        key = (found[1][0].received_at, found[1][0].sha256)
        assert [m.sha256[-1] for m, _ in listing.received(session, AT, last, key, 10)] == ["1", "0"]
        assert listing.received(session, AT, AT, None, 10) == []


def test_cases_of_the_queues_read_and_no_other(database: Database) -> None:
    with database.transaction() as session:
        for number, queue in enumerate(("a", "b", "a")):
            sha = _mail(session, number, AT, DeliveryState.SCHEDULED).sha256
            case = Case(reference=f"S-{number}", circuit="s", opened_at=AT, opened_by_delivery=sha)
            session.add(case)
            session.flush()
            session.add(
                Item(
                    delivery=sha,
                    circuit="s",
                    queue=queue,
                    kind="q",
                    title="t",
                    created_at=AT,
                    case_id=case.id,
                )
            )
        session.flush()
        mine = listing.cases(session, [("s", "a")], None, 10)
        assert [case.reference for case in mine] == ["S-2", "S-0"]
        assert [c.reference for c in listing.cases(session, [("s", "a")], mine[0].id, 10)] == ["S-0"]
        assert listing.cases(session, [], None, 10) == []
