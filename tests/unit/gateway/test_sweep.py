"""The sweep: each reminder once on its day, one letter after an outage, silence once answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.circuits.model import ReminderRule
from gateway.clock import TurnableClock
from gateway.deadlines.sweep import Swept
from gateway.evidence.record import Kind, Recorder
from storage import cases, deadlines, outbox
from storage.cases import ItemState
from storage.db import Database
from storage.deadlines import Deadline, DeadlineState
from storage.vault import Vault
from tests.builders import rows
from tests.builders.seen import ANSWER, COVERAGE, HOSPITAL, MAILBOX, authorisation, circuit, document
from tests.unit.gateway.test_schedule import REQUEST
from tests.worlds.desk_day import DeskDay

NINE = timedelta(hours=9)


@pytest.fixture
def desk(database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock) -> DeskDay:
    return DeskDay(database, vault, recorder, clock)


def _noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def _days(desk: DeskDay, first: date, last: date) -> list[date]:
    """Sweep every day; the days a letter was queued."""
    told = []
    day = first
    while day <= last:
        desk.clock.set(_noon(day.year, day.month, day.day))
        if desk.sweep().letters:
            told.append(day)
        day += timedelta(days=1)
    return told


def _states(desk: DeskDay) -> list[DeadlineState]:
    with desk.database.reading() as session:
        return [d.state for d in rows.deadlines_in(session)]


def test_each_reminder_leaves_once_on_its_day(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    told = _days(desk, date(2027, 1, 26), date(2027, 2, 28))
    assert told == [date(2027, 1, 27), date(2027, 2, 11), date(2027, 2, 18), date(2027, 2, 23)]
    assert {entry.recipient for entry in desk.letters()} == {HOSPITAL}
    assert not any(entry.null_return_path for entry in desk.letters())
    assert desk.text(desk.letters()[0]).startswith("Rappel : Fin de la prise en charge\n")
    assert _states(desk) == [DeadlineState.MISSED]


def test_sweeping_all_day_long_changes_nothing(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.set(_noon(2027, 1, 27))
    assert desk.sweep() == Swept(letters=1)
    for _ in range(3):
        desk.clock.turn(timedelta(minutes=1))
        assert desk.sweep() == Swept()
    desk.clock.turn(timedelta(days=-2))  # the clock stepped back
    assert desk.sweep() == Swept()
    assert len(desk.letters()) == 1


def test_an_outage_gives_one_letter_that_says_what_was_missed(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.set(_noon(2027, 2, 20))
    assert desk.sweep().letters == 1
    (letter,) = desk.letters()
    text = desk.text(letter)
    assert "rappel prévu le 27/01/2027" in text
    assert "rappel prévu le 11/02/2027" in text
    with desk.database.reading() as session:
        (deadline,) = rows.deadlines_in(session)
        told = {
            r.days_before: (r.outbox_id, r.skipped) for r in deadlines.reminders(session, deadline.id or 0)
        }
    assert told == {
        30: (None, "remplacé par le rappel des 7 jours"),
        15: (None, "remplacé par le rappel des 7 jours"),
        7: (letter.id, None),
        3: (None, None),
    }
    assert _days(desk, date(2027, 2, 20), date(2027, 3, 1)) == [date(2027, 2, 23)]


def test_an_outage_past_the_date_says_so_once(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.set(_noon(2028, 2, 29))
    assert desk.sweep() == Swept(missed=1, letters=1)
    assert "l'échéance du 26/02/2027 est dépassée" in desk.text(desk.letters()[0])
    assert desk.sweep() == Swept()


def test_nothing_leaves_after_the_answer(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.set(_noon(2027, 1, 28))
    desk.sweep()
    desk.receive("b", document(0, "se352-302-request", REQUEST))
    assert _days(desk, date(2027, 2, 9), date(2027, 2, 24)) == []


def test_two_due_dates_of_one_case_are_one_letter_the_same_day(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    report = replace(
        COVERAGE,
        kind="medical-report",
        title="Compte rendu médical",
        delay=7,
        stopped_by=("medical-report",),
        reminders=(ReminderRule(37, "rappel", "hospital"),),
    )
    desk = DeskDay(database, vault, recorder, clock, circuit(deadlines=(COVERAGE, report)))
    desk.receive("a", authorisation())
    desk.clock.set(_noon(2027, 1, 27))
    assert desk.sweep().letters == 1
    assert "Compte rendu médical : le 05/03/2027 (confirmé" in desk.text(desk.letters()[0])


def test_different_people_of_one_case_get_their_own_letter(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    ours = replace(COVERAGE, kind="ours", reminders=(ReminderRule(30, "rappel", "mailbox"),))
    fixed = replace(COVERAGE, kind="fixed", reminders=(ReminderRule(30, "rappel", "chef@cnse.example"),))
    desk = DeskDay(database, vault, recorder, clock, circuit(deadlines=(COVERAGE, ours, fixed)))
    desk.receive("a", authorisation())
    desk.clock.set(_noon(2027, 1, 27))
    assert desk.sweep().letters == 3
    assert {e.recipient for e in desk.letters()} == {HOSPITAL, MAILBOX, "chef@cnse.example"}


def test_the_hospital_is_written_to_even_when_another_house_started_the_delay(desk: DeskDay) -> None:
    stranger = "inconnu@ailleurs.example"
    desk.receive("a", authorisation(), sender=stranger)
    desk.receive("b", authorisation(copy="2"))
    desk.clock.set(_noon(2027, 1, 27))
    desk.sweep()
    assert [e.recipient for e in desk.letters()] == [HOSPITAL]


def test_past_the_daily_ceiling_the_rest_waits_for_tomorrow(desk: DeskDay) -> None:
    other = authorisation(
        reference="DZ2026955",
        cnas_number="198812345678",
        patient_name="MEZIANE",
        patient_first_names="NADIA",
        patient_birth_date="1988-07-01",
    )
    desk.receive("a", authorisation())
    desk.receive("b", other)
    desk.clock.set(_noon(2027, 1, 27))
    assert desk.sweep(per_day=1).letters == 1
    assert desk.sweep(per_day=1).letters == 0
    desk.clock.turn(timedelta(days=1))
    assert desk.sweep(per_day=1).letters == 1


def test_a_letter_taken_out_of_the_configuration_is_said_and_not_tried_for_ever(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    desk = DeskDay(database, vault, recorder, clock)
    desk.receive("a", authorisation())
    desk.circuit = circuit(letters={})
    desk.clock.set(_noon(2027, 1, 27))
    assert desk.sweep() == Swept()
    with desk.database.reading() as session:
        (deadline,) = rows.deadlines_in(session)
        first = deadlines.reminders(session, deadline.id or 0)[0]
        events = desk.recorder.events(session, [f"delivery:{'a' * 64}"])
    assert first.skipped is not None
    assert "configuration" in first.skipped
    assert [e.kind for e in events].count(Kind.REMINDER) == 1


def _with(desk: DeskDay, stopped_by: str) -> None:
    rule = replace(ANSWER, kind="watched", document_kinds=("se352-301",), stopped_by=(stopped_by,))
    desk.circuit = circuit(deadlines=(rule,))
    desk.receive("a", authorisation())


def test_a_sent_acknowledgement_ends_the_delay_at_the_time_it_left(desk: DeskDay) -> None:
    _with(desk, "@acknowledged")
    left = desk.clock.now() + timedelta(hours=1)
    with desk.database.transaction() as session:
        entry = outbox.queue(session, _acknowledgement(desk.clock.now()))
        assert entry is not None
    assert desk.sweep() == Swept()
    with desk.database.transaction() as session:
        outbox.claim(session, "un", left, left + NINE)
        outbox.finish(session, entry.id or 0, "un", outbox.OutboxState.SENT, "250", sent_at=left)
    desk.clock.turn(timedelta(days=60))
    assert desk.sweep() == Swept(ended=1)
    (deadline,) = _deadlines(desk)
    assert (deadline.state, deadline.ended_at) == (DeadlineState.MET, left)


def test_finished_work_ends_the_delay(desk: DeskDay) -> None:
    _with(desk, "@done")
    with desk.database.transaction() as session:
        (item,) = cases.items_of(session, "a" * 64)
        cases.change_item(session, item.id or 0, 1, state=ItemState.WAITING)
    assert desk.sweep() == Swept()
    with desk.database.transaction() as session:
        cases.change_item(session, item.id or 0, 2, state=ItemState.DONE)
    assert desk.sweep() == Swept(ended=1)
    assert _states(desk) == [DeadlineState.MET]


def test_a_missed_date_is_flagged_once_in_the_evidence(desk: DeskDay) -> None:
    _with(desk, "@done")
    desk.clock.turn(timedelta(days=60))
    assert desk.sweep() == Swept(missed=1)
    assert desk.sweep() == Swept()
    with desk.database.reading() as session:
        events = desk.recorder.events(session, [f"delivery:{'a' * 64}"])
    assert [(e.fields or {}).get("state") for e in events if e.kind == Kind.DEADLINE_ENDED] == ["missed"]


def _deadlines(desk: DeskDay) -> list[Deadline]:
    with desk.database.reading() as session:
        return rows.deadlines_in(session)


def _acknowledgement(at: datetime) -> outbox.OutboxEntry:
    return outbox.OutboxEntry(
        message_id="<1@cnse.example>",
        circuit="essai",
        letter="accuse",
        mailbox=MAILBOX,
        recipient=HOSPITAL,
        subject="Accusé",
        raw_sha256="0" * 64,
        delivery="a" * 64,
        created_at=at,
        next_attempt_at=at,
    )
