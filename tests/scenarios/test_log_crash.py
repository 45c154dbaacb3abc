"""Kill -9 at two hundred random moments while four writers append: the log is whole, and tells no more and
no less than what was done."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import col, select

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind, Recorder
from storage import audit
from storage.audit import ClearRow, EventRow
from storage.canonical import read
from storage.db import Database
from storage.keys import KeyRing
from storage.people import Person
from storage.sealed import SUBJECT

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]

KILLS = 200


def test_two_hundred_deaths_leave_a_whole_log(
    database_url: str, tmp_path: Path, clock: TurnableClock
) -> None:
    words = [sys.executable, "-m", "tests.worlds.scribes", database_url, str(tmp_path), str(KILLS), "3161"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    database = Database(database_url)
    recorder = Recorder(clock, KeyRing(tmp_path / "keys"), tmp_path / "checkpoints")
    try:
        with database.reading() as session:
            made = {person.login: person.failures for person in session.exec(select(Person))}
            size, _root = audit.head(session)
            rows = session.exec(
                select(EventRow.position, EventRow.kind).order_by(col(EventRow.position))
            ).all()
            told = {
                clear.position: str(read(clear.value)).removeprefix("person:")
                for clear in session.exec(select(ClearRow).where(ClearRow.field == SUBJECT))
            }
        assert len(made) > KILLS  # they did write
        assert [position for position, _kind in rows] == list(range(size))  # no gap
        created = Counter(told[position] for position, kind in rows if kind == Kind.PERSON)
        changed = Counter(told[position] for position, kind in rows if kind == Kind.LOGIN)
        assert created == Counter(dict.fromkeys(made, 1))
        assert changed == Counter({login: count for login, count in made.items() if count})
        before = recorder.verify(database)
        assert (before.ok, before.size) == (True, size), before.reason
        with database.transaction() as session:
            recorder.add(session, Kind.LOGIN, "person:after", state="in")
        recorder.checkpoint(database)
        after = recorder.verify(database)
        assert (after.ok, after.size) == (True, size + 1), after.reason
        assert not any("hors de la base" in remark for remark in after.remarks), after.remarks
    finally:
        database.close()
