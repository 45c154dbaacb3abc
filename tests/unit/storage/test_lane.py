"""The fast lane writes what the ordinary road writes, byte for byte, and refuses the rest."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from storage import audit, reception
from storage.db import Database, Session
from storage.deliveries import Via
from storage.errors import DatabaseUnavailable
from storage.lane import Lane, NotInLane
from storage.reception import ArrivalSeen, Reception

AT = datetime(2026, 11, 23, 9, 0, 1, 5, tzinfo=UTC)


def mails(*names: str) -> list[Reception]:
    arrival = ArrivalSeen(Via.SMTP, "é@b.example", "NUL\0 \ud800", ("a", "é"), "p", None, None, None)
    return [
        Reception(hashlib.sha256(n.encode()).hexdigest(), 3, AT, "c", (arrival, arrival)) for n in names
    ]


def write(session: Session, *names: str) -> None:
    answers = reception.receive(session, mails(*names))
    audit.append_all(session, AT, [("arrival", f"delivery:{n}", {"size": 3}) for n in names])
    assert [answer.new for answer in answers] == [names.index(n) == i for i, n in enumerate(names)]


def dump(database: Database) -> dict[str, list[Any]]:
    """Every row of what was written, without what is random (salt) or follows from it."""
    queries = {
        "deliveries": "SELECT * FROM deliveries ORDER BY sha256",
        "arrivals": "SELECT * FROM arrivals ORDER BY delivery, id",
        "events": "SELECT position, at, kind, subject, typeof(body), length(body), typeof(leaf) "
        "FROM audit_events ORDER BY position",
        "beside": "SELECT position, field, value, typeof(salt), length(salt) FROM audit_clear "
        "ORDER BY position, field",
        "head": "SELECT size, typeof(frontier), length(frontier) FROM audit_head",
    }
    with database.reading() as session:
        return {n: [tuple(r) for r in session.connection().execute(text(q))] for n, q in queries.items()}


def emptied(database: Database) -> None:
    with database.transaction() as session:
        for table in ("arrivals", "deliveries", "audit_events", "audit_clear"):
            session.connection().execute(text(f"DELETE FROM {table}"))
        session.connection().execute(text("UPDATE audit_head SET size = 0, frontier = x''"))


def test_the_same_rows_by_both_roads(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        write(session, "one", "two", "one")
    ordinary = dump(sqlite_database)
    emptied(sqlite_database)
    lane = Lane(sqlite_database)
    with lane.transaction() as session:
        write(session, "one", "two", "one")
    assert dump(sqlite_database) == ordinary
    assert len(ordinary["arrivals"]) == 6
    assert ordinary["head"] == [(3, "blob", 64)]


def test_a_mail_already_known(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        write(session, "one")
    with Lane(sqlite_database).transaction() as session:
        assert [a.new for a in reception.receive(session, mails("one", "new"))] == [False, True]


def test_what_raises_is_rolled_back_and_the_lane_serves_again(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        write(session, "first")
    lane = Lane(sqlite_database)

    def refused(session: Session) -> None:
        write(session, "lost")
        session.connection().execute(text("SELECT 1"))

    with pytest.raises(NotInLane), lane.transaction() as session:
        refused(session)
    with lane.transaction() as session:
        write(session, "kept")
    assert len(dump(sqlite_database)["deliveries"]) == 2


def test_other_statements_are_refused(sqlite_database: Database) -> None:
    with pytest.raises(NotInLane), Lane(sqlite_database).transaction() as session:
        session.connection().execute(text("DELETE FROM deliveries"))


def test_an_empty_log_takes_the_ordinary_road(sqlite_database: Database) -> None:
    with pytest.raises(NotInLane), Lane(sqlite_database).transaction() as session:
        write(session, "one")
    assert dump(sqlite_database)["deliveries"] == []


@pytest.mark.postgres
def test_no_lane_on_postgres(postgres_database: Database) -> None:
    lane = Lane(postgres_database)
    assert not lane.exists
    with pytest.raises(NotInLane), lane.transaction():
        pass


def test_a_database_away(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/none/there.sqlite")
    with pytest.raises(DatabaseUnavailable), Lane(database).transaction():
        pass
    database.close()
