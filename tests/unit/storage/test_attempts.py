"""Failures by subject on both databases: counted, waited for, forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage import attempts
from storage.attempts import FORGET
from storage.db import Database

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DOOR = "address:192.0.2.1"


def test_failures_are_counted_and_old_ones_forgotten(database: Database) -> None:
    with database.transaction() as session:
        assert [attempts.count(session, DOOR, AT) for _ in range(3)] == [1, 2, 3]
        assert attempts.count(session, DOOR, AT + FORGET) == 4
        assert attempts.count(session, DOOR, AT + FORGET * 2 + timedelta(seconds=1)) == 1
        assert attempts.count(session, "address:192.0.2.2", AT) == 1


def test_a_subject_waits_until_its_hour_across_transactions(database: Database) -> None:
    with database.transaction() as session:
        assert not attempts.locked(session, DOOR, AT)
        attempts.lock(session, DOOR, AT + FORGET)  # of a subject nobody counted: nothing to lock
        attempts.count(session, DOOR, AT)
        attempts.lock(session, DOOR, AT + timedelta(minutes=1))
    with database.reading() as session:
        assert attempts.locked(session, DOOR, AT + timedelta(seconds=59))
        assert not attempts.locked(session, DOOR, AT + timedelta(minutes=1))


def test_a_quiet_day_is_forgotten(database: Database) -> None:
    with database.transaction() as session:
        attempts.count(session, DOOR, AT)
        attempts.lock(session, DOOR, AT + timedelta(days=9))
        attempts.sweep(session, AT + timedelta(hours=23))
        assert attempts.locked(session, DOOR, AT + timedelta(days=1))
        attempts.sweep(session, AT + timedelta(days=1))
        session.expire_all()
        assert not attempts.locked(session, DOOR, AT + timedelta(days=1))


def test_what_was_turned_away_is_told_once_and_kept_until_then(database: Database) -> None:
    with database.transaction() as session:
        for _ in range(3):
            attempts.count(session, f"{attempts.AWAY}agathe", AT, forget=None)
        attempts.sweep(session, AT + timedelta(days=400))
        session.expire_all()
        assert attempts.turned_away(session, "agathe") == 3
    with database.transaction() as session:
        assert attempts.turned_away(session, "agathe") == 0


def test_a_login_nobody_has_is_remembered_a_month(database: Database) -> None:
    subject, until = f"{attempts.LOGIN}0f", AT + timedelta(days=99)
    with database.transaction() as session:
        assert [attempts.count(session, subject, AT + FORGET * n * 3, forget=None) for n in range(2)] == [
            1,
            2,
        ]
        attempts.lock(session, subject, until)
        attempts.sweep(session, AT + timedelta(days=29))
        session.expire_all()
        assert attempts.locked(session, subject, AT)
        attempts.sweep(session, AT + timedelta(days=31))
        session.expire_all()
        assert not attempts.locked(session, subject, AT)
