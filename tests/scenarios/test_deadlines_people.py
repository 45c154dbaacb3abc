"""Due dates and people on a turnable clock: whom to call, what nobody is late for, a machine that
travels."""

from __future__ import annotations

import time
from datetime import date

import pytest

from gateway.clock import TurnableClock
from gateway.evidence.record import Recorder
from storage import cases
from storage.db import Database
from storage.deadlines import DeadlineState
from storage.vault import Vault
from tests.builders.seen import HOSPITAL, MAILBOX, authorisation, document
from tests.worlds.desk_case import answer, days, dues, each_letter_once, identity, noon, request, sent
from tests.worlds.desk_day import DeskDay
from tests.worlds.shipped_desk import CNAS, open_desk, shipped_rules


@pytest.fixture
def desk(sqlite_database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock) -> DeskDay:
    return open_desk(sqlite_database, vault, recorder, clock, shipped_rules())


def test_who_is_called_for_a_missed_date_has_the_number_of_the_directory(desk: DeskDay) -> None:
    """The hospital that never sent the form granted to its CPAM: two reminders, then a telephone call."""
    desk.receive("a", authorisation())
    desk.clock.set(noon(date(2027, 2, 12)))
    desk.receive("b", request(), to=(CNAS, MAILBOX))
    desk.receive("c", answer("accord"), sender=CNAS, to=(HOSPITAL, MAILBOX))
    # due Friday 19/02; the reminder five days after, Wednesday 24; handed over ten days after, Monday 01/03
    told = sent(desk, date(2027, 2, 15), date(2027, 3, 1))
    assert [d for d, letter, _ in told if letter == "rappel-transmission-302"] == [
        date(2027, 2, 19),
        date(2027, 2, 24),
    ]
    with desk.database.reading() as session:
        (item,) = (i for i in cases.items_of(session, "c" * 64) if i.title.startswith("Échéance dépassée"))
    assert item.queue == "cpam-751"
    assert any(
        "le bureau des admissions de l'établissement, 01 99 00 12 34" in reason for reason in item.reasons
    )


def test_the_time_zone_of_the_machine_changes_no_date_and_sends_nothing_again(
    desk: DeskDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moved from Paris to the other side of the world and back, in the middle of its reminders."""
    desk.receive("a", authorisation())
    written: list[tuple[date, str]] = []
    zones = ("Europe/Paris", "Pacific/Auckland", "America/Adak", "UTC")
    for number, day in enumerate(days(date(2027, 1, 25), date(2027, 2, 26))):
        monkeypatch.setenv("TZ", zones[number % len(zones)])
        time.tzset()
        written += [(d, letter) for d, letter, _ in sent(desk, day, day)]
    monkeypatch.undo()
    time.tzset()
    assert written == [
        (date(2027, 1, 27), "rappel-echeance"),
        (date(2027, 2, 11), "rappel-echeance"),
        (date(2027, 2, 18), "rappel-echeance"),
        (date(2027, 2, 23), "rappel-echeance"),
    ]
    assert {d.due for d in dues(desk, "coverage-end")} == {date(2027, 2, 26)}
    each_letter_once(desk)


def test_six_months_of_contestation_are_an_average_nobody_is_late(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.set(noon(date(2027, 3, 1)))
    desk.receive("b", document(0, "contestation", identity()))
    (waited,) = dues(desk, "contestation-answer")
    assert waited.due == date(2027, 9, 1)
    desk.clock.set(noon(date(2027, 9, 2)))
    desk.sweep()
    (waited,) = dues(desk, "contestation-answer")
    assert (waited.state, waited.escalated_at) == (DeadlineState.LAPSED, None)
