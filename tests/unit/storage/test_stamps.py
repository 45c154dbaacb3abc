"""Tokens of a time stamping authority beside the checkpoints they are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind, Recorder
from storage import stamps
from storage.db import Database
from storage.stamps import StampRow

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def token(size: int) -> StampRow:
    return StampRow(size=size, at=AT + timedelta(seconds=size), authority="http://tsa.example", token=b"0")


def sealed(database: Database, recorder: Recorder, count: int) -> None:
    """``count`` checkpoints of 1, 2, … entries."""
    for number in range(count):
        with database.transaction() as session:
            recorder.add(session, Kind.LOGIN, f"person:{number}")
        recorder.checkpoint(database)


def test_every_checkpoint_is_listed_with_its_token(
    database: Database, recorder: Recorder, clock: TurnableClock
) -> None:
    sealed(database, recorder, 4)
    with database.transaction() as session:
        assert stamps.add(session, token(2))
        assert not stamps.add(session, token(2))
        assert stamps.add(session, token(3))
    with database.reading() as session:
        rows = stamps.listed(session)
        assert [(row.size, row.stamp and row.stamp.size) for row in rows] == [
            (1, None),
            (2, 2),
            (3, 3),
            (4, None),
        ]
        assert rows[1].note.split("\n")[1] == "2"
        assert rows[1].at == clock.now()
        assert [row.size for row in stamps.listed(session, 2, 3)] == [2, 3]
        assert [row.size for row in stamps.of_sizes(session, [3, 4])] == [3]
        first = stamps.first_after(session, 3)
        assert first is not None
        assert first.size == 3
        assert stamps.first_after(session, 4) is None
        assert stamps.last_at(session) == AT + timedelta(seconds=3)


def test_the_last_checkpoint_waits_for_its_token(database: Database, recorder: Recorder) -> None:
    with database.reading() as session:
        assert stamps.latest_unstamped(session) is None
        assert stamps.last_at(session) is None
    sealed(database, recorder, 2)
    with database.reading() as session:
        waiting = stamps.latest_unstamped(session)
    assert waiting is not None
    assert waiting[0] == 2
    with database.transaction() as session:
        stamps.add(session, token(2))
    with database.reading() as session:
        assert stamps.latest_unstamped(session) is None
