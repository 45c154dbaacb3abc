"""Which refusals flag an address, and what clears it."""

from __future__ import annotations

import pytest

from gateway.evidence.record import Kind
from gateway.outbound.badaddress import about_address, flag_failed, unflag_reached
from storage import addresses, outbox
from storage.db import Database, Session
from storage.outbox import OutboxEntry
from tests.builders import rows
from tests.builders.seen import AT, MAILBOX

TO = "Admissions@CHU.example"


def _entry(session: Session) -> OutboxEntry:
    rows.delivery(session, "a")
    made = outbox.queue(
        session,
        OutboxEntry(
            message_id="<1@cnse.example>",
            circuit="essai",
            letter="accuse",
            mailbox=MAILBOX,
            recipient=TO,
            subject="Accusé",
            raw_sha256="0" * 64,
            delivery="a" * 64,
            attempts=1,
            created_at=AT,
            next_attempt_at=AT,
        ),
    )
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        ("5.1.1", ""),
        ("5.1.10", "recipient has a null MX"),
        ("5.2.1", "mailbox disabled"),
        ("", "550 5.1.1 <a@b.example>: Recipient address rejected"),
        ("", "550 No such user here"),
        ("5.0.0", "user unknown"),
        ("5.4.4", "unable to route"),
        ("", "550 Utilisateur inconnu"),
    ],
)
def test_bad_address(status: str, reply: str) -> None:
    assert about_address(status, reply)


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        ("5.2.2", "mailbox full: user unknown to care"),
        ("5.7.1", "550 5.7.1 recipient unknown to policy"),
        ("5.1.8", "sender's domain does not exist"),
        ("5.3.4", "too large"),
        ("", "554 blocked"),
        ("", "552 5.2.3 10.5.1.1 refuses: too large"),
        ("", ""),
    ],
)
def test_another_fault(status: str, reply: str) -> None:
    assert not about_address(status, reply)


def test_flagged_then_reached(database: Database) -> None:
    with database.transaction() as session:
        entry = _entry(session)
        ((kind, subject, fields),) = flag_failed(session, entry, AT, "5.1.1", "550 user  unknown")
        assert (kind, subject) == (Kind.ADDRESS, "outbox:<1@cnse.example>")
        assert fields == {"action": "flagged", "address": TO, "reason": "5.1.1 550 user unknown"}
        assert addresses.flagged(session, [TO])[TO.lower()].letter == "<1@cnse.example>"
        ((_, _, told),) = unflag_reached(session, entry, AT)
        assert told["action"] == "reached"
        assert addresses.flagged(session, [TO]) == {}
        assert unflag_reached(session, entry, AT) == ()


def test_another_fault_flags_nothing(database: Database) -> None:
    with database.transaction() as session:
        assert flag_failed(session, _entry(session), AT, "5.7.1", "550 policy") == ()
        assert addresses.listed(session, 10) == []
