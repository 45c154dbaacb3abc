"""Letters: queued once, held by one sender at a time, receipts kept once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from storage import outbox
from storage.db import Database, Session
from storage.lettermoves import ARROWS
from storage.outbox import OutboxEntry, OutboxState, Receipt
from tests.builders import rows
from tests.builders.rows import AT

LEASE = AT + timedelta(minutes=10)


def _entry(session: Session, number: int = 1) -> OutboxEntry:
    made = outbox.queue(session, _letter(number))
    assert made is not None
    assert made.id is not None
    return made


def _letter(number: int) -> OutboxEntry:
    return OutboxEntry(
        message_id=f"<{number}@cnse.example>",
        circuit="essai",
        letter="accuse",
        mailbox="protocole@cnse.example",
        recipient="Admissions@chu.example",
        subject="Accusé",
        raw_sha256="0" * 64,
        delivery="a" * 64,
        created_at=AT,
        next_attempt_at=AT,
    )


def test_a_message_id_is_queued_once(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        entry = _entry(session)
        assert outbox.queue(session, _letter(1)) is None
        assert outbox.by_message_id(session, "<1@cnse.example>") == entry
        assert outbox.of_delivery(session, "a" * 64) == [entry]
        assert outbox.next_attempt(session) == AT


def test_a_letter_is_held_by_one_sender_until_its_lease_ends(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        _entry(session)
        assert outbox.claim(session, "un", AT - timedelta(seconds=1), LEASE) is None
        held = outbox.claim(session, "un", AT, LEASE)
        assert held is not None
        assert held.id is not None
        assert (held.attempts, held.lease_owner) == (1, "un")
        assert outbox.claim(session, "deux", AT, LEASE) is None
        again = outbox.claim(session, "deux", LEASE, LEASE + timedelta(minutes=10))
        assert again is not None
        assert again.attempts == 2
        assert not outbox.finish(session, held.id, "un", OutboxState.SENT, "250", sent_at=AT)
        assert outbox.finish(session, held.id, "deux", OutboxState.SENT, "250", sent_at=LEASE)
        sent = outbox.get(session, held.id)
        assert sent is not None
        assert (sent.state, sent.sent_at, sent.lease_owner) == (OutboxState.SENT, LEASE, None)
        assert outbox.first_sent(session, ["a" * 64]) == {"a" * 64: LEASE}
        assert outbox.next_attempt(session) is None


def test_many_senders_never_hold_the_same_letter(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        for number in range(20):
            _entry(session, number)

    def take(sender: int) -> list[int]:
        held = []
        for _ in range(20):
            with database.transaction() as session:
                entry = outbox.claim(session, str(sender), AT, LEASE)
                if entry is not None and entry.id is not None:
                    held.append(entry.id)
        return held

    with ThreadPoolExecutor(4) as threads:
        held = [n for part in threads.map(take, range(4)) for n in part]
    assert len(held) == len(set(held)) == 20


def test_a_receipt_that_came_first_keeps_its_state(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        entry = _entry(session)
        assert entry.id is not None
        outbox.claim(session, "un", AT, LEASE)
        assert outbox.move(session, entry.id, OutboxState.QUEUED, OutboxState.DELIVERED)
        assert not outbox.move(session, entry.id, OutboxState.QUEUED, OutboxState.FAILED)
        assert outbox.finish(session, entry.id, "un", OutboxState.SENT, "250", sent_at=AT)
        kept = outbox.get(session, entry.id)
        assert kept is not None
        assert (kept.state, kept.sent_at) == (OutboxState.DELIVERED, AT)


def test_a_retry_waits_and_letters_are_counted_by_address(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        entry = _entry(session)
        assert entry.id is not None
        outbox.claim(session, "un", AT, LEASE)
        assert outbox.finish(session, entry.id, "un", OutboxState.QUEUED, "451", next_attempt_at=LEASE)
        assert outbox.claim(session, "un", AT, LEASE) is None
        assert outbox.claim(session, "un", LEASE, LEASE + timedelta(minutes=1)) is not None
        assert outbox.written_to(session, "admissions@CHU.example", AT) == 1
        assert outbox.written_to(session, "admissions@chu.example", LEASE) == 0


def test_a_mail_reports_once_on_a_letter(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        rows.delivery(session, "b")
        entry = _entry(session)
        assert entry.id is not None
        receipt = Receipt(outbox_id=entry.id, delivery="b" * 64, action="delivered", at=AT)
        assert outbox.add_receipt(session, receipt)
        assert not outbox.add_receipt(session, receipt)
        assert [r.action for r in outbox.receipts(session, entry.id)] == ["delivered"]


def test_the_letters_of_a_dead_instance_are_free_at_once_and_nobody_else_s(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        first, second = _entry(session, 1), _entry(session, 2)
        until = AT + timedelta(minutes=30)
        assert outbox.claim(session, "a_1#x", AT, until)
        assert outbox.claim(session, "ab1#y", AT, until)
        assert outbox.free_leases(session, "a_1") == 1
    with database.reading() as session:
        freed, held = outbox.get(session, first.id or 0), outbox.get(session, second.id or 0)
    assert freed is not None
    assert held is not None
    assert (freed.lease_owner, held.lease_owner) == (None, "ab1#y")


@pytest.mark.parametrize("before", list(OutboxState))
@pytest.mark.parametrize("after", list(OutboxState))
def test_the_database_follows_the_arrows_of_the_table_and_no_other(
    sqlite_database: Database, before: OutboxState, after: OutboxState
) -> None:
    with sqlite_database.transaction() as session:
        rows.delivery(session, "a")
        entry = _entry(session)
        entry.state = before
        session.add(entry)
        session.flush()
        assert outbox.move(session, entry.id or 0, before, after) is ((before, after) in ARROWS)
        found = outbox.get(session, entry.id or 0)
        assert found is not None
        assert found.state is (after if (before, after) in ARROWS else before)


def test_what_a_dead_instance_held_waits_for_a_report_before_it_leaves_again(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        entry = _entry(session)
        assert outbox.claim(session, "mort#x", AT, LEASE)
        assert outbox.free_leases(session, "mort", LEASE) == 1
        assert outbox.claim(session, "vif#y", LEASE - timedelta(seconds=1), LEASE) is None
        again = outbox.claim(session, "vif#y", LEASE, LEASE + timedelta(minutes=1))
        assert again is not None
        assert (again.id, again.attempts) == (entry.id, 2)
