"""Figures of the supervisor on both databases: counted once, by caisse, by day, by end of cover."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import count, cycle

import pytest

from storage import figures, listing, queues
from storage.cases import Case, CaseState, Item, ItemState, Period, PeriodOrigin, PeriodStatus
from storage.db import Database, Session
from storage.deliveries import Delivery, DeliveryState
from storage.listing import Sought
from tests.builders import rows

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
CIRCUIT = "soins"
_NUMBERS = count(1)


def _mail(session: Session, at: datetime = AT, state: DeliveryState = DeliveryState.SCHEDULED) -> Delivery:
    return rows.delivery(session, f"{next(_NUMBERS):064x}", received_at=at, state=state, circuit=CIRCUIT)


def _case(session: Session, caisse: str | None, finess: str | None = None) -> Case:
    mail = _mail(session)
    case = Case(
        reference=f"S-{next(_NUMBERS)}",
        circuit=CIRCUIT,
        opened_at=AT,
        opened_by_delivery=mail.sha256,
        caisse=caisse,
        establishment_finess=finess,
        establishment_name=f"CH {finess}" if finess else None,
    )
    session.add(case)
    session.flush()
    return case


def _item(
    session: Session,
    queue: str,
    *,
    age: int = 0,
    case: Case | None = None,
    state: ItemState = ItemState.NEW,
    due: date | None = None,
) -> Item:
    mail = _mail(session, AT - timedelta(days=age))
    item = Item(
        delivery=mail.sha256,
        circuit=CIRCUIT,
        queue=queue,
        kind="quote",
        title="t",
        created_at=mail.received_at,
        case_id=case.id if case else None,
        state=state,
        next_due=due,
        caisse=case.caisse if case else None,
        finess=case.establishment_finess if case else None,
    )
    session.add(item)
    session.flush()
    return item


def _period(session: Session, case: Case, ends: date, status: PeriodStatus = PeriodStatus.GRANTED) -> None:
    paper = rows.document(
        session, case.opened_by_delivery, position=next(_NUMBERS), confidentiality="administrative"
    )
    session.add(
        Period(
            case_id=case.id or 0,
            document_id=paper.id or 0,
            origin=PeriodOrigin.AUTHORISATION,
            status=status,
            starts=ends - timedelta(days=30),
            ends=ends,
            at=AT,
        )
    )
    session.flush()


def test_messages_are_counted_by_hour(database: Database) -> None:
    with database.transaction() as session:
        for at in (AT, AT + timedelta(minutes=59), AT + timedelta(hours=1), AT - timedelta(days=9)):
            _mail(session, at)
        found = figures.received(session, AT - timedelta(days=1), AT + timedelta(hours=1))
        assert found == {AT: 2}
        assert figures.received(session, AT - timedelta(days=9), AT + timedelta(hours=2)) == {
            AT - timedelta(days=9): 1,
            AT: 2,
            AT + timedelta(hours=1): 1,
        }


def test_messages_set_aside_and_the_first_of_them(database: Database) -> None:
    with database.transaction() as session:
        assert figures.stopped(session) == (0, None)
        _mail(session, AT, DeliveryState.SET_ASIDE)
        _mail(session, AT - timedelta(days=2), DeliveryState.SET_ASIDE)
        _mail(session)
        assert figures.stopped(session) == (2, AT - timedelta(days=2))


@pytest.mark.parametrize(
    ("ages", "middle"),
    [((3,), (3, 3)), ((0, 3), (3, 0)), ((0, 0, 9), (0, 0)), ((1, 4, 0, 3), (3, 1)), ((), None)],
)
def test_the_items_in_the_middle_of_a_queue(
    database: Database, ages: tuple[int, ...], middle: tuple[int, int] | None
) -> None:
    """Whatever their state; finished ones and those of another queue do not count."""
    with database.transaction() as session:
        for age, state in zip(ages, cycle(queues.OPEN_STATES)):
            _item(session, "a", age=age, state=state)
        _item(session, "a", age=50, state=ItemState.DONE)
        _item(session, "b", age=60)
        found = figures.middles(session, {(CIRCUIT, "a"): len(ages), (CIRCUIT, "c"): 0})
        when = tuple(AT - timedelta(days=age) for age in middle or ())
        assert found == ({(CIRCUIT, "a"): when} if middle else {})


def test_open_items_by_caisse_and_establishment(database: Database) -> None:
    with database.transaction() as session:
        lille, vannes = _case(session, "595", "590000001"), _case(session, "561", "560000002")
        for due in (TODAY - timedelta(days=1), TODAY, None):
            _item(session, "a", case=lille, due=due)
        _item(session, "a", case=vannes, due=TODAY - timedelta(days=9))
        _item(session, "a", case=vannes, state=ItemState.DONE, due=TODAY - timedelta(days=9))
        _item(session, "a")
        caisses, establishments = figures.shares(session, TODAY)
        assert [(s.code, s.open, s.overdue) for s in caisses] == [
            ("595", 3, 1),
            ("", 1, 0),
            ("561", 1, 1),
        ]
        assert [(s.code, s.open) for s in establishments] == [("590000001", 3), ("", 1), ("560000002", 1)]
        assert figures.names(session, ["590000001", "560000009"]) == {"590000001": "CH 590000001"}


@pytest.mark.parametrize(("days", "found"), [(6, 0), (7, 1), (15, 2), (30, 3)])
def test_covers_that_end(database: Database, days: int, found: int) -> None:
    """Granted or confirmed by silence; a request, a refusal, a later grant, a closed case do not count."""
    with database.transaction() as session:
        for ends in (7, 15, 30):
            _period(session, _case(session, "595"), TODAY + timedelta(days=ends))
        asked = _case(session, "595")
        _period(session, asked, TODAY + timedelta(days=3), PeriodStatus.REQUESTED)
        longer = _case(session, "595")
        _period(session, longer, TODAY + timedelta(days=3))
        _period(session, longer, TODAY + timedelta(days=90), PeriodStatus.TACIT)
        closed = _case(session, "595")
        closed.state = CaseState.CLOSED
        _period(session, closed, TODAY + timedelta(days=3))
        _period(session, _case(session, "595"), TODAY - timedelta(days=1))
        last = TODAY + timedelta(days=days)
        ending = figures.endings(session, TODAY, last)
        assert len(ending) == found
        assert figures.ends_by_day(session, TODAY, last) == Counter(one.ends for one in ending)


def test_covers_that_end_page_by_page(database: Database) -> None:
    with database.transaction() as session:
        for ends in (1, 2, 2, 2, 5):
            _period(session, _case(session, "595"), TODAY + timedelta(days=ends))
        last, seen = TODAY + timedelta(days=30), list[tuple[date, int]]()
        after: tuple[date, int] | None = None
        while page := figures.endings(session, TODAY, last, after, 2):
            seen += [(one.ends, one.case.id or 0) for one in page]
            after = seen[-1]
        assert seen == sorted(set(seen))
        assert len(seen) == 5


def test_items_of_every_queue_by_what_is_sought(database: Database) -> None:
    with database.transaction() as session:
        lille = _case(session, "595", "590000001")
        first = _item(session, "a", age=3, case=lille, due=TODAY - timedelta(days=1))
        second = _item(session, "b", age=2, state=ItemState.WAITING)
        _item(session, "b", state=ItemState.DONE)
        every = [i.id for i in listing.items(session, Sought(), None, 10)]
        assert every == [first.id, second.id]
        sought = {
            "waiting": Sought(states=(ItemState.WAITING,)),
            "late": Sought(due_before=TODAY),
            "caisse": Sought(caisse="595"),
            "finess": Sought(finess="590000001"),
            "nobody": Sought(caisse="131"),
            "no caisse": Sought(caisse=""),
            "no finess": Sought(finess=""),
        }
        found = {
            name: [i.id for i in listing.items(session, one, None, 10)] for name, one in sought.items()
        }
        assert found == {
            "waiting": [second.id],
            "late": [first.id],
            "caisse": [first.id],
            "finess": [first.id],
            "nobody": [],
            "no caisse": [second.id],
            "no finess": [second.id],
        }
        key = (first.created_at, first.id or 0)
        assert [i.id for i in listing.items(session, Sought(), key, 10)] == [second.id]
