"""People and sessions on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage import people
from storage.db import Database
from storage.people import Person, WebSession

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def peopled(database: Database) -> Database:
    with database.transaction() as session:
        people.add(session, Person(login="agathe", name="Agathe", password_hash="h1", roles=["cnse-admin"]))
        people.open_session(
            session,
            WebSession(token_hash="t1", login="agathe", csrf="c", created_at=AT, expires_at=AT + HOUR),
        )
    return database


def test_a_live_session_gives_its_person(peopled: Database) -> None:
    with peopled.reading() as session:
        found = people.session_of(session, "t1", AT)
        assert found is not None
        assert (found[0].csrf, found[1].roles) == ("c", ["cnse-admin"])
        assert people.session_of(session, "t2", AT) is None


def test_a_session_ends_at_its_time(peopled: Database) -> None:
    with peopled.reading() as session:
        assert people.session_of(session, "t1", AT + HOUR - timedelta(microseconds=1)) is not None
        assert people.session_of(session, "t1", AT + HOUR) is None


def test_sweeping_removes_what_has_ended_only(peopled: Database) -> None:
    with peopled.transaction() as session:
        assert people.sweep_sessions(session, AT) == 0
        assert people.sweep_sessions(session, AT + HOUR) == 1
        assert not people.close_session(session, "t1")


def test_closing_a_session(peopled: Database) -> None:
    with peopled.transaction() as session:
        assert people.close_session(session, "t1")
        assert people.session_of(session, "t1", AT) is None


def test_a_new_password_ends_every_session(peopled: Database) -> None:
    with peopled.transaction() as session:
        people.add(session, Person(login="agathe", name="Agathe", password_hash="h1", roles=[]))
    with peopled.transaction() as session:
        assert people.session_of(session, "t1", AT) is not None
        people.add(session, Person(login="agathe", name="Agathe", password_hash="h2", roles=[]))
    with peopled.reading() as session:
        assert people.session_of(session, "t1", AT) is None
        assert [p.password_hash for p in people.everyone(session)] == ["h2"]


def test_attempts_are_counted_then_forgiven(peopled: Database) -> None:
    with peopled.transaction() as session:
        assert [people.count_attempt(session, "agathe") for _ in range(3)] == [1, 2, 3]
        people.lock(session, "agathe", AT + HOUR)
    with peopled.transaction() as session:
        person = people.get(session, "agathe")
        assert person is not None
        assert (person.failures, person.locked_until) == (3, AT + HOUR)
        people.forgive(session, "agathe")
    with peopled.reading() as session:
        person = people.get(session, "agathe")
        assert person is not None
        assert (person.failures, person.locked_until) == (0, None)
