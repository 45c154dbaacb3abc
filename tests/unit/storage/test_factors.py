"""Second factors on both databases: in force once confirmed, each step and each recovery code good once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storage import factors, people
from storage.db import Database
from storage.people import Person

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def begun(database: Database) -> Database:
    with database.transaction() as session:
        people.add(session, Person(login="agathe", name="Agathe"))
        factors.begin(session, "agathe", "scellé", AT)
    return database


def test_it_is_in_force_once_confirmed(begun: Database) -> None:
    with begun.transaction() as session:
        assert not factors.confirmed(session, "agathe")
        assert factors.holders(session) == set()
        factors.confirm(session, "agathe", AT, ["h1", "h2"])
    with begun.reading() as session:
        assert factors.confirmed(session, "agathe")
        assert factors.holders(session) == {"agathe"}
        assert factors.recovery_left(session, "agathe") == 2


def test_no_step_is_accepted_again_nor_one_before_it(begun: Database) -> None:
    with begun.transaction() as session:
        assert [factors.accept_step(session, "agathe", step) for step in (100, 100, 99, 101, 100)] == [
            True,
            False,
            False,
            True,
            False,
        ]
        assert not factors.accept_step(session, "inconnu", 1)


def test_a_recovery_code_serves_once(begun: Database) -> None:
    with begun.transaction() as session:
        factors.confirm(session, "agathe", AT, ["h1", "h2"])
        assert factors.use_recovery(session, "agathe", "h1", AT)
        assert not factors.use_recovery(session, "agathe", "h1", AT)
        assert not factors.use_recovery(session, "autre", "h2", AT)
        assert factors.recovery_left(session, "agathe") == 1


def test_begun_again_or_removed_nothing_of_the_former_stays(begun: Database) -> None:
    with begun.transaction() as session:
        factors.confirm(session, "agathe", AT, ["h1"])
        factors.accept_step(session, "agathe", 100)
        factors.begin(session, "agathe", "autre", AT)
        assert not factors.confirmed(session, "agathe")
        assert factors.recovery_left(session, "agathe") == 0
        assert factors.accept_step(session, "agathe", 1)
        assert factors.remove(session, "agathe")
        assert not factors.remove(session, "agathe")
        assert factors.get(session, "agathe") is None
