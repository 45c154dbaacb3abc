"""The items written in bulk for the measures are those that our verbs would write."""

from __future__ import annotations

from sqlmodel import select

from storage import findable, nextdue
from storage.db import Database, Session
from storage.findable import FoundGram, FoundItem, FoundWord, Where
from storage.items import Item
from tests.bench import crowd

FEW = 40


Found = set[tuple[str, str | None, int, str, str, int]]
Grams = set[tuple[str, str]]


def _index(session: Session) -> tuple[Found, Grams]:
    words = {word.id: word for word in session.exec(select(FoundWord))}
    grams = {(words[gram.word_id].word, gram.gram) for gram in session.exec(select(FoundGram))}
    found = {
        (words[row.word_id].word, words[row.word_id].sound, row.item_id, row.circuit, row.queue, row.place)
        for row in session.exec(select(FoundItem))
    }
    return found, grams


def test_the_words_written_in_bulk_are_those_of_the_index(database: Database) -> None:
    crowd.fill(database, FEW)
    with database.transaction() as session:
        assert len(session.exec(select(Item)).all()) == FEW
        bulk = _index(session)
        findable.everything(session)
        assert _index(session) == bulk
        assert len(bulk[0]) > FEW * 8


def test_the_due_dates_written_in_bulk_are_the_nearest(database: Database) -> None:
    crowd.fill(database, FEW)
    with database.transaction() as session:
        items = session.exec(select(Item)).all()
        for item in items:
            assert nextdue.nearest(session, item.case_id, item.delivery) == item.next_due
        assert len({item.next_due for item in items}) > FEW // 4


def test_a_word_added_after_the_bulk_gets_a_number_of_its_own(database: Database) -> None:
    crowd.fill(database, FEW)
    with database.transaction() as session:
        item = session.exec(select(Item)).first()
        assert item is not None
        item.title = "Inouï"
        session.add(item)
        findable.item(session, item.id or 0)
        found, _ = _index(session)
        assert {
            place for word, _, number, _, _, place in found if word == "INOUI" and number == item.id
        } == {Where.ITEM}
