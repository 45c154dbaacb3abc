"""Sessions on both databases: how long they live, what ends them, what is remembered of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage import people, sessions
from storage.db import Database
from storage.people import Person
from storage.sessions import GRACE, Stage, WebSession

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
T1, T2 = "ab" * 32, "cd" * 32


def _open(token_hash: str, login: str = "agathe", stage: Stage = Stage.FULL) -> WebSession:
    return WebSession(
        token_hash=token_hash,
        login=login,
        csrf=f"c-{token_hash[:2]}",
        created_at=AT,
        seen_at=AT,
        expires_at=AT + HOUR,
        stage=stage,
    )


@pytest.fixture
def opened(database: Database) -> Database:
    with database.transaction() as session:
        people.add(session, Person(login="agathe", name="Agathe", password_hash="h1", roles=["cnse-admin"]))
        sessions.open_session(session, _open(T1))
    return database


def test_a_live_session_gives_its_person(opened: Database) -> None:
    with opened.reading() as session:
        found = sessions.session_of(session, T1, AT)
        assert found is not None
        assert (found[0].csrf, found[0].stage, found[1].roles) == ("c-ab", Stage.FULL, ["cnse-admin"])
        assert sessions.session_of(session, T2, AT) is None


def test_a_session_ends_at_its_time(opened: Database) -> None:
    with opened.reading() as session:
        assert sessions.session_of(session, T1, AT + HOUR - timedelta(microseconds=1)) is not None
        assert sessions.session_of(session, T1, AT + HOUR) is None


def test_a_session_left_alone_ends_before_its_time_unless_used(opened: Database) -> None:
    idle = timedelta(minutes=20)
    with opened.transaction() as session:
        assert sessions.session_of(session, T1, AT + idle, idle) is None
        found = sessions.session_of(session, T1, AT + idle - timedelta(seconds=1), idle)
        assert found is not None
        assert sessions.stale(found[0], AT + timedelta(minutes=1))
        assert not sessions.stale(found[0], AT + timedelta(seconds=59))
        sessions.touch(session, T1, AT + timedelta(minutes=19))
    with opened.reading() as session:
        assert sessions.session_of(session, T1, AT + timedelta(minutes=38), idle) is not None


def test_the_session_of_somebody_deactivated_opens_nothing_and_is_not_remembered(opened: Database) -> None:
    with opened.transaction() as session:
        people.set_active(session, "agathe", active=False)
    with opened.reading() as session:
        assert sessions.session_of(session, T1, AT) is None
        assert sessions.ended_session(session, T1) is None


def test_an_ended_session_is_remembered_for_a_day_then_swept(opened: Database) -> None:
    with opened.transaction() as session:
        assert sessions.sweep_sessions(session, AT + HOUR) == 0
        ended = sessions.ended_session(session, T1)
        assert ended is not None
        assert ended.login == "agathe"
        assert sessions.with_csrf(session, "agathe", "c-ab")
        assert not sessions.with_csrf(session, "agathe", "c-cd")
        assert not sessions.with_csrf(session, "autre", "c-ab")
        assert sessions.sweep_sessions(session, AT + HOUR + GRACE) == 1
        assert not sessions.close_session(session, T1)


def test_closing_one_all_and_all_but_one(opened: Database) -> None:
    with opened.transaction() as session:
        sessions.open_session(session, _open(T2))
        sessions.open_session(session, _open("ef" * 32))
        assert sessions.close_session(session, "ef" * 32)
        assert sessions.close_sessions(session, "agathe", but=T2) == 1
        assert sessions.session_of(session, T2, AT) is not None
        assert sessions.close_sessions(session, "agathe") == 1
        assert sessions.session_of(session, T2, AT) is None


def test_the_list_shows_open_sessions_and_names_each(opened: Database) -> None:
    with opened.transaction() as session:
        people.add(session, Person(login="noé", name="Noé"))
        sessions.open_session(session, _open(T2, "noé"))
        sessions.open_session(session, _open("ef" * 32, stage=Stage.CODE))
    with opened.reading() as session:
        assert {one.login for one in sessions.live(session, AT)} == {"agathe", "noé"}
        (mine,) = sessions.live(session, AT, login="agathe")
        assert sessions.live(session, AT + HOUR) == []
        assert sessions.live(session, AT + HOUR / 2, HOUR / 3) == []
        found = sessions.named(session, mine.id)
        assert found is not None
        assert found.token_hash == T1
        assert sessions.named(session, "%%%%%%%%%%%%%%%%") is None
        assert sessions.named(session, "0" * 16) is None
