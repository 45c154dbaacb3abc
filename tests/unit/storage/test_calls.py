"""Calls to make: asked once for ever, shown to those of the queue, done by a person or taken back."""

from __future__ import annotations

from storage import calls, outbox
from storage.calls import Call, CallReason
from storage.db import Database, Session
from storage.outbox import OutboxEntry
from tests.builders import rows
from tests.builders.rows import AT


def _call(session: Session, key: str, queue: str = "cpam-595", **columns: object) -> Call:
    asked = Call.model_validate(
        {
            "key": key,
            "reason": CallReason.FAILED,
            "circuit": "essai",
            "queue": queue,
            "recipient": "admissions@chu.example",
            "phone": "01 99 00 12 34",
            "at": AT,
            **columns,
        }
    )
    assert calls.add(session, asked)
    return next(c for c in calls.waiting(session, 100) if c.key == key)


def _letter(session: Session) -> int:
    rows.delivery(session, "a")
    made = outbox.queue(
        session,
        OutboxEntry(
            message_id="<1@cnse.example>", circuit="essai", letter="accuse", mailbox="p@cnse.example",
            recipient="admissions@chu.example", subject="Accusé", raw_sha256="0" * 64, delivery="a" * 64,
            created_at=AT, next_attempt_at=AT,
        ),
    )  # fmt: skip
    assert made is not None
    return made.id or 0


def test_the_same_thing_is_asked_once_even_after_it_was_done(database: Database) -> None:
    with database.transaction() as session:
        call = _call(session, "a")
        assert not calls.add(session, Call(**call.model_dump(exclude={"id"})))
        assert calls.finish(session, call.id or 0, "camille", AT, "adresse corrigée au téléphone")
        assert not calls.finish(session, call.id or 0, "dominique", AT)
        assert not calls.add(session, Call(**call.model_dump(exclude={"id"})))
        done = calls.get(session, call.id or 0)
        assert done is not None
        assert (done.done_by, done.note) == ("camille", "adresse corrigée au téléphone")
        assert calls.waiting(session, 10) == []


def test_readers_of_a_queue_see_its_calls_alone(database: Database) -> None:
    with database.transaction() as session:
        here, elsewhere = _call(session, "a"), _call(session, "b", "cpam-131")
        assert calls.waiting_in(session, [("essai", "cpam-595")], 10) == [here]
        assert calls.waiting_in(session, [("autre", "cpam-595")], 10) == []
        both = [("essai", "cpam-595"), ("essai", "cpam-131")]
        assert calls.waiting_in(session, both, 10) == [here, elsewhere]
        assert calls.waiting_in(session, [], 10) == []


def test_good_news_about_a_letter_take_back_what_they_settle(database: Database) -> None:
    with database.transaction() as session:
        letter = _letter(session)
        refused = _call(session, "a", outbox_id=letter, delivery="a" * 64)
        silent = _call(session, "b", outbox_id=letter, reason=CallReason.NO_RECEIPT)
        assert calls.waiting_on(session, letter)
        assert calls.finish_of_letter(session, letter, AT, (CallReason.FAILED, CallReason.GIVEN_UP)) == 1
        assert [c.id for c in calls.waiting(session, 10)] == [silent.id]
        assert calls.finish_of_letter(session, letter, AT) == 1
        assert not calls.waiting_on(session, letter)
        assert [(c.id, c.done_by) for c in calls.of_letter(session, letter)] == [
            (refused.id, None),
            (silent.id, None),
        ]


def test_calls_about_a_mail_or_a_case(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        call = _call(session, "a", delivery="a" * 64)
        assert calls.waiting_about(session, None, "a" * 64) == [call]
        assert calls.waiting_about(session, 7, None) == []
        assert calls.waiting_about(session, None, None) == []
