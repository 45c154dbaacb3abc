"""Lists by key on both databases: nothing skipped, nothing twice, counters that tell the truth."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from storage import queues, tallies
from storage.cases import Case, Item, ItemState
from storage.db import Database
from storage.deadlines import Deadline, DeadlineState
from storage.deliveries import Delivery, DeliveryState
from storage.nextdue import refresh_due
from storage.queues import Key, Wanted

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
STATES = (ItemState.NEW, ItemState.TAKEN, ItemState.WAITING, ItemState.DONE)
NUMBER = 43


def _sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _delivery(number: int) -> Delivery:
    return Delivery(
        sha256=_sha(number),
        size=1,
        state=DeliveryState.SCHEDULED,
        received_at=AT,
        mailbox="boite@x.example",
        envelope_from="a@x.example",
        circuit="essai",
    )


@pytest.fixture
def filled(database: Database) -> Database:
    """43 items in ``q``, four at each instant; then one elsewhere, one in another circuit."""
    with database.transaction() as session:
        session.add_all(_delivery(n) for n in range(NUMBER + 2))
        session.flush()
        session.add(Case(reference="C-1", circuit="essai", opened_at=AT, opened_by_delivery=_sha(0)))
        session.flush()
        for n in range(NUMBER + 2):
            state = STATES[n % 4] if n < NUMBER else ItemState.NEW
            session.add(
                Item(
                    delivery=_sha(n),
                    circuit="essai" if n != NUMBER + 1 else "autre",
                    queue="q" if n != NUMBER else "r",
                    case_id=1 if n == 0 else None,
                    state=state,
                    kind="quote" if n % 5 else "question",
                    title=f"n° {n}",
                    created_at=AT - timedelta(hours=n // 4),
                    taken_by="agathe"
                    if state in {ItemState.TAKEN, ItemState.WAITING} and n % 8 < 4
                    else None,
                )
            )
    return database


def _walk(database: Database, wanted: Wanted, size: int) -> list[int]:
    found: list[int] = []
    after: Key | None = None
    with database.reading() as session:
        for _ in range(NUMBER + 2):
            page = queues.page(session, wanted, after, size)
            assert len(page.lines) <= size
            found += [line.item.id or 0 for line in page.lines]
            after = page.next
            if after is None:
                return found
    raise AssertionError("the list does not end")


@pytest.mark.parametrize("size", [1, 7, 43, 50])
@pytest.mark.parametrize("newest_first", [True, False])
def test_pages_by_key_show_each_item_once_in_order(filled: Database, size: int, newest_first: bool) -> None:
    found = _walk(filled, Wanted("q", ("essai",), STATES, newest_first=newest_first), size)
    with filled.reading() as session:
        items = {i: session.get_one(Item, i) for i in found}
    assert len(found) == len(items) == NUMBER
    keys = [(items[i].created_at, i) for i in found]
    assert keys == sorted(keys, reverse=newest_first)


def test_only_the_states_kind_and_person_asked_for(filled: Database) -> None:
    open_ones = _walk(filled, Wanted("q", ("essai",)), 10)
    assert len(open_ones) == sum(1 for n in range(NUMBER) if n % 4 != 3)
    questions = _walk(filled, Wanted("q", ("essai",), STATES, kind="question"), 10)
    assert len(questions) == sum(1 for n in range(NUMBER) if n % 5 == 0)
    mine = _walk(filled, Wanted("q", ("essai",), STATES, taken_by="agathe"), 10)
    assert len(mine) == sum(1 for n in range(NUMBER) if n % 8 in {1, 2})


def test_another_circuit_with_the_same_queue_name_is_not_seen(filled: Database) -> None:
    assert len(_walk(filled, Wanted("q", ("autre",), STATES), 10)) == 1
    assert len(_walk(filled, Wanted("q", ("autre", "essai"), STATES), 10)) == NUMBER + 1


def _due(
    session_day: date, state: DeadlineState, *, delivery: int | None = None, case: int | None = None
) -> Deadline:
    return Deadline(
        kind=f"k-{session_day}-{state}",
        origin=f"{delivery}-{case}",
        circuit="essai",
        delivery=None if delivery is None else _sha(delivery),
        case_id=case,
        due=session_day,
        basis="b",
        status="confirmed",
        state=state,
        created_at=AT,
    )


@pytest.fixture
def due(filled: Database) -> Database:
    """Item 0 by its case, 1 and 2 by their mails, 3 is done, 4 has a due date that was met."""
    day = timedelta(days=1)
    with filled.transaction() as session:
        session.add_all(
            [
                _due(TODAY + 30 * day, DeadlineState.OPEN, delivery=0),
                _due(TODAY - day, DeadlineState.MISSED, case=1),
                _due(TODAY, DeadlineState.OPEN, delivery=1),
                _due(TODAY + 6 * day, DeadlineState.OPEN, delivery=1),
                _due(TODAY + 7 * day, DeadlineState.OPEN, delivery=2),
                _due(TODAY - day, DeadlineState.OPEN, delivery=3),
                _due(TODAY - day, DeadlineState.MET, delivery=4),
            ]
        )
        refresh_due(session, case_id=1)
        for n in range(5):
            refresh_due(session, delivery=_sha(n))
        tallies.recount(session)
    return filled


def test_counters(due: Database) -> None:
    with due.reading() as session:
        counts = queues.counts(session, [("essai", "q"), ("essai", "vide")], "agathe", TODAY)
    states = [STATES[n % 4] for n in range(NUMBER)]
    count = counts["essai", "q"]
    assert (count.new, count.taken, count.waiting) == tuple(states.count(s) for s in STATES[:3])
    assert count.open == NUMBER - states.count(ItemState.DONE)
    assert count.mine == sum(1 for n in range(NUMBER) if n % 8 in {1, 2})
    assert (count.overdue, count.soon) == (1, 1)
    assert counts["essai", "vide"] == queues.QueueCount()


def test_the_next_due_date_is_the_earliest_pending_of_case_or_mail(due: Database) -> None:
    with due.reading() as session:
        page = queues.page(session, Wanted("q", ("essai",), STATES), None, 100)
    dates = {line.item.delivery: line.deadline.due for line in page.lines if line.deadline}
    day = timedelta(days=1)
    assert dates == {_sha(0): TODAY - day, _sha(1): TODAY, _sha(2): TODAY + 7 * day, _sha(3): TODAY - day}
    references = {line.item.delivery: line.case_reference for line in page.lines}
    assert references[_sha(0)] == "C-1"
    assert references[_sha(1)] is None


def _by_due(database: Database, wanted: Wanted, size: int) -> list[tuple[date, str]]:
    """Every line of a list by due date, page by page."""
    found: list[tuple[date, str]] = []
    after: tuple[date, int] | None = None
    with database.reading() as session:
        for _ in range(NUMBER + 2):
            page = queues.page_by_due(session, wanted, after, size)
            found += [(line.item.next_due or tallies.NEVER, line.item.delivery) for line in page.lines]
            if page.next is None:
                return found
            after = (found[-1][0], page.next.id)
    raise AssertionError("the list does not end")


@pytest.mark.parametrize("size", [1, 2, 10, 50])
def test_pages_by_due_date_end_with_what_waits_for_nothing(due: Database, size: int) -> None:
    found = _by_due(due, Wanted("q", ("essai",)), size)
    day = timedelta(days=1)
    assert found[:3] == [(TODAY - day, _sha(0)), (TODAY, _sha(1)), (TODAY + 7 * day, _sha(2))]
    assert {one[0] for one in found[3:]} == {tallies.NEVER}
    assert len(found) == len(set(found)) == sum(1 for n in range(NUMBER) if n % 4 != 3)


def test_every_filter_of_a_list(due: Database) -> None:
    with due.transaction() as session:
        for n, columns in (
            (4, {"caisse": "595", "finess": "590796975"}),
            (8, {"caisse": "595", "lacking": True}),
            (12, {"taken_by": "agathe"}),
        ):
            item = session.exec(select(Item).where(Item.delivery == _sha(n))).one()
            for name, value in columns.items():
                setattr(item, name, value)
            session.add(item)
    day = timedelta(days=1)

    def asked(**filters: Any) -> set[int]:
        wanted = replace(Wanted("q", ("essai",)), **filters)
        with due.reading() as session:
            found = {line.item.delivery for line in queues.page(session, wanted, None, 100).lines}
            by_due = {one[1] for one in _by_due(due, wanted, 7)}
        assert found == by_due
        return {n for n in range(NUMBER) if _sha(n) in found}

    every = {n for n in range(NUMBER) if n % 4 != 3}
    assert asked() == every
    assert asked(caisse="595") == {4, 8}
    assert asked(finess="590796975") == {4}
    assert asked(lacking=True) == {8}
    assert asked(lacking=False) == every - {8}
    assert asked(unheld=True, states=(ItemState.NEW,)) == {n for n in every if n % 4 == 0} - {12}
    assert asked(since=AT - timedelta(hours=1)) == {n for n in every if n < 8}
    assert asked(before=AT - timedelta(hours=9)) == {n for n in every if n >= 40}
    assert asked(due_before=TODAY) == {0}
    assert asked(due_from=TODAY, due_before=TODAY + day) == {1}
    assert asked(undated=True) == every - {0, 1, 2}
    assert asked(kind="question") == {n for n in every if n % 5 == 0}


def test_neighbours(filled: Database) -> None:
    with filled.reading() as session:
        order = _walk(filled, Wanted("q", ("essai",)), 50)
        middle = session.get_one(Item, order[5])
        assert queues.neighbours(session, middle) == (order[4], order[6])
        assert queues.neighbours(session, session.get_one(Item, order[0])) == (None, order[1])


@pytest.mark.parametrize(
    ("where", "order", "index"),
    [
        ("(created_at, id) < ('2026', 5)", "created_at DESC, id DESC", "ix_items_by_state"),
        ("next_due IS NOT NULL AND (next_due, id) > ('2026', 5)", "next_due, id", "ix_items_by_due"),
    ],
)
def test_a_page_follows_an_index_and_sorts_nothing_large(
    sqlite_database: Database, where: str, order: str, index: str
) -> None:
    """The plan of one arm: a search along the index in order, no temporary sort."""
    with sqlite_database.reading() as session:
        plan = session.connection().execute(
            text(
                "EXPLAIN QUERY PLAN SELECT id FROM items WHERE circuit='c' AND queue='q' AND state='new'"
                f" AND {where} ORDER BY {order} LIMIT 51"
            )
        )
        steps = " ".join(str(row[3]) for row in plan)
    assert index in steps
    assert "TEMP B-TREE" not in steps
