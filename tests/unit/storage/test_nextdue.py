"""The nearest due date kept on an item: true after every verb that can change it."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Event, Thread

from sqlmodel import col, select

from storage import cases, deadlines, nextdue
from storage.cases import Case, Item
from storage.db import Database, Session
from storage.deadlines import Deadline, DeadlineState
from tests.builders import rows
from tests.builders.rows import AT

DAY = date(2026, 12, 1)


def _case(session: Session) -> int:
    opened = cases.open_case(
        session, Case(reference="C-1", circuit="essai", opened_at=AT, opened_by_delivery="a" * 64)
    )
    assert opened.id is not None
    return opened.id


def _item(session: Session, letter: str, case_id: int | None = None) -> Item:
    item = Item(
        delivery=letter * 64,
        circuit="essai",
        queue="q",
        case_id=case_id,
        kind="quote",
        title="t",
        created_at=AT,
    )
    return cases.add_item(session, item)[0]


def _due(
    session: Session, origin: str, due: date, *, case_id: int | None = None, letter: str = "a"
) -> Deadline:
    made = deadlines.add(
        session,
        Deadline(
            kind="k",
            origin=origin,
            circuit="essai",
            delivery=letter * 64,
            case_id=case_id,
            due=due,
            basis="b",
            status="confirmed",
            created_at=AT,
        ),
    )
    assert made is not None
    return made


def _next(session: Session, letter: str) -> date | None:
    found = select(Item).where(col(Item.delivery) == letter * 64).execution_options(populate_existing=True)
    return session.exec(found).one().next_due


def test_what_is_pending_is_said_the_same_way_in_both_files() -> None:
    assert tuple(str(state) for state in deadlines.PENDING) == nextdue._PENDING


def test_the_nearest_of_the_mail_and_of_the_case_follows_every_verb(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        rows.delivery(session, "b")
        number = _case(session)
        version = _item(session, "a").version
        assert _next(session, "a") is None
        later = _due(session, "later", DAY + timedelta(days=5))
        assert _next(session, "a") == DAY + timedelta(days=5)
        sooner = _due(session, "sooner", DAY, case_id=number, letter="b")
        assert _next(session, "a") == DAY + timedelta(days=5), "it is not in that case"
        item = cases.items_of(session, "a" * 64)[0]
        assert cases.change_item(session, item.id or 0, item.version, case_id=number)
        deadlines.adopt(session, "a" * 64, number)
        assert _next(session, "a") == DAY
        assert deadlines.miss(session, sooner.id or 0, AT)
        assert _next(session, "a") == DAY, "a missed one is still waited for"
        assert deadlines.end(session, sooner.id or 0, DeadlineState.MET, "fait", AT)
        assert _next(session, "a") == DAY + timedelta(days=5)
        assert deadlines.end(session, later.id or 0, DeadlineState.CANCELLED, "fait", AT)
        assert _next(session, "a") is None
        assert cases.items_of(session, "a" * 64)[0].version == version + 1, "nobody's page grows old"


def test_an_item_filed_later_in_the_case_has_its_due_date(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        rows.delivery(session, "b")
        number = _case(session)
        _due(session, "first", DAY, case_id=number)
        _item(session, "b", number)
        assert _next(session, "b") == DAY


def test_an_item_filed_while_a_due_date_is_set_still_gets_it(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        rows.delivery(session, "b")
        number = _case(session)
    begun = Event()

    def file_it() -> None:
        begun.set()
        with database.transaction() as session:
            _item(session, "b", number)

    filing = Thread(target=file_it)
    with database.transaction() as session:
        _due(session, "first", DAY, case_id=number)
        filing.start()
        assert begun.wait(10)
    filing.join(30)
    with database.reading() as session:
        assert _next(session, "b") == DAY
