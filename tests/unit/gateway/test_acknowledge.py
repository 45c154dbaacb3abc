"""A letter joins the outbox once, in clear limits, and says so in the evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from gateway.evidence.record import Kind
from gateway.outbound.acknowledge import queue_acknowledgement, queue_letter, too_many
from gateway.outbound.compose import Draft, acknowledgement
from storage import calls, cases, outbox
from storage.calls import CallReason
from storage.db import Database
from storage.outbox import OutboxState
from tests.builders import rows
from tests.builders.seen import AT, HOSPITAL, authorisation, circuit, decision, directory, mail


def _draft() -> Draft:
    seen = mail(authorisation())
    draft = acknowledgement(circuit(), seen, decision(seen), None, {}, AT, directory())
    assert isinstance(draft, Draft)
    return draft


def test_a_letter_is_queued_once_with_its_case(database: Database) -> None:
    draft = _draft()
    with database.transaction() as session:
        rows.delivery(session, "a")
        case = cases.open_case(session, rows.case("a" * 64))
        (document,) = rows.documents_of(session, "a" * 64, [authorisation()])
        cases.file_document(session, document.id or 0, case.id or 0, AT, [])
        ((kind, subject, fields),) = queue_acknowledgement(session, draft, "f" * 64, AT)
        assert (kind, subject) == (Kind.LETTER_QUEUED, f"outbox:{draft.message_id}")
        assert fields["bytes"] == "f" * 64
        assert queue_acknowledgement(session, draft, "e" * 64, AT) == ()
        assert queue_letter(session, draft, "e" * 64, AT) is None
        (entry,) = outbox.of_delivery(session, "a" * 64)
        assert (entry.state, entry.raw_sha256, entry.case_id) == (OutboxState.QUEUED, "f" * 64, case.id)
        assert entry.null_return_path


def test_past_the_daily_ceiling_a_person_writes(database: Database) -> None:
    draft = _draft()
    with database.transaction() as session:
        rows.delivery(session, "a")
        told: list[tuple[Kind, str, Any]] = []
        for number in range(4):
            made = replace(draft, message_id=f"<{number}@cnse.example>")
            told += queue_acknowledgement(
                session, made, "f" * 64, AT, 2, phone_of=lambda _: "01 99 00 12 34"
            )
        assert [kind for kind, _, _ in told] == [
            Kind.LETTER_QUEUED,
            Kind.LETTER_QUEUED,
            Kind.STEP,
            Kind.LETTER_ESCALATED,
            Kind.STEP,
        ], "a person is asked once a day"
        assert "une personne" in told[2][2]["silence"]
        (call,) = calls.waiting(session, 10)
        assert (call.reason, call.phone) == (CallReason.TOO_MANY, "01 99 00 12 34")
        assert len(outbox.of_delivery(session, "a" * 64)) == 2
        assert too_many(session, HOSPITAL.upper(), AT, 2)
        # the day is the one of France: 23:30 in Paris is the same day, one hour later is not
        assert too_many(session, HOSPITAL, AT + timedelta(hours=13, minutes=30), 2)
        assert not too_many(session, HOSPITAL, AT + timedelta(hours=14, minutes=30), 2)
