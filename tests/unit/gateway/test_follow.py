"""A letter without return: reminded once, on a worked day, then a person telephones; anything ends the
wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from gateway.circuits.model import Letter
from gateway.clock import TurnableClock
from gateway.evidence.record import Kind, Recorder
from gateway.outbound.chase import ChasePost
from gateway.outbound.follow import GRACE, Followed, Follower
from gateway.outbound.receipts import apply_answer, apply_receipt
from gateway.outbound.seal import Seal
from parsers.report import DELIVERY, RecipientStatus, Report
from parsers.unpack import Message
from storage import calls, deadlines, outbox
from storage.calls import CallReason
from storage.db import Database
from storage.deadlines import Deadline, DeadlineState
from storage.outbox import Following, OutboxEntry, OutboxState, Receipt
from storage.vault import Vault
from tests.builders import rows
from tests.builders.seen import AT, HOSPITAL, MAILBOX, circuit

PHONE = "01 99 00 12 34"
CHASE = Letter(
    "relance",
    "Relance{% if about %} : {{ about }}{% endif %}",
    "Bonjour,\n\n{% if about_date %}Lettre du {{ about_date|date_fr }}.{% endif %}\n"
    "{% if due %}Avant le {{ due|date_fr }}.{% endif %}\n",
)
FOLLOWED = replace(
    circuit(),
    letters={
        **circuit().letters,
        "rappel": replace(
            circuit().letters["rappel"], expects="delivery", within_days=2, reminded_by="relance"
        ),
        "sans-relance": replace(circuit().letters["rappel"], name="sans-relance"),
        "relance": CHASE,
    },
)
SATURDAY = date(2026, 11, 28)
"""AT is Monday 23 November 2026."""


def _worked(day: date) -> bool:
    return day.isoweekday() < 6


Make = Callable[[], Follower]


@pytest.fixture
def make(database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock) -> Make:
    chase = ChasePost(vault, {"essai": FOLLOWED}, Seal())
    return lambda: Follower(database, recorder, clock, chase, lambda _: PHONE, _worked, grace=timedelta(0))


def _letter(database: Database, number: int = 1, letter: str = "rappel", **columns: object) -> int:
    with database.transaction() as session:
        if number == 1:
            rows.delivery(session, "a")
        entry = outbox.queue(
            session,
            OutboxEntry.model_validate(
                {
                    "message_id": f"<{number}@cnse.example>", "circuit": "essai", "letter": letter,
                    "mailbox": MAILBOX, "recipient": HOSPITAL, "subject": f"Rappel {number}",
                    "raw_sha256": "0" * 64, "delivery": "a" * 64, "state": OutboxState.SENT, "attempts": 1,
                    "created_at": AT, "next_attempt_at": AT, "sent_at": AT, "expects": "delivery",
                    "within_days": 2, "following": Following.WAITING, "expected_by": AT + timedelta(days=2),
                    **columns,
                }
            ),
        )  # fmt: skip
        assert entry is not None
        return entry.id or 0


def _entry(database: Database, number: int) -> OutboxEntry:
    with database.reading() as session:
        found = outbox.get(session, number)
    assert found is not None
    return found


def _written(database: Database, vault: Vault) -> list[tuple[str, str, int | None]]:
    """(subject, text, letter reminded of) of each reminder."""
    with database.reading() as session:
        made = [entry for entry in rows.letters(session) if entry.letter == "relance"]
    return [(e.subject, rows.readable(vault.get(e.raw_sha256)), e.follows) for e in made]


def _asked(database: Database) -> list[tuple[CallReason, str, str]]:
    with database.reading() as session:
        return [(c.reason, c.phone, c.detail) for c in calls.waiting(session, 10)]


def test_nothing_is_said_before_the_due_date(database: Database, clock: TurnableClock, make: Make) -> None:
    _letter(database)
    clock.set(AT + timedelta(days=2) - timedelta(seconds=1))
    assert make().once() == Followed()


def test_reminded_once_then_a_person_telephones_once(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock, make: Make
) -> None:
    number = _letter(database)
    clock.set(AT + timedelta(days=2))
    assert make().once() == Followed(reminded=1)
    assert make().once() == Followed()
    ((subject, text, follows),) = _written(database, vault)
    assert (subject, follows) == ("Relance : Rappel 1", number)
    assert "Lettre du 23 novembre 2026" in text
    assert "Avant le 27 novembre 2026" in text
    entry = _entry(database, number)
    assert (entry.following, entry.expected_by) == (Following.REMINDED, AT + timedelta(days=4))
    clock.set(AT + timedelta(days=4))
    assert make().once() == Followed(escalated=1)
    assert make().once() == Followed()
    ((reason, phone, detail),) = _asked(database)
    assert (reason, phone) == (CallReason.NO_RECEIPT, PHONE)
    assert detail == "sans retour 4 j après l'envoi, relancée sans effet"
    assert len(_written(database, vault)) == 1
    with database.reading() as session:
        told = [e.kind for e in recorder.events(session, ["outbox:<1@cnse.example>"])]
    assert told == [Kind.REMINDER, Kind.LETTER_ESCALATED]


def test_nobody_is_reminded_on_a_day_that_is_not_worked(
    database: Database, clock: TurnableClock, make: Make
) -> None:
    _letter(database, expected_by=AT + timedelta(days=5))
    assert (AT + timedelta(days=5)).date() == SATURDAY
    for days, expected in ((5, Followed()), (6, Followed()), (7, Followed(reminded=1))):
        clock.set(AT + timedelta(days=days))
        assert make().once() == expected


def test_after_an_outage_receipts_are_let_in_first_then_one_letter_says_it_all(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    first, second = _letter(database), _letter(database, 2)
    clock.set(AT + timedelta(days=14))
    chase = ChasePost(vault, {"essai": FOLLOWED}, Seal())
    follower = Follower(database, recorder, clock, chase, lambda _: PHONE, _worked)
    assert follower.once() == Followed()
    clock.turn(GRACE)
    assert follower.once() == Followed(reminded=2)
    ((subject, _, follows),) = _written(database, vault)
    assert (subject, follows) == ("Relance : Rappel 1 ; Rappel 2", second)
    clock.turn(timedelta(days=2))
    assert follower.once() == Followed(escalated=2)
    assert [detail for _, _, detail in _asked(database)] == [
        "sans retour 16 j après l'envoi, relancée sans effet ; 2 lettres attendent"
    ]
    assert {_entry(database, n).following for n in (first, second)} == {Following.ESCALATED}


def test_a_letter_that_no_model_reminds_of_goes_to_a_person_at_once(
    database: Database, clock: TurnableClock, make: Make
) -> None:
    _letter(database, letter="sans-relance")
    clock.set(AT + timedelta(days=2))
    assert make().once() == Followed(escalated=1)
    ((_, _, detail),) = _asked(database)
    assert "aucune lettre de relance" in detail


def test_a_receipt_that_nobody_looked_at_is_enough(
    database: Database, clock: TurnableClock, make: Make
) -> None:
    number = _letter(database)
    with database.transaction() as session:
        receipt = Receipt(outbox_id=number, delivery="a" * 64, action="delivered", at=AT)
        assert outbox.add_receipt(session, receipt)
    clock.set(AT + timedelta(days=2))
    assert make().once() == Followed()
    assert _entry(database, number).following is Following.ANSWERED


def _late(database: Database, clock: TurnableClock, make: Make) -> int:
    """A letter handed to a person, four days later."""
    number = _letter(database)
    for days in (2, 4):
        clock.set(AT + timedelta(days=days))
        make().once()
    assert _asked(database)
    return number


REPORT = Report(
    DELIVERY,
    (RecipientStatus(HOSPITAL, "delivered", "2.0.0", ""),),
    original_message_id="<1@cnse.example>",
)
MESSAGE = Message(
    kind=DELIVERY, message_id="<r@chu.example>", sender=HOSPITAL, senders=(HOSPITAL,),
    recipients=(MAILBOX,), subject="", date=None, in_reply_to=None, references=(),
    auto_submitted=True, bulk=False, return_path="",
    disposition_notification_to=None, report=REPORT, body="",
)  # fmt: skip


@pytest.mark.parametrize("what", ["receipt", "answer", "answer-to-reminder"])
def test_what_comes_late_takes_the_call_back_and_asks_nobody_again(
    database: Database, clock: TurnableClock, make: Make, what: str
) -> None:
    number = _late(database, clock, make)
    with database.transaction() as session:
        mail = rows.delivery(session, "b")
        if what == "receipt":
            apply_receipt(session, MESSAGE, REPORT, mail, clock.now())
        else:
            named = "<1@cnse.example>"
            if what == "answer-to-reminder":
                (again,) = (e for e in rows.letters(session) if e.follows == number)
                again.attempts = 1
                session.add(again)
                session.flush()
                named = again.message_id
            reply = replace(MESSAGE, kind="mail", report=None, auto_submitted=False, in_reply_to=named)
            apply_answer(session, reply, mail, clock.now())
    assert (_entry(database, number).following, _asked(database)) == (Following.ANSWERED, [])
    clock.turn(timedelta(days=30))
    assert make().once() == Followed()
    assert _asked(database) == []


def test_what_the_reminder_asked_for_answers_it_when_it_comes(
    database: Database, clock: TurnableClock, make: Make
) -> None:
    number = _late(database, clock, make)
    with database.transaction() as session:
        due = Deadline(
            kind="rapport", origin="essai:1", circuit="essai", delivery="a" * 64, due=AT.date(),
            basis="texte", status="confirmed", created_at=AT,
        )  # fmt: skip
        session.add(due)
        session.flush()
        planned = deadlines.Reminder(
            deadline_id=due.id or 0, days_before=3, on=AT.date(), letter="rappel", to="hospital",
            outbox_id=number, done_at=AT,
        )  # fmt: skip
        session.add(planned)
        session.flush()
        assert deadlines.end(session, due.id or 0, DeadlineState.MET, "reçu", clock.now())
    assert make().once() == Followed(answered=1)
    assert make().once() == Followed()
    assert (_entry(database, number).following, _asked(database)) == (Following.ANSWERED, [])
    with database.reading() as session:
        assert [r.action for r in outbox.receipts(session, number)] == ["answered"]


def test_past_the_letters_of_a_day_the_reminder_waits_for_the_next(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    _letter(database)
    chase = ChasePost(vault, {"essai": FOLLOWED}, Seal(), per_day=0)
    follower = Follower(database, recorder, clock, chase, lambda _: PHONE, _worked, timedelta(0))
    clock.set(datetime.combine((AT + timedelta(days=2)).date(), AT.timetz()))
    assert follower.once() == Followed()
    assert _written(database, vault) == []
