"""People on both databases: who they are, and the attempts under their login."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage import people
from storage.db import Database
from storage.people import Person

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def peopled(database: Database) -> Database:
    with database.transaction() as session:
        people.add(
            session,
            Person(login="agathe", name="Agathe", password_hash="h1", roles=["cnse-admin"], email="a@x.fr"),
        )
    return database


def test_replacing_a_person_says_whether_the_password_changed(peopled: Database) -> None:
    with peopled.transaction() as session:
        assert not people.add(session, Person(login="agathe", name="Agathe", password_hash="h1", roles=[]))
        assert people.add(session, Person(login="agathe", name="Agathe", password_hash="h2", roles=[]))
        assert not people.add(session, Person(login="noé", name="Noé", password_hash="h2", roles=[]))
    with peopled.reading() as session:
        assert [p.password_hash for p in people.everyone(session)] == ["h2", "h2"]


def test_attempts_are_counted_then_forgiven(peopled: Database) -> None:
    with peopled.transaction() as session:
        assert [people.count_attempt(session, "agathe", AT) for _ in range(3)] == [1, 2, 3]
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


def test_an_address_finds_one_person_whatever_its_case_and_never_one_of_two(peopled: Database) -> None:
    with peopled.transaction() as session:
        found = people.with_email(session, " A@X.fr ")
        assert found is not None
        assert found.login == "agathe"
        people.add(session, Person(login="autre", name="Autre", email="a@x.fr"))
    with peopled.reading() as session:
        assert people.with_email(session, "a@x.fr") is None
        assert people.with_email(session, "") is None
        assert people.with_email(session, "b@x.fr") is None


def test_roles_state_password_and_identity_are_changed_one_by_one(peopled: Database) -> None:
    with peopled.transaction() as session:
        people.set_roles(session, "agathe", ["auditor"])
        people.set_active(session, "agathe", active=False)
        people.count_attempt(session, "agathe", AT)
        people.set_password(session, "agathe", "h9")
        people.set_identity(session, "agathe", "Agathe Le Goff", "Nouvelle@X.FR")
    with peopled.reading() as session:
        person = people.get(session, "agathe")
    assert person is not None
    assert person.model_dump() == {
        "login": "agathe",
        "name": "Agathe Le Goff",
        "password_hash": "h9",
        "email": "nouvelle@x.fr",
        "roles": ["auditor"],
        "active": False,
        "program": False,
        "failures": 0,
        "locked_until": None,
    }


def test_an_attempt_is_not_counted_while_the_account_waits_or_is_closed(peopled: Database) -> None:
    with peopled.transaction() as session:
        assert people.count_attempt(session, "personne", AT) is None
        people.lock(session, "agathe", AT + HOUR)
        assert people.count_attempt(session, "agathe", AT + HOUR - timedelta(seconds=1)) is None
        assert people.count_attempt(session, "agathe", AT + HOUR) == 1
        people.set_active(session, "agathe", active=False)
        assert people.count_attempt(session, "agathe", AT + HOUR) is None
