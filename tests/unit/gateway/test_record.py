"""The recorder: events with what they tell, checkpoints inside and outside, the whole verified."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import TurnableClock
from gateway.errors import Unavailable
from gateway.evidence.record import Kind, Recorder
from storage.db import Database
from storage.keys import KeyRing


def _record(database: Database, recorder: Recorder, count: int = 1) -> None:
    for _ in range(count):
        with database.transaction() as session:
            recorder.add(session, Kind.STEP, "delivery:abc", before="received", after="opened")


def _files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "checkpoints").glob("*.notes"))


def test_an_event_is_read_back(database: Database, recorder: Recorder, clock: TurnableClock) -> None:
    with database.transaction() as session:
        recorder.add(
            session, Kind.DECISION, "delivery:abc", queue="cpam-594", reasons=["un", "deux"], sure=True
        )
    with database.reading() as session:
        (event,) = recorder.events(session, ["delivery:abc"])
    assert (event.position, event.at, event.kind) == (0, clock.now(), "decision")
    assert event.fields == {"queue": "cpam-594", "reasons": ["un", "deux"], "sure": True}


def test_strangers_text_is_made_canonical(database: Database, recorder: Recorder) -> None:
    hostile = "e\u0301\x00\ud800" + "x" * 10_000
    with database.transaction() as session:
        recorder.add(session, Kind.ARRIVAL, "delivery:" + hostile, sender=hostile, peers=[hostile])
    with database.reading() as session:
        (event,) = recorder.events(session, ["delivery:\u00e9\ufffd?" + "x" * 108])
    assert event.fields is not None
    sender = event.fields["sender"]
    assert isinstance(sender, str)
    assert sender.startswith("\u00e9\ufffd?xxx")
    assert len(sender) < 500
    assert recorder.verify(database).ok


def test_every_kind_can_be_sealed(database: Database, recorder: Recorder) -> None:
    with database.transaction() as session:
        for kind in Kind:
            recorder.add(session, kind, "test:kinds")
    with database.reading() as session:
        assert [event.kind for event in recorder.events(session, ["test:kinds"])] == list(Kind)


def test_checkpoints_go_outside_one_file_a_day(
    database: Database, recorder: Recorder, clock: TurnableClock, tmp_path: Path
) -> None:
    for _ in range(3):
        _record(database, recorder, 2)
        recorder.checkpoint(database)
        recorder.checkpoint(database)
        clock.turn(timedelta(hours=10))
    files = _files(tmp_path)
    assert [path.name for path in files] == ["2026-11-23.notes", "2026-11-24.notes"]
    assert [path.read_text().count("passerelle\n") for path in files] == [2, 1]
    verdict = recorder.verify(database)
    assert (verdict.ok, verdict.size, verdict.checkpoints, verdict.remarks) == (True, 6, 6, ())


def test_a_copy_that_failed_is_completed_by_the_next(
    database: Database, recorder: Recorder, tmp_path: Path
) -> None:
    _record(database, recorder)
    (tmp_path / "checkpoints").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="gardé"):
        recorder.checkpoint(database)
    (tmp_path / "checkpoints").unlink()
    _record(database, recorder)
    recorder.checkpoint(database)
    verdict = recorder.verify(database)
    assert (verdict.ok, verdict.checkpoints, verdict.remarks) == (True, 4, ())


@pytest.mark.parametrize("lost", [1, 60, 120, 10_000])
def test_a_note_cut_by_a_crash_is_written_again(
    database: Database, recorder: Recorder, tmp_path: Path, lost: int
) -> None:
    for _ in range(2):
        _record(database, recorder)
        recorder.checkpoint(database)
    (path,) = _files(tmp_path)
    path.write_bytes(path.read_bytes()[:-lost])
    recorder.checkpoint(database)
    _record(database, recorder)
    recorder.checkpoint(database)
    verdict = recorder.verify(database)
    assert verdict.ok, verdict.reason
    assert verdict.remarks == ()


def test_a_lost_folder_is_filled_again(database: Database, recorder: Recorder, tmp_path: Path) -> None:
    for _ in range(3):
        _record(database, recorder)
        recorder.checkpoint(database)
    shutil.rmtree(tmp_path / "checkpoints")
    assert "3 point(s)" in recorder.verify(database).remarks[0]
    recorder.checkpoint(database)
    verdict = recorder.verify(database)
    assert (verdict.ok, verdict.checkpoints, verdict.remarks) == (True, 6, ())


def test_a_database_put_back_from_yesterday_is_found_from_outside(
    sqlite_database: Database, recorder: Recorder, tmp_path: Path
) -> None:
    _record(sqlite_database, recorder, 3)
    recorder.checkpoint(sqlite_database)
    path = Path(sqlite_database.engine.url.database or "")
    sqlite_database.close()
    shutil.copyfile(path, tmp_path / "yesterday.sqlite")
    _record(sqlite_database, recorder, 2)
    recorder.checkpoint(sqlite_database)
    yesterday = Database(f"sqlite:///{tmp_path}/yesterday.sqlite")
    verdict = recorder.verify(yesterday)
    yesterday.close()
    assert (verdict.ok, verdict.first_bad) == (False, 3)
    assert "tronqué" in verdict.reason


def test_two_recorders_of_one_installation_share_the_log(
    database: Database, recorder: Recorder, clock: TurnableClock, tmp_path: Path
) -> None:
    other = Recorder(clock, KeyRing(tmp_path / "keys"), tmp_path / "checkpoints")
    for each in (recorder, other, recorder, other):
        _record(database, each)
        each.checkpoint(database)
    assert recorder.verify(database) == other.verify(database)
    assert recorder.verify(database).checkpoints == 8
