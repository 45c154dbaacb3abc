"""API tokens on both databases: what is presented, what is kept, when it stops opening."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage import people, tokens
from storage.db import Database
from storage.people import Person

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def given(database: Database) -> tuple[Database, str, str]:
    """A database, and two tokens as presented: of a person, of a queue."""
    with database.transaction() as session:
        people.add(session, Person(login="agathe", name="Agathe", roles=["cnse-admin"]))
        mine, _ = tokens.create(
            session,
            title="Relevé",
            scopes=("read", "act"),
            created_by="adam",
            at=AT,
            expires_at=AT + DAY,
            login="agathe",
        )
        feed, _ = tokens.create(
            session,
            title="Agenda",
            scopes=("calendar",),
            created_by="adam",
            at=AT,
            expires_at=AT + DAY,
            circuit="soins",
            queue="cpam-595",
        )
    return database, mine, feed


def test_a_token_opens_for_its_person_or_its_queue(given: tuple[Database, str, str]) -> None:
    database, mine, feed = given
    with database.reading() as session:
        held = tokens.check(session, mine, AT)
        assert held is not None
        assert held.person is not None
        assert (held.person.login, held.queue) == ("agathe", None)
        assert set(held.scopes) == {"read", "act"}
        fed = tokens.check(session, feed, AT)
        assert fed is not None
        assert (fed.person, fed.circuit, fed.queue) == (None, "soins", "cpam-595")
        assert set(fed.scopes) == {"calendar"}


def test_the_table_holds_no_secret(given: tuple[Database, str, str]) -> None:
    database, mine, _ = given
    with database.reading() as session:
        kept = " ".join(str(row.model_dump()) for row in tokens.everyone(session))
    assert mine.rsplit("_", 1)[1] not in kept
    assert mine.split("_")[1] in kept


@pytest.mark.parametrize("presented", ["", "psr_", "psr_000000000000_" + "A" * 43, "agathe", "psr_%_x"])
def test_what_is_not_a_token_opens_nothing(given: tuple[Database, str, str], presented: str) -> None:
    with given[0].reading() as session:
        assert tokens.check(session, presented, AT) is None


def test_one_wrong_letter_opens_nothing(given: tuple[Database, str, str]) -> None:
    database, mine, _ = given
    wrong = mine[:-1] + ("A" if mine[-1] != "A" else "B")
    with database.reading() as session:
        assert tokens.check(session, wrong, AT) is None


def test_expired_revoked_or_of_somebody_gone(given: tuple[Database, str, str]) -> None:
    database, mine, feed = given
    with database.transaction() as session:
        assert tokens.check(session, mine, AT + DAY) is None
        assert tokens.check(session, mine, AT + DAY - timedelta(microseconds=1)) is not None
        row = tokens.revoke(session, feed.split("_")[1], AT)
        assert row is not None
        assert tokens.revoke(session, feed.split("_")[1], AT) is None
        assert tokens.revoke(session, "inconnu", AT) is None
        people.set_active(session, "agathe", active=False)
    with database.reading() as session:
        assert tokens.check(session, feed, AT) is None
        assert tokens.check(session, mine, AT) is None


def test_the_last_use_is_noted_at_most_once_a_minute(given: tuple[Database, str, str]) -> None:
    database, mine, _ = given
    name = mine.split("_")[1]
    with database.transaction() as session:
        assert tokens.touch(session, name, AT)
        session.expire_all()
        assert not tokens.touch(session, name, AT + timedelta(seconds=59))
        assert tokens.touch(session, name, AT + timedelta(seconds=60))
        assert not tokens.touch(session, "inconnu", AT)
    with database.reading() as session:
        assert [t.used_at for t in tokens.of_person(session, "agathe")] == [AT + timedelta(minutes=1)]


@pytest.mark.parametrize(
    ("login", "circuit", "queue"),
    [
        (None, None, None),
        ("agathe", "soins", "cpam-595"),
        (None, None, "cpam-595"),
        ("agathe", "soins", None),
    ],
)
def test_a_token_belongs_to_one_person_or_one_queue(
    database: Database, login: str | None, circuit: str | None, queue: str | None
) -> None:
    with database.transaction() as session, pytest.raises(ValueError, match="belongs"):
        tokens.create(
            session,
            title="x",
            scopes=(),
            created_by="a",
            at=AT,
            expires_at=AT,
            login=login,
            circuit=circuit,
            queue=queue,
        )


def test_fetches_of_a_feed_are_counted_and_listed_for_who_made_it(
    given: tuple[Database, str, str],
) -> None:
    database, _, feed = given
    with database.transaction() as session:
        held = tokens.check(session, feed, AT)
        assert held is not None
        tokens.count_use(session, held.id, AT)
        tokens.count_use(session, held.id, AT + timedelta(seconds=1))
    with database.reading() as session:
        (row,) = tokens.feeds_of(session, "adam")
        assert (row.queue, row.uses, row.used_at) == ("cpam-595", 2, AT + timedelta(seconds=1))
        assert tokens.feeds_of(session, "agathe") == []
