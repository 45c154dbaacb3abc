"""Counters kept item by item: at every moment what a count of the items would say."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from threading import Thread

import pytest
from sqlmodel import select

from storage import cases, deadlines, tallies
from storage.cases import Item, ItemState
from storage.db import Database, Session
from storage.deadlines import Deadline, DeadlineState
from storage.tallies import Slot
from tests.builders import rows
from tests.builders.rows import AT

DAY = date(2026, 12, 1)
LETTERS = "abcdef"


def _counted(session: Session) -> Counter[Slot]:
    items = session.exec(select(Item).execution_options(populate_existing=True))
    open_ones = [i for i in items if i.state is not ItemState.DONE]
    return Counter(Slot(i.circuit, i.queue, i.state.value, i.next_due) for i in open_ones)


def _file(session: Session, letter: str, queue: str = "q") -> Item:
    item = Item(delivery=letter * 64, circuit="essai", queue=queue, kind="quote", title="t", created_at=AT)
    return cases.add_item(session, item)[0]


def _due(session: Session, letter: str, days: int) -> Deadline | None:
    return deadlines.add(
        session,
        Deadline(
            kind=f"k{days}",
            origin=letter,
            circuit="essai",
            delivery=letter * 64,
            due=DAY + timedelta(days=days),
            basis="b",
            status="confirmed",
            created_at=AT,
        ),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_verb_the_counters_are_a_count_of_the_items(database: Database, seed: int) -> None:
    dice = random.Random(seed)
    with database.transaction() as session:
        for letter in LETTERS:
            rows.delivery(session, letter)
    set_ones: list[int] = []
    for _ in range(40):
        letter = dice.choice(LETTERS)
        with database.transaction() as session:
            items = cases.items_of(session, letter * 64)
            match dice.randrange(4):
                case 0:
                    _file(session, letter, dice.choice("qr"))
                case 1 if items:
                    chosen = dice.choice(items)
                    state = dice.choice(list(ItemState))
                    assert cases.change_item(session, chosen.id or 0, chosen.version, state=state)
                    assert not cases.change_item(session, chosen.id or 0, chosen.version - 1, state=state)
                case 2:
                    made = _due(session, letter, dice.randrange(9))
                    set_ones += [made.id or 0] if made else []
                case _ if set_ones:
                    deadlines.end(session, set_ones.pop(), DeadlineState.MET, "fait", AT)
        with database.reading() as session:
            assert tallies.every(session) == _counted(session)


def test_a_verb_undone_counts_nothing(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")

    def fail() -> None:
        with database.transaction() as session:
            _file(session, "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as session:
        assert tallies.every(session) == {}


def test_many_at_once_are_all_counted(database: Database) -> None:
    with database.transaction() as session:
        for letter in LETTERS:
            rows.delivery(session, letter)

    def work(letter: str) -> None:
        with database.transaction() as session:
            _file(session, letter)
        with database.transaction() as session:
            _due(session, letter, 1)
        with database.transaction() as session:
            item = cases.items_of(session, letter * 64)[0]
            cases.change_item(session, item.id or 0, item.version, state=ItemState.TAKEN)

    threads = [Thread(target=work, args=(letter,)) for letter in LETTERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.reading() as session:
        wanted = {Slot("essai", "q", "taken", DAY + timedelta(days=1)): len(LETTERS)}
        assert tallies.every(session) == wanted == _counted(session)


def test_rows_written_by_other_means_are_counted_anew(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        item = Item(delivery="a" * 64, circuit="c", queue="q", kind="k", title="t", created_at=AT)
        session.add(item)
        tallies.change(session, [(Slot("nulle", "part", "new", DAY), 3)])
        tallies.recount(session)
        assert tallies.every(session) == {Slot("c", "q", "new", None): 1}
