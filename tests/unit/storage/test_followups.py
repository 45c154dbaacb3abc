"""Letters that wait for an acknowledgement: found when it is due, moved on by one hand only."""

from __future__ import annotations

from datetime import timedelta

from storage import deadlines, followups, outbox
from storage.db import Database, Session
from storage.deadlines import Deadline, DeadlineState
from storage.followups import UNDER_WAY, follow, reminded_with, unanswered
from storage.outbox import Following, OutboxEntry
from tests.builders import rows
from tests.builders.rows import AT


def _letter(session: Session, number: int, **columns: object) -> OutboxEntry:
    made = outbox.queue(
        session,
        OutboxEntry.model_validate(
            {
                "message_id": f"<{number}@cnse.example>",
                "circuit": "essai",
                "letter": "rappel",
                "mailbox": "protocole@cnse.example",
                "recipient": "Admissions@chu.example",
                "subject": "Rappel",
                "raw_sha256": "0" * 64,
                "delivery": "a" * 64,
                "created_at": AT,
                "next_attempt_at": AT,
                "expects": "delivery",
                "within_days": 2,
                **columns,
            }
        ),
    )
    assert made is not None
    return made


def test_only_what_is_due_and_not_yet_handed_over_is_found(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        late = {"expected_by": AT, "following": Following.WAITING}
        first = _letter(session, 1, **late)
        _letter(session, 2, **late | {"expected_by": AT + timedelta(seconds=1)})
        again = _letter(session, 3, **late | {"following": Following.REMINDED})
        _letter(session, 4, **late | {"following": Following.ESCALATED})
        _letter(session, 5, **late | {"following": Following.ANSWERED})
        _letter(session, 6)
        erased = _letter(session, 7, **late)
        erased.recipient = ""
        session.add(erased)
        session.flush()
        assert [e.id for e in unanswered(session, AT, 10)] == [first.id, again.id]
        assert [e.id for e in unanswered(session, AT, 1)] == [first.id]


def test_one_hand_moves_the_wait_on(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        number = _letter(session, 1, following=Following.WAITING, expected_by=AT).id or 0
        later = AT + timedelta(days=2)
        assert follow(session, number, (Following.WAITING,), Following.REMINDED, later)
        assert not follow(session, number, (Following.WAITING,), Following.REMINDED, AT)
        moved = outbox.get(session, number)
        assert moved is not None
        assert (moved.following, moved.expected_by) == (Following.REMINDED, later)
        assert follow(session, number, UNDER_WAY, Following.ANSWERED)
        assert not follow(session, number, UNDER_WAY, Following.ANSWERED)


def test_letters_to_one_person_about_one_mail_were_reminded_of_together(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        rows.delivery(session, "b")
        first = _letter(session, 1, following=Following.REMINDED)
        again = _letter(session, 2, following=Following.ESCALATED)
        _letter(session, 3, following=Following.ANSWERED)
        _letter(session, 4, following=Following.REMINDED, delivery="b" * 64)
        _letter(session, 5, following=Following.REMINDED, recipient="autre@chu.example")
        assert [e.id for e in reminded_with(session, again)] == [first.id, again.id]


def test_what_a_reminder_asked_for_and_has_come_answers_it(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        letter = _letter(session, 1, following=Following.WAITING, expected_by=AT)
        due = Deadline(
            kind="rapport",
            origin="essai:1",
            circuit="essai",
            delivery="a" * 64,
            due=AT.date(),
            basis="texte",
            status="confirmed",
            created_at=AT,
        )
        session.add(due)
        session.flush()
        session.add(
            deadlines.Reminder(
                deadline_id=due.id or 0,
                days_before=3,
                on=AT.date(),
                letter="rappel",
                to="hospital",
                outbox_id=letter.id,
                done_at=AT,
            )
        )
        session.flush()
        assert followups.answered_by_deed(session, 10) == []
        assert deadlines.end(session, due.id or 0, DeadlineState.MET, "reçu", AT + timedelta(days=1))
        ((entry, deadline),) = followups.answered_by_deed(session, 10)
        assert (entry.id, deadline.id) == (letter.id, due.id)
