"""One database behind two verbs: writers queue, readers see one moment, and what goes away comes back."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlmodel import Session, select

from storage import deliveries, schema
from storage.columns import instant_text
from storage.db import Database, insert_new, table_of
from storage.deliveries import Delivery, DeliveryState
from storage.errors import DatabaseUnavailable
from storage.people import Person
from tests.worlds import postgres
from tests.worlds.postgres import PostgresServer

AT = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)


def _delivery(number: int = 0, at: datetime = AT) -> Delivery:
    return Delivery(
        sha256=f"{number:064x}",
        size=1,
        state=DeliveryState.RECEIVED,
        received_at=at,
        mailbox="soins@exemple.fr",
        envelope_from="",
        circuit="soins-programmes-algerie",
    )


def _count(database: Database) -> int:
    with database.reading() as session:
        return len(session.exec(select(Delivery.sha256)).all())


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    class UndoneError(Exception):
        pass

    def undone() -> None:
        with database.transaction() as session:
            deliveries.insert(session, _delivery())
            raise UndoneError

    with pytest.raises(UndoneError):
        undone()
    assert _count(database) == 0


def test_a_reading_keeps_nothing(database: Database) -> None:
    if database.is_sqlite:
        with database.reading() as session:
            deliveries.insert(session, _delivery())
    else:
        with pytest.raises(DatabaseUnavailable), database.reading() as session:
            deliveries.insert(session, _delivery())
    assert _count(database) == 0


def test_a_reading_sees_one_moment(database: Database) -> None:
    with database.reading() as session:
        assert session.exec(select(Delivery)).all() == []
        with database.transaction() as other:
            deliveries.insert(other, _delivery())
        assert session.exec(select(Delivery)).all() == []
    assert _count(database) == 1


def test_two_writers_that_read_first_queue_instead_of_failing(database: Database) -> None:
    """Without BEGIN IMMEDIATE, SQLite refuses at once the second one that wants to write what it read."""
    together = threading.Barrier(2)
    database_is_sqlite = database.is_sqlite

    def work(first: int) -> int:
        done = 0
        for number in range(25):
            if number == 0:
                together.wait()
            with database.transaction() as session:
                seen = len(session.exec(select(Delivery.sha256)).all())
                assert seen >= done
                done += deliveries.insert(session, _delivery(first + number))
        return done

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, [0, 1000])) == [25, 25]
    assert _count(database) == 50
    assert database.is_sqlite is database_is_sqlite


def test_sqlite_writers_hold_the_lock_from_the_start(sqlite_database: Database) -> None:
    path = sqlite_database.engine.url.database or ""
    with sqlite_database.transaction():
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
    with sqlite_database.reading() as session:
        session.exec(select(Delivery)).all()
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()


def test_sqlite_is_set_to_lose_nothing(sqlite_database: Database) -> None:
    with sqlite_database.reading() as session:
        connection = session.connection()
        said = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_foreign_keys_are_enforced(database: Database) -> None:
    insert = (
        "INSERT INTO arrivals (delivery, via, mailbox, at, envelope_from, recipients, peer) "
        "VALUES ('absent', 'smtp', 'm', '2026-11-23T09:00:00.000000Z', '', '[]', '')"
    )
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.connection().execute(text(insert))


def test_instants_come_back_aware_and_in_order(database: Database) -> None:
    instants = [
        AT.astimezone(timezone(timedelta(hours=5, minutes=30))),
        AT + timedelta(microseconds=1),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        AT.replace(microsecond=0),
    ]
    with database.transaction() as session:
        for number, at in enumerate(instants):
            deliveries.insert(session, _delivery(number, at))
    with database.reading() as session:
        listed = [row.received_at for row in deliveries.list_state(session, list(DeliveryState))]
    assert listed == sorted(instants)
    assert all(at.utcoffset() == timedelta(0) for at in listed)
    assert sorted(map(instant_text, listed)) == list(map(instant_text, listed))


def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="time zone"), database.transaction() as session:
        deliveries.insert(session, _delivery(0, datetime(2026, 11, 23)))  # noqa: DTZ001 (the fault itself)


def test_insert_new_tells_whether_it_did(database: Database) -> None:
    row = {
        "login": "agent1",
        "name": "Agent Un",
        "password_hash": "x",
        "roles": [],
        "active": True,
        "failures": 0,
    }
    with database.transaction() as session:
        assert insert_new(session, table_of(Person), row)
        assert not insert_new(session, table_of(Person), row | {"name": "Autre"})
    with database.reading() as session:
        assert [person.name for person in session.exec(select(Person))] == ["Agent Un"]


def test_a_programming_error_is_not_called_an_absence(database: Database) -> None:
    with pytest.raises((OperationalError, ProgrammingError)), database.transaction() as session:
        session.connection().execute(text("SELECT * FROM nowhere"))


def test_a_sqlite_file_out_of_reach_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/absent/folder/base.sqlite")
    with pytest.raises(DatabaseUnavailable, match="ne répond pas"), database.reading() as session:
        session.exec(select(Delivery)).all()
    schema.upgrade(database)
    assert _count(database) == 0
    database.close()


def test_a_sqlite_disk_that_is_full_is_unavailable(sqlite_database: Database) -> None:
    def fill(session: Session) -> None:
        session.connection().execute(text("PRAGMA max_page_count = 1"))
        for number in range(2000):
            deliveries.insert(session, _delivery(number))

    with pytest.raises(DatabaseUnavailable) as caught, sqlite_database.transaction() as session:
        fill(session)
    assert caught.value.temporary
    sqlite_database.close()
    assert _count(sqlite_database) == 0


@pytest.fixture
def fragile_server() -> Iterator[PostgresServer]:
    """A server of its own, with fsync on, that a test may stop."""
    postgres.require()
    with tempfile.TemporaryDirectory(prefix="passerelle-pg-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder), durable=True)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.mark.postgres
def test_a_database_that_goes_away_and_comes_back(fragile_server: PostgresServer) -> None:
    database = Database(fragile_server.url("postgres"))
    schema.upgrade(database)
    with database.transaction() as session:
        deliveries.insert(session, _delivery(1))

    def interrupted() -> None:
        with database.transaction() as session:
            deliveries.insert(session, _delivery(2))
            fragile_server.stop()

    with pytest.raises(DatabaseUnavailable, match="réessayez") as caught:
        interrupted()
    assert caught.value.temporary
    with pytest.raises(DatabaseUnavailable), database.reading() as session:
        session.exec(select(Delivery)).all()
    with pytest.raises(DatabaseUnavailable):
        schema.upgrade(database)
    fragile_server.start()
    assert _count(database) == 1
    with database.transaction() as session:
        assert deliveries.insert(session, _delivery(2))
    database.close()


@pytest.mark.postgres
def test_an_idle_connection_that_broke_is_not_noticed(fragile_server: PostgresServer) -> None:
    """The server was restarted while nobody asked anything: the next question is answered."""
    database = Database(fragile_server.url("postgres"))
    schema.upgrade(database)
    assert _count(database) == 0
    fragile_server.stop("fast")
    fragile_server.start()
    assert _count(database) == 0
    database.close()
