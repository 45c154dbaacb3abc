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


def test_one_in_force_stays_so_until_the_one_begun_in_its_place_is_confirmed(begun: Database) -> None:
    with begun.transaction() as session:
        factors.confirm(session, "agathe", AT, ["h1"], 100)
        assert not factors.accept_step(session, "agathe", 100)
        factors.begin(session, "agathe", "autre", AT)
        assert factors.confirmed(session, "agathe")
        assert factors.recovery_left(session, "agathe") == 1
    with begun.transaction() as session:
        assert factors.begun(session, "agathe") == ("autre", AT)
        kept = factors.get(session, "agathe")
        assert kept is not None
        assert kept.secret == "scellé"
        factors.confirm(session, "agathe", AT, ["h2", "h3"], 50)
    with begun.transaction() as session:
        kept = factors.get(session, "agathe")
        assert kept is not None
        assert (kept.secret, kept.next_secret, kept.last_step) == ("autre", "", 50)
        assert factors.begun(session, "agathe") is None
        assert factors.recovery_left(session, "agathe") == 2
        factors.confirm(session, "agathe", AT, [])  # nothing waits: nothing changes
        assert factors.recovery_left(session, "agathe") == 2


def test_removed_nothing_of_the_former_stays(begun: Database) -> None:
    with begun.transaction() as session:
        factors.confirm(session, "agathe", AT, ["h1"])
        assert factors.remove(session, "agathe")
        assert not factors.remove(session, "agathe")
        assert factors.get(session, "agathe") is None
        assert factors.recovery_left(session, "agathe") == 0
        factors.begin(session, "agathe", "un", AT)
        factors.begin(session, "agathe", "deux", AT)
        assert factors.begun(session, "agathe") == ("deux", AT)
