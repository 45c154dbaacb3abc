"""Delays that no mail starts: each once, from a letter that left, an action, an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.circuits.model import CaseEvent, DeadlineRule, Escalation, ReminderRule, Start, Unit
from gateway.clock import TurnableClock
from gateway.deadlines.decide import record
from gateway.deadlines.replay import happened, replay
from gateway.errors import Refused
from gateway.evidence.record import Kind, Recorder
from storage import cases, outbox, turn
from storage.cases import Case, ItemState
from storage.db import Database
from storage.deadlines import Deadline, DeadlineState
from storage.outbox import OutboxEntry, OutboxState
from storage.vault import Vault
from tests.builders import rows
from tests.builders.seen import ANSWER, HOSPITAL, MAILBOX, authorisation, circuit
from tests.worlds.desk_day import DeskDay

LETTER = replace(
    ANSWER,
    kind="letter-answer",
    start=Start.LETTER_SENT,
    document_kinds=(),
    start_letters=("rappel",),
    delay=5,
    calendar="fr",
    stopped_by=("@letter:merci",),
)
ACTION = replace(
    ANSWER,
    kind="after-work",
    start=Start.ITEM_ACTION,
    document_kinds=("se352-301",),
    start_action="done",
    delay=2,
    calendar="fr",
    stopped_by=(),
)
EVENT = replace(
    ANSWER,
    kind="three-years",
    start=Start.EVENT,
    document_kinds=(),
    start_event="payment",
    delay=36,
    unit=Unit.MONTH,
    calendar="fr",
    stopped_by=(),
    restarted_by=("@event:notified",),
    reminders=(ReminderRule(60, "rappel", "hospital"), ReminderRule(-10, "rappel", "caisse")),
    escalation=Escalation(3, "cnse-administratif", "la CPAM", "02 97 11 22 33"),
)
EVENTS = (CaseEvent("payment", "Paiement"), CaseEvent("notified", "Notification"))


def desk_with(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock, rule: DeadlineRule
) -> DeskDay:
    desk = DeskDay(database, vault, recorder, clock, circuit(deadlines=(rule,), events=EVENTS))
    desk.receive("a", authorisation())
    return desk


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


def dues(desk: DeskDay) -> list[Deadline]:
    with desk.database.reading() as session:
        return rows.deadlines_in(session)


def letter(desk: DeskDay, name: str, sent_at: datetime | None) -> None:
    with desk.database.transaction() as session:
        entry = outbox.queue(
            session,
            OutboxEntry(
                message_id=f"<{name}@cnse.example>",
                circuit="essai",
                letter=name,
                mailbox=MAILBOX,
                recipient=HOSPITAL,
                subject=name,
                raw_sha256="0" * 64,
                delivery="a" * 64,
                case_id=1,
                state=OutboxState.SENT if sent_at else OutboxState.QUEUED,
                created_at=desk.clock.now(),
                next_attempt_at=desk.clock.now(),
                sent_at=sent_at,
            ),
        )
    assert entry is not None


def test_a_letter_that_left_starts_a_delay_once_and_another_ends_it(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    desk = desk_with(database, vault, recorder, clock, LETTER)
    letter(desk, "rappel", noon(date(2026, 11, 20)))
    letter(desk, "accuse", noon(date(2026, 11, 20)))
    assert [desk.sweep().started for _ in range(2)] == [1, 0]
    (made,) = dues(desk)
    # Friday 20/11 + 5 days worked in France: 23 to 27
    assert (made.due, made.origin) == (date(2026, 11, 27), "letter:1")
    desk.clock.set(noon(date(2026, 11, 25)))
    letter(desk, "merci", noon(date(2026, 11, 25)))
    desk.sweep()
    assert [d.state for d in dues(desk)] == [DeadlineState.MET]


def test_a_letter_that_waits_starts_nothing(
    sqlite_database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    desk = desk_with(sqlite_database, vault, recorder, clock, LETTER)
    letter(desk, "rappel", None)
    assert desk.sweep().started == 0


def test_an_action_starts_a_delay_once_and_those_before_the_rule_none(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    desk = desk_with(database, vault, recorder, clock, ACTION)
    _done(desk)
    assert desk.sweep().started == 0  # the first turn only learns where the log ends
    _done(desk)
    assert [desk.sweep().started for _ in range(2)] == [1, 0]
    (made,) = dues(desk)
    assert (made.kind, made.due, made.case_id) == ("after-work", date(2026, 11, 25), 1)


def _done(desk: DeskDay) -> None:
    with desk.database.transaction() as session:
        (item,) = cases.items_of(session, "a" * 64)
        cases.change_item(session, item.id or 0, item.version, state=ItemState.DONE)
        desk.recorder.add(session, Kind.ITEM_DONE, f"delivery:{'a' * 64}", item=item.id)


def _record(desk: DeskDay, name: str, on: date) -> int:
    with desk.database.transaction() as session:
        case = session.get_one(Case, 1)
        events = record(
            session, desk.circuit, case, name, on, by="a", at=desk.clock.now(), calendars=desk.calendars
        )
        desk.recorder.add_all(session, events)
    return len(events)


def test_an_event_starts_reminds_the_hospital_then_escalates_with_the_telephone_number(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    desk = desk_with(database, vault, recorder, clock, EVENT)
    _record(desk, "payment", date(2026, 11, 20))
    assert desk.sweep().started == 1
    (made,) = dues(desk)
    assert made.due == date(2029, 11, 20)
    desk.clock.set(noon(date(2029, 9, 21)))  # Friday, 60 days before
    assert desk.sweep().letters == 1
    assert [entry.recipient for entry in desk.letters()] == [HOSPITAL]
    desk.clock.set(noon(date(2029, 11, 21)))
    swept = desk.sweep()
    assert (swept.missed, swept.escalated) == (1, 0)
    desk.clock.set(noon(date(2029, 11, 23)))  # 3 days after, a Friday
    assert [desk.sweep().escalated for _ in range(2)] == [1, 0]
    with desk.database.reading() as session:
        item = next(i for i in cases.items_of(session, "a" * 64) if i.queue == "cnse-administratif")
        told = desk.recorder.events(session, [f"deadline:{made.id}"])
    assert item.title == f"Échéance dépassée : {made.title}"
    assert any("à appeler : la CPAM, 02 97 11 22 33" in reason for reason in item.reasons)
    assert Kind.DEADLINE_ESCALATED in {event.kind for event in told}
    desk.clock.set(noon(date(2029, 11, 30)))  # 10 days after: no caisse is known, a person is told
    desk.sweep()
    assert len(desk.letters()) == 1
    with desk.database.reading() as session:
        (known,) = replay(session, 1, desk.clock.now())
    assert {r.days_before: r.skipped for r in known.reminders}[-10] is not None


def test_two_interruptions_in_a_row_leave_the_last_one_running(
    sqlite_database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    desk = desk_with(sqlite_database, vault, recorder, clock, EVENT)
    _record(desk, "payment", date(2026, 11, 2))
    desk.sweep()
    _record(desk, "notified", date(2026, 11, 9))
    _record(desk, "notified", date(2026, 11, 16))
    desk.sweep()
    assert [(d.due, d.state) for d in dues(desk)] == [
        (date(2029, 11, 2), DeadlineState.CANCELLED),
        (date(2029, 11, 9), DeadlineState.CANCELLED),
        (date(2029, 11, 16), DeadlineState.OPEN),
    ]
    with desk.database.reading() as session:
        told = [one.what for one in happened(session, 1, desk.clock.now())]
    assert told[0] == "événement « payment » du 02/11/2026, inscrit par a"
    assert len(told) == 3


@pytest.mark.parametrize(("name", "days"), [("inconnu", 0), ("payment", 1)])
def test_an_unknown_event_or_a_day_to_come_is_refused(
    sqlite_database: Database,
    vault: Vault,
    recorder: Recorder,
    clock: TurnableClock,
    name: str,
    days: int,
) -> None:
    desk = desk_with(sqlite_database, vault, recorder, clock, EVENT)
    with pytest.raises(Refused, match="rien n’a été changé"):
        _record(desk, name, date(2026, 11, 23) + timedelta(days=days))


def test_a_mark_is_written_anew(database: Database) -> None:
    with database.transaction() as session:
        assert turn.mark(session, "essai") is None
        turn.set_mark(session, "essai", "1")
        turn.set_mark(session, "essai", "2")
        assert turn.mark(session, "essai") == "2"
