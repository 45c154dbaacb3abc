"""Computing again: idempotent, traced; no reminder twice or after the end, whatever comes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.circuits.model import CaseEvent, ReminderRule
from gateway.clock import TurnableClock
from gateway.deadlines.decide import record
from gateway.deadlines.recompute import recompute
from gateway.evidence.record import Recorder
from storage import deadlines, schema
from storage.cases import Case
from storage.db import Database
from storage.deadlines import DeadlineState, Reminder
from storage.keys import KeyRing
from storage.vault import Vault
from tests.builders import rows
from tests.builders.seen import ANSWER, authorisation, circuit, document
from tests.unit.gateway.test_count import CALENDARS, corrected
from tests.unit.gateway.test_schedule import REQUEST
from tests.worlds.desk_day import DeskDay

RULE = replace(
    ANSWER,
    paused_by=("@event:asked",),
    resumed_by=("@event:received",),
    reminders=(
        ReminderRule(7, "rappel", "hospital"),
        ReminderRule(3, "rappel", "hospital"),
        ReminderRule(-5, "rappel", "hospital"),
    ),
)
MODEL = circuit(deadlines=(RULE,), events=(CaseEvent("asked", "Demandé"), CaseEvent("received", "Reçu")))
FIRST = date(2026, 11, 23)


def _desk(folder: Path, empty: Path) -> DeskDay:
    database = Database(f"sqlite:///{shutil.copy(empty, folder / 'desk.sqlite')}")
    clock = TurnableClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    ring = KeyRing(folder / "keys")
    vault, recorder = Vault(folder / "vault", ring), Recorder(clock, ring, folder / "notes")
    desk = DeskDay(database, vault, recorder, clock, MODEL)
    desk.receive("c", authorisation())
    desk.receive("a", document(0, "se352-302-request", REQUEST))
    return desk


def _planned(desk: DeskDay) -> list[Reminder]:
    with desk.database.reading() as session:
        return deadlines.reminders(session, 1)


_steps = st.lists(
    st.tuples(st.sampled_from(["asked", "received", "answer", "feast", "day"]), st.integers(1, 9)),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, migrated once."""
    path = tmp_path_factory.mktemp("empty") / "empty.sqlite"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.close()
    return path


@settings(max_examples=8, deadline=None)
@given(_steps)
def test_no_reminder_after_the_stop_none_twice_and_computing_again_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, empty: Path, steps: list[tuple[str, int]]
) -> None:
    desk = _desk(tmp_path_factory.mktemp("desk"), empty)
    stopped = False
    for what, days in steps:
        desk.clock.turn(timedelta(days=days))
        if what == "answer" and not stopped:
            desk.receive("b", document(0, "se352-302-answer", REQUEST))
            stopped = True
        elif what == "feast":
            desk.calendars = corrected("dz", [FIRST + timedelta(days=2 * days)], [], None)
        elif what in {"asked", "received"}:
            with desk.database.transaction() as session:
                case = session.get_one(Case, 1)
                now = desk.clock.now()
                events = record(
                    session,
                    MODEL,
                    case,
                    what,
                    now.date(),
                    by="a",
                    at=now,
                    key=now.isoformat(),
                    calendars=desk.calendars,
                )
                desk.recorder.add_all(session, events)
        before = len(desk.letters())
        desk.sweep()
        if stopped:
            assert len(desk.letters()) == before
        with desk.database.transaction() as session:
            (deadline, *_rest) = rows.deadlines_in(session)
            if deadline.state in deadlines.WAITING:
                assert recompute(session, MODEL, deadline, desk.calendars, desk.clock.now()) == ()
    written = [r for r in _planned(desk) if r.outbox_id is not None]
    assert len({r.days_before for r in written}) == len(written)
    assert len({entry.message_id for entry in desk.letters()}) == len(desk.letters())
    desk.database.close()


def test_a_due_date_without_terms_is_left_alone(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    desk = DeskDay(database, vault, recorder, clock, MODEL)
    desk.receive("a", document(0, "se352-302-request", REQUEST))
    with desk.database.transaction() as session:
        (deadline,) = rows.deadlines_in(session)
        deadline.terms = None
        assert recompute(session, MODEL, deadline, CALENDARS, clock.now()) == ()


def test_a_missed_date_that_a_feast_pushes_to_come_waits_again(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    desk = DeskDay(database, vault, recorder, clock, MODEL)
    desk.receive("a", document(0, "se352-302-request", REQUEST))
    desk.clock.set(datetime(2026, 12, 15, 11, tzinfo=UTC))
    desk.sweep()
    with desk.database.reading() as session:
        (deadline,) = rows.deadlines_in(session)
    assert (deadline.due, deadline.state) == (date(2026, 12, 14), DeadlineState.MISSED)
    desk.calendars = corrected("dz", [date(2026, 12, 13), date(2026, 12, 14)], [], None)
    assert desk.sweep().moved == 1
    with desk.database.reading() as session:
        (deadline,) = rows.deadlines_in(session)
        told = deadlines.versions(session, deadline.id or 0)
    assert (deadline.due, deadline.state) == (date(2026, 12, 16), DeadlineState.OPEN)
    assert [v.state for v in told] == [DeadlineState.OPEN, DeadlineState.MISSED, DeadlineState.OPEN]
    assert "13/12/2026 non compté : ajouté, Algérie" in told[-1].why
