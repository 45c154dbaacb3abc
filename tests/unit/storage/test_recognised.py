from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage import recognised
from storage.db import Database
from storage.recognised import RecognisedPage

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _page(number: int) -> RecognisedPage:
    return RecognisedPage(name=f"{number:064d}", sha256=f"{number:064x}", at=AT + timedelta(minutes=number))


def test_the_oldest_pages_are_dropped_first(database: Database) -> None:
    with database.transaction() as session:
        assert all(recognised.keep(session, _page(n)) for n in range(5))
        assert not recognised.keep(session, _page(3))
        assert recognised.drop_oldest(session, 9) == []
        assert recognised.drop_oldest(session, 3) == [_page(0).sha256, _page(1).sha256]
        assert recognised.count(session) == 3
    with database.transaction() as session:
        recognised.drop(session, _page(2).name)
        assert recognised.blob_of(session, _page(2).name) is None
        assert recognised.blob_of(session, _page(4).name) == _page(4).sha256
