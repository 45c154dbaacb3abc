"""Reports: the table, then before, late, twice, forged."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gateway.evidence.record import Kind
from gateway.outbound import receipts
from gateway.outbound.receipts import TABLE, after_report, apply_receipt
from parsers.report import AUTO_REPLY, DELIVERY, READ, RecipientStatus, Report
from parsers.unpack import Message
from storage import outbox
from storage.db import Database, Session
from storage.outbox import OutboxEntry, OutboxState
from tests.builders import rows
from tests.builders.seen import AT, HOSPITAL, MAILBOX

OURS = "<1@cnse.example>"
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


def _sent(session: Session, state: OutboxState = OutboxState.SENT, attempts: int = 1) -> OutboxEntry:
    rows.delivery(session, "a")
    entry = outbox.queue(
        session,
        OutboxEntry(
            message_id=OURS,
            circuit="essai",
            letter="accuse",
            mailbox=MAILBOX,
            recipient="Admissions@CHU.example",
            subject="Accusé",
            raw_sha256="0" * 64,
            delivery="a" * 64,
            state=state,
            attempts=attempts,
            created_at=AT,
            next_attempt_at=AT,
        ),
    )
    assert entry is not None
    return entry


def _apply(session: Session, report: Report, letter: str, message: Message = MESSAGE) -> dict[str, object]:
    delivery = rows.delivery(session, letter)
    ((kind, _, fields),) = apply_receipt(session, message, report, delivery, AT)
    assert kind is Kind.RECEIPT
    return dict(fields)


def _state(session: Session) -> OutboxState:
    entry = outbox.by_message_id(session, OURS)
    assert entry is not None
    return entry.state


def test_the_drawing_is_the_table() -> None:
    drawn = re.findall(r"^    (\w+)  +(queued\*[\w*, ]*?)  +(\w+)$", receipts.__doc__ or "", re.MULTILINE)
    told = {action: (set(before.replace("*", "").split(", ")), after) for action, before, after in drawn}
    assert told == {
        action: ({str(s) for s in before}, str(after)) for action, (before, after) in TABLE.items()
    }


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
    assert after_report(before, action) is after


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
