"""Reports: the table, then before, late, twice, forged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.evidence.record import Kind
from gateway.outbound import handing
from gateway.outbound.receipts import after_report, apply_answer, apply_receipt
from parsers.report import AUTO_REPLY, DELIVERY, READ, RecipientStatus, Report
from parsers.unpack import Message
from storage import addresses, calls, outbox
from storage.calls import CallReason
from storage.db import Database, Session
from storage.outbox import Following, OutboxEntry, OutboxState
from tests.builders import rows
from tests.builders.seen import AT, HOSPITAL, MAILBOX

OURS = "<1@cnse.example>"
PHONE = "01 99 00 12 34"
MESSAGE = Message(
    kind=DELIVERY,
    message_id="<r1@chu.example>",
    sender=HOSPITAL,
    senders=(HOSPITAL,),
    recipients=(MAILBOX,),
    subject="",
    date=None,
    in_reply_to=None,
    references=(),
    auto_submitted=True,
    bulk=False,
    return_path="",
    disposition_notification_to=None,
    report=None,
    body="",
)


def _dsn(action: str, address: str = HOSPITAL) -> Report:
    return Report(DELIVERY, (RecipientStatus(address, action, "2.0.0", ""),), original_message_id=OURS)


def _mdn(disposition: str, code: str | None = None) -> Report:
    return Report(
        READ,
        (RecipientStatus(HOSPITAL, "", "", ""),),
        original_message_id=OURS,
        disposition=disposition,
        error_code=code,
    )


def _letter(state: OutboxState, attempts: int = 1, **columns: object) -> OutboxEntry:
    return OutboxEntry.model_validate(
        {
            "message_id": OURS,
            "circuit": "essai",
            "letter": "accuse",
            "mailbox": MAILBOX,
            "recipient": "Admissions@CHU.example",
            "subject": "Accusé",
            "raw_sha256": "0" * 64,
            "delivery": "a" * 64,
            "state": state,
            "attempts": attempts,
            "created_at": AT,
            "next_attempt_at": AT,
            **columns,
        }
    )


def _sent(
    session: Session, state: OutboxState = OutboxState.SENT, attempts: int = 1, **columns: object
) -> OutboxEntry:
    rows.delivery(session, "a")
    entry = outbox.queue(session, _letter(state, attempts, **columns))
    assert entry is not None
    return entry


def _apply(session: Session, report: Report, letter: str, message: Message = MESSAGE) -> dict[str, object]:
    delivery = rows.delivery(session, letter)
    (kind, _, fields), *more = apply_receipt(session, message, report, delivery, AT, lambda _: PHONE)
    assert kind is Kind.RECEIPT
    assert {k for k, _, _ in more} <= {Kind.LETTER_ESCALATED, Kind.ADDRESS}
    return dict(fields)


def _state(session: Session) -> OutboxState:
    entry = outbox.by_message_id(session, OURS)
    assert entry is not None
    return entry.state


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        (OutboxState.SENT, "delivered", OutboxState.DELIVERED),
        (OutboxState.SENT, "delayed", OutboxState.DELAYED),
        (OutboxState.DELAYED, "delivered", OutboxState.DELIVERED),
        (OutboxState.DELIVERED, "delayed", OutboxState.DELIVERED),
        (OutboxState.DELIVERED, "failed", OutboxState.FAILED),
        (OutboxState.DISPLAYED, "failed", OutboxState.DISPLAYED),
        (OutboxState.PROCESSED, "displayed", OutboxState.PROCESSED),
        (OutboxState.PROCESSED, "error", OutboxState.PROCESSED),
        (OutboxState.DISPLAYED, "error", OutboxState.FAILED),
        (OutboxState.FAILED, "delivered", OutboxState.DELIVERED),
        (OutboxState.GIVEN_UP, "displayed", OutboxState.DISPLAYED),
        (OutboxState.SENT, "relayed", OutboxState.SENT),
        (OutboxState.SENT, "deleted", OutboxState.SENT),
    ],
)
def test_states(before: OutboxState, action: str, after: OutboxState) -> None:
    assert after_report(_letter(before), action) is after


@pytest.mark.parametrize(
    ("action", "after"),
    [("failed", OutboxState.QUEUED), ("delayed", OutboxState.QUEUED), ("delivered", OutboxState.DELIVERED)],
)
def test_a_report_on_its_former_life_stops_a_new_attempt_only_when_it_arrived(
    action: str, after: OutboxState
) -> None:
    """Put back in the queue by a person: an old failure says nothing of the attempt to come."""
    again = _letter(OutboxState.QUEUED)
    again.attempted_at, again.retried_at = AT, AT + timedelta(hours=1)
    assert after_report(again, action) is after
    again.attempted_at = AT + timedelta(hours=2)
    assert after_report(again, "failed") is OutboxState.FAILED


@pytest.mark.parametrize(
    ("report", "state"),
    [
        (_dsn("delivered"), OutboxState.DELIVERED),
        (_dsn("failed"), OutboxState.FAILED),
        (_mdn("displayed"), OutboxState.DISPLAYED),
        (_mdn("processed"), OutboxState.PROCESSED),
        (_mdn("processed/error"), OutboxState.FAILED),
        *((_mdn("processed", str(code)), OutboxState.FAILED) for code in range(900, 907)),
        (_mdn("processed", "0"), OutboxState.PROCESSED),
        (_mdn("deleted"), OutboxState.SENT),
    ],
)
def test_a_report_on_our_letter_moves_it_and_is_kept(
    database: Database, report: Report, state: OutboxState
) -> None:
    with database.transaction() as session:
        entry = _sent(session)
        fields = _apply(session, report, "b")
        assert _state(session) is state
        assert (fields["applied"], fields["after"]) == (True, str(state))
        assert len(outbox.receipts(session, entry.id or 0)) == 1


def test_the_envelope_identifier_alone_is_enough(database: Database) -> None:
    with database.transaction() as session:
        _sent(session)
        report = replace(_dsn("delivered"), original_message_id=None, original_envelope_id="1@cnse.example")
        _apply(session, report, "b")
        assert _state(session) is OutboxState.DELIVERED


def test_the_same_mail_twice_says_nothing_new(database: Database) -> None:
    with database.transaction() as session:
        entry = _sent(session)
        _apply(session, _dsn("delivered"), "b")
        again = apply_receipt(
            session, MESSAGE, _dsn("delivered"), rows.stored_delivery(session, "b" * 64), AT
        )
        assert again == ()
        assert len(outbox.receipts(session, entry.id or 0)) == 1


def test_a_late_failure_after_delivery_and_a_late_delivery_after_failure(database: Database) -> None:
    with database.transaction() as session:
        _sent(session)
        _apply(session, _dsn("delivered"), "b")
        _apply(session, _dsn("failed"), "c")
        assert _state(session) is OutboxState.FAILED
        _apply(session, _dsn("delivered"), "d")
        assert _state(session) is OutboxState.DELIVERED


def test_a_receipt_before_the_outcome_is_recorded_counts(database: Database) -> None:
    with database.transaction() as session:
        _sent(session, OutboxState.QUEUED, attempts=1)
        _apply(session, _dsn("delivered"), "b")
        assert _state(session) is OutboxState.DELIVERED


@pytest.mark.parametrize(
    ("report", "word"),
    [
        (replace(_dsn("failed"), original_message_id="<autre@cnse.example>"), "identifiant"),
        (replace(_dsn("failed"), original_message_id=None), "identifiant"),
        (_dsn("failed", "victime@ailleurs.example"), "adresse"),
        (replace(_mdn("displayed"), recipients=(RecipientStatus("x@y.example", "", "", ""),)), "adresse"),
    ],
)
def test_a_forged_report_changes_nothing_and_is_kept_for_a_person(
    database: Database, report: Report, word: str
) -> None:
    with database.transaction() as session:
        entry = _sent(session)
        fields = _apply(session, report, "b")
        assert (fields["applied"], word in str(fields["reason"])) == (False, True)
        assert _state(session) is OutboxState.SENT
        assert outbox.receipts(session, entry.id or 0) == []


def test_a_report_on_a_letter_that_never_left_is_forged(database: Database) -> None:
    with database.transaction() as session:
        _sent(session, OutboxState.QUEUED, attempts=0)
        fields = _apply(session, _dsn("failed"), "b")
        assert "pas encore partie" in str(fields["reason"])
        assert _state(session) is OutboxState.QUEUED


def test_a_reading_receipt_without_recipient_is_judged_by_its_sender(database: Database) -> None:
    report = replace(_mdn("displayed"), recipients=())
    with database.transaction() as session:
        _sent(session)
        assert _apply(session, report, "b", replace(MESSAGE, sender="x@y.example"))["applied"] is False
        assert _apply(session, report, "c")["applied"] is True
        assert _state(session) is OutboxState.DISPLAYED


def test_an_absence_is_noted_on_the_letter_it_answers_and_moves_nothing(database: Database) -> None:
    with database.transaction() as session:
        entry = _sent(session)
        report = Report(AUTO_REPLY)
        assert _apply(session, report, "b")["applied"] is False
        assert _apply(session, report, "c", replace(MESSAGE, in_reply_to=OURS))["applied"] is True
        assert _state(session) is OutboxState.SENT
        assert [r.action for r in outbox.receipts(session, entry.id or 0)] == ["auto-reply"]


def _follow(session: Session) -> tuple[Following, list[CallReason]]:
    """How far the wait is, and what a person still has to do."""
    entry = outbox.by_message_id(session, OURS)
    assert entry is not None
    return entry.following, [c.reason for c in calls.waiting(session, 10)]


def test_a_failed_letter_asks_a_person_once_and_flags_its_address(database: Database) -> None:
    gone = Report(
        DELIVERY,
        (RecipientStatus(HOSPITAL, "failed", "5.1.1", "550 user unknown"),),
        original_message_id=OURS,
    )
    with database.transaction() as session:
        _sent(session, expects="delivery", within_days=2, following=Following.WAITING)
        _apply(session, gone, "b")
        _apply(session, gone, "c")
        (call,) = calls.waiting(session, 10)
        assert (call.reason, call.phone, call.recipient) == (
            CallReason.FAILED,
            PHONE,
            "Admissions@CHU.example",
        )
        assert _follow(session)[0] is Following.ESCALATED
        assert list(addresses.flagged(session, [HOSPITAL])) == [HOSPITAL]


def test_a_late_delivery_corrects_the_state_takes_the_call_back_and_asks_nobody_again(
    database: Database,
) -> None:
    with database.transaction() as session:
        _sent(session, expects="delivery", within_days=2, following=Following.WAITING)
        _apply(session, _dsn("failed"), "b")
        _apply(session, _dsn("delivered"), "c")
        assert (_state(session), _follow(session)) == (OutboxState.DELIVERED, (Following.ANSWERED, []))
        _apply(session, _dsn("failed"), "d")
        assert _state(session) is OutboxState.FAILED
        assert _follow(session) == (Following.ANSWERED, [])
        assert addresses.flagged(session, [HOSPITAL]) == {}


def test_arrived_after_all_a_letter_that_wants_a_reading_is_waited_for_again(database: Database) -> None:
    with database.transaction() as session:
        _sent(session, expects="reading", within_days=3, following=Following.WAITING, expected_by=AT)
        _apply(session, _dsn("failed"), "b")
        assert _follow(session) == (Following.ESCALATED, [CallReason.FAILED])
        _apply(session, _dsn("delivered"), "c")
        assert _follow(session) == (Following.WAITING, [])
        entry = outbox.by_message_id(session, OURS)
        assert entry is not None
        assert entry.expected_by == AT + timedelta(days=3)
        _apply(session, _mdn("displayed"), "d")
        assert _follow(session) == (Following.ANSWERED, [])


def test_a_report_that_came_before_the_outcome_tells_when_the_letter_left(database: Database) -> None:
    with database.transaction() as session:
        _sent(session, OutboxState.QUEUED, expects="answer", within_days=5)
        _apply(session, _dsn("delivered"), "b")
        entry = outbox.by_message_id(session, OURS)
        assert entry is not None
        assert (entry.sent_at, entry.following) == (AT, Following.WAITING)
        assert entry.expected_by == AT + timedelta(days=5)


ANSWER = replace(MESSAGE, kind="mail", in_reply_to=OURS, auto_submitted=False)


def test_a_person_s_answer_is_a_fourth_thing_and_ends_the_wait(database: Database) -> None:
    with database.transaction() as session:
        entry = _sent(session, expects="answer", within_days=5, following=Following.ESCALATED)
        mail = rows.delivery(session, "b")
        events = apply_answer(session, ANSWER, mail, AT)
        assert [kind for kind, _, _ in events] == [Kind.RECEIPT]
        assert apply_answer(session, ANSWER, mail, AT) == ()
        assert _state(session) is OutboxState.SENT
        assert _follow(session)[0] is Following.ANSWERED
        assert [r.action for r in outbox.receipts(session, entry.id or 0)] == ["answered"]


@pytest.mark.parametrize(
    "message",
    [
        replace(ANSWER, sender="autre@chu.example"),
        replace(ANSWER, in_reply_to="<autre@cnse.example>"),
        replace(ANSWER, in_reply_to=None),
        replace(ANSWER, auto_submitted=True),
    ],
    ids=["another-person", "another-letter", "no-letter", "automatic"],
)
def test_what_is_not_an_answer_to_that_letter_ends_nothing(database: Database, message: Message) -> None:
    with database.transaction() as session:
        _sent(session, expects="answer", within_days=5, following=Following.WAITING)
        assert apply_answer(session, message, rows.delivery(session, "b"), AT) == ()
        assert _follow(session)[0] is Following.WAITING


def test_an_answer_to_the_reminder_answers_the_letter_it_reminds_of(database: Database) -> None:
    with database.transaction() as session:
        first = _sent(session, expects="delivery", within_days=2, following=Following.REMINDED)
        again = outbox.queue(
            session, _letter(OutboxState.SENT, message_id="<2@cnse.example>", follows=first.id)
        )
        assert again is not None
        read = replace(_mdn("displayed"), original_message_id="<2@cnse.example>")
        arrived = replace(_dsn("delivered"), original_message_id="<2@cnse.example>")
        _apply(session, arrived, "b")
        assert _follow(session)[0] is Following.REMINDED, "its delivery says nothing of the first one"
        _apply(session, read, "c")
        assert _follow(session)[0] is Following.ANSWERED
        apply_answer(
            session, replace(ANSWER, in_reply_to="<2@cnse.example>"), rows.delivery(session, "d"), AT
        )
        noted = [r.action for r in outbox.receipts(session, first.id or 0)]
        assert noted == ["answered"]


def test_a_failure_told_while_a_person_is_already_asked_is_no_second_notice(database: Database) -> None:
    with database.transaction() as session:
        entry = _sent(session, expects="delivery", within_days=2, following=Following.WAITING)
        asked = handing.hand_over(session, entry, CallReason.NO_RECEIPT, "sans retour", AT, lambda _: PHONE)
        assert [kind for kind, _, _ in asked] == [Kind.LETTER_ESCALATED]
        _apply(session, _dsn("failed"), "b")
        assert _state(session) is OutboxState.FAILED
        assert _follow(session) == (Following.ESCALATED, [CallReason.NO_RECEIPT])
