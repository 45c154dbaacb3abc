"""Notices on both databases: told to each, until each has seen them."""

from __future__ import annotations

from datetime import UTC, datetime

from storage import notices, people
from storage.db import Database
from storage.people import Person

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_each_is_told_until_they_have_seen_it(database: Database) -> None:
    with database.transaction() as session:
        for login in ("medard", "nadia"):
            people.add(session, Person(login=login, name=login))
        for about in ("adam", "agathe"):
            notices.tell(session, ["medard", "nadia"], action="given", about=about, by="adam", at=AT)
    with database.transaction() as session:
        first, second = notices.unseen(session, "medard")
        assert (first.about, second.about, first.by) == ("adam", "agathe", "adam")
        notices.see(session, "medard", first.id or 0, AT)
    with database.reading() as session:
        assert [n.about for n in notices.unseen(session, "medard")] == ["agathe"]
        assert [n.about for n in notices.unseen(session, "nadia")] == ["adam", "agathe"]
