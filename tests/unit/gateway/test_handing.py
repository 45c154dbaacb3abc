"""A letter handed to a person: once for each time it was queued, in the queue that works on it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.evidence.record import Kind
from gateway.outbound.handing import call_done, came, hand_over, queue_of
from storage import calls, cases, outbox
from storage.calls import CallReason
from storage.cases import Item
from storage.db import Database, Session
from storage.outbox import Following, OutboxEntry, OutboxState
from tests.builders import rows
from tests.builders.seen import AT, HOSPITAL, MAILBOX

PHONE = "01 99 00 12 34"


def _letter(session: Session, number: int = 1, **columns: object) -> OutboxEntry:
    if number == 1:
        rows.delivery(session, "a")
    made = outbox.queue(
        session,
        OutboxEntry.model_validate(
            {
                "message_id": f"<{number}@cnse.example>", "circuit": "essai", "letter": "rappel",
                "mailbox": MAILBOX, "recipient": HOSPITAL, "subject": "Rappel", "raw_sha256": "0" * 64,
                "delivery": "a" * 64, "state": OutboxState.SENT, "attempts": 1, "created_at": AT,
                "next_attempt_at": AT, "sent_at": AT, "expects": "delivery", "within_days": 2,
                "following": Following.WAITING, "expected_by": AT, **columns,
            }
        ),
    )  # fmt: skip
    assert made is not None
    return made


def _asked(session: Session, entry: OutboxEntry, reason: CallReason = CallReason.FAILED) -> bool:
    return bool(hand_over(session, entry, reason, "550 5.1.1", AT, lambda _: PHONE))


def test_the_queue_is_that_of_the_mail_and_nobody_s_without_one(database: Database) -> None:
    with database.transaction() as session:
        _letter(session)
        assert queue_of(session, None, "a" * 64) == ""
        item = Item(
            delivery="a" * 64, circuit="essai", queue="cpam-595", kind="se352-301", title="Attestation",
            sender=HOSPITAL, created_at=AT,
        )  # fmt: skip
        cases.add_item(session, item)
        assert queue_of(session, None, "a" * 64) == "cpam-595"
        assert queue_of(session, None, None) == ""


def test_a_letter_presented_again_by_a_person_may_fail_again_and_is_told_again(database: Database) -> None:
    with database.transaction() as session:
        entry = _letter(session)
        assert _asked(session, entry)
        assert not _asked(session, entry), "somebody is already asked"
        (call,) = calls.waiting(session, 10)
        assert call_done(session, call, "camille", AT)
        assert not _asked(session, entry), "the same failure is told once"
        entry.retried_at = AT + timedelta(hours=1)
        session.add(entry)
        session.flush()
        assert _asked(session, entry)


def test_a_call_done_ends_the_wait_of_every_letter_it_is_about(database: Database) -> None:
    with database.transaction() as session:
        first = _letter(session, following=Following.ESCALATED)
        second = _letter(session, 2)
        other = _letter(session, 3, recipient="autre@chu.example")
        assert _asked(session, second, CallReason.NO_RECEIPT)
        (call,) = calls.waiting(session, 10)
        ((kind, subject, fields),) = call_done(session, call, "camille", AT, "  lettre lue ")
        assert (kind, subject) == (Kind.LETTER_ESCALATED, f"outbox:{second.message_id}")
        assert "lettre lue" not in str(fields)
        assert call_done(session, call, "dominique", AT) == ()
        found = [outbox.get(session, e.id or 0) for e in (first, second, other)]
        kept = calls.get(session, call.id or 0)
    assert [e.following for e in found if e is not None] == [
        Following.ANSWERED,
        Following.ANSWERED,
        Following.WAITING,
    ]
    assert kept is not None
    assert kept.note == "lettre lue"


@pytest.mark.parametrize(
    ("expects", "action", "following"),
    [
        ("delivery", "delivered", Following.ANSWERED),
        ("delivery", "relayed", Following.ANSWERED),
        ("delivery", "displayed", Following.ANSWERED),
        ("delivery", "delayed", Following.WAITING),
        ("delivery", "auto-reply", Following.WAITING),
        ("reading", "delivered", Following.WAITING),
        ("reading", "relayed", Following.WAITING),
        ("reading", "processed", Following.ANSWERED),
        ("answer", "displayed", Following.WAITING),
        ("answer", "answered", Following.ANSWERED),
    ],
)
def test_what_ends_a_wait_is_what_the_letter_expects_or_more(
    sqlite_database: Database, expects: str, action: str, following: Following
) -> None:
    with sqlite_database.transaction() as session:
        entry = _letter(session, expects=expects)
        came(session, entry, action, AT)
        found = outbox.get(session, entry.id or 0)
    assert found is not None
    assert found.following is following
