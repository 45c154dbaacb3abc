"""Letters leave once when all goes well, again when not, and never for ever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind, Recorder
from gateway.outbound.dispatch import Dispatcher, Limits, Patience, envid_of
from gateway.outbound.send import Permanent, Sent, Temporary, Unanswered
from storage import addresses, calls, outbox
from storage.calls import CallReason
from storage.db import Database
from storage.outbox import Following, OutboxEntry, OutboxState
from storage.vault import Vault
from tests.builders import rows
from tests.builders.seen import AT, HOSPITAL, MAILBOX

RAW = b"From: a\r\n\r\nLettre\r\n"


class Server:
    """An outgoing server that plays one answer after the other, then takes everything."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.taken: list[tuple[bytes, str, str, str]] = []

    def __call__(self, raw: bytes, sender: str, recipient: str, envid: str) -> Sent:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken.append((raw, sender, recipient, envid))
        return Sent("250 2.0.0\r\nqueued as 1", reported=True)


def _queue(
    database: Database, vault: Vault, number: int = 1, *, null: bool = False, sha: str | None = None
) -> int:
    with database.transaction() as session:
        if number == 1:
            rows.delivery(session, "a")
        entry = outbox.queue(
            session,
            OutboxEntry(
                message_id=f"<{number}@cnse.example>",
                circuit="essai",
                letter="accuse",
                mailbox=MAILBOX,
                recipient=HOSPITAL,
                subject="Accusé",
                raw_sha256=sha or vault.put(RAW, "letter"),
                delivery="a" * 64,
                null_return_path=null,
                created_at=AT,
                next_attempt_at=AT,
            ),
        )
        assert entry is not None
        assert entry.id is not None
        return entry.id


Make = Callable[[Server], Dispatcher]


@pytest.fixture
def make(database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock) -> Make:
    return lambda server: Dispatcher(database, vault, recorder, clock, server, random=Random(7).random)


def _entry(database: Database, number: int) -> OutboxEntry:
    with database.reading() as session:
        entry = outbox.get(session, number)
        assert entry is not None
        return entry


def test_the_exact_bytes_leave_once(
    database: Database, vault: Vault, recorder: Recorder, make: Make
) -> None:
    first, second = _queue(database, vault), _queue(database, vault, 2, null=True)
    server = Server()
    assert make(server).once() == 2
    assert make(server).once() == 0
    assert server.taken == [
        (RAW, MAILBOX, HOSPITAL, "1@cnse.example"),
        (RAW, "", HOSPITAL, "2@cnse.example"),
    ]
    sent = _entry(database, first)
    assert (sent.state, sent.sent_at, sent.attempts) == (OutboxState.SENT, AT, 1)
    assert sent.last_reply == "250 2.0.0 queued as 1"
    assert _entry(database, second).state is OutboxState.SENT
    with database.reading() as session:
        (event,) = recorder.events(session, ["outbox:<1@cnse.example>"])
        assert event.kind == Kind.LETTER_SENT


def test_a_temporary_refusal_waits_longer_each_time(
    database: Database, vault: Vault, clock: TurnableClock, make: Make
) -> None:
    number = _queue(database, vault)
    server = Server(Temporary("451 later"), Temporary("451 later"))
    dispatcher = make(server)
    waits = []
    for _ in range(2):
        assert dispatcher.once() == 1
        entry = _entry(database, number)
        assert entry.state is OutboxState.QUEUED
        assert dispatcher.once() == 0
        waits.append(entry.next_attempt_at - clock.now())
        clock.set(entry.next_attempt_at)
    assert timedelta(seconds=30) <= waits[0] <= timedelta(seconds=60) <= waits[1] <= timedelta(seconds=120)
    assert dispatcher.once() == 1
    assert _entry(database, number).state is OutboxState.SENT
    assert len(server.taken) == 1


def test_after_the_ceiling_it_is_given_up_and_told(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock, make: Make
) -> None:
    number = _queue(database, vault)
    clock.turn(timedelta(hours=72))
    assert make(Server(Temporary("451 toujours\r\noccupé"))).once() == 1
    entry = _entry(database, number)
    assert (entry.state, entry.last_reply) == (OutboxState.GIVEN_UP, "451 toujours occupé")
    assert make(Server()).once() == 0
    with database.reading() as session:
        told = [event.kind for event in recorder.events(session, ["outbox:<1@cnse.example>"])]
        assert told == [Kind.LETTER_FAILED, Kind.LETTER_ESCALATED]
        assert [c.reason for c in calls.waiting(session, 10)] == [CallReason.GIVEN_UP]


def test_a_permanent_refusal_ends_at_once_and_the_next_letter_leaves(
    database: Database, vault: Vault, make: Make
) -> None:
    first, second = _queue(database, vault), _queue(database, vault, 2)
    server = Server(Permanent("550 5.1.1 inconnu", "recipient"))
    assert make(server).once() == 2
    assert _entry(database, first).state is OutboxState.FAILED
    assert _entry(database, second).state is OutboxState.SENT
    with database.reading() as session:
        (call,) = calls.waiting(session, 10)
        assert (call.outbox_id, call.detail) == (first, "550 5.1.1 inconnu")
        assert list(addresses.flagged(session, [HOSPITAL])) == [HOSPITAL]


def test_a_refusal_that_is_not_about_the_recipient_flags_no_address(
    database: Database, vault: Vault, make: Make
) -> None:
    _queue(database, vault)
    assert make(Server(Permanent("550 5.1.1 expéditeur inconnu"))).once() == 1
    with database.reading() as session:
        assert addresses.flagged(session, [HOSPITAL]) == {}


def test_a_lost_answer_waits_for_a_report_before_the_letter_leaves_again(
    database: Database, vault: Vault, clock: TurnableClock, make: Make
) -> None:
    number = _queue(database, vault)
    server = Server(Unanswered("SMTPServerDisconnected"))
    assert make(server).once() == 1
    assert _entry(database, number).next_attempt_at >= clock.now() + Patience().unanswered
    with database.transaction() as session:
        assert outbox.move(session, number, OutboxState.QUEUED, OutboxState.DELIVERED, left_at=clock.now())
    clock.turn(timedelta(hours=1))
    assert make(server).once() == 0, "the report said that it had left"
    assert server.taken == []


def test_a_letter_that_expects_something_is_followed_from_the_day_it_leaves(
    database: Database, vault: Vault, make: Make
) -> None:
    number = _queue(database, vault)
    with database.transaction() as session:
        entry = outbox.get(session, number)
        assert entry is not None
        entry.expects, entry.within_days = "delivery", 2
        session.add(entry)
    assert make(Server()).once() == 1
    followed = _entry(database, number)
    assert (followed.following, followed.expected_by) == (Following.WAITING, AT + timedelta(days=2))


def test_missing_bytes_fail_the_letter_and_not_the_others(
    database: Database, vault: Vault, make: Make
) -> None:
    first = _queue(database, vault, sha="0" * 64)
    second = _queue(database, vault, 2)
    assert make(Server()).once() == 2
    assert _entry(database, first).state is OutboxState.FAILED
    assert _entry(database, second).state is OutboxState.SENT


def test_a_crash_between_send_and_record_sends_the_same_letter_again(
    database: Database, vault: Vault, clock: TurnableClock, make: Make
) -> None:
    """At least once, under one Message-ID and one ENVID: the receiver can tell it is one letter."""
    number = _queue(database, vault)
    server = Server()

    class Crashing(Server):
        def __call__(self, raw: bytes, sender: str, recipient: str, envid: str) -> Sent:
            server(raw, sender, recipient, envid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(Crashing()).once()
    assert make(server).once() == 0, "the lease still holds"
    clock.turn(Patience().lease)
    assert make(server).once() == 1
    assert server.taken[0] == server.taken[1]
    assert _entry(database, number).state is OutboxState.SENT


def test_an_answer_after_the_lease_is_not_recorded_over_the_new_holder(
    database: Database, vault: Vault, clock: TurnableClock, make: Make
) -> None:
    number = _queue(database, vault)
    second = make(Server())

    class Slow(Server):
        def __call__(self, raw: bytes, sender: str, recipient: str, envid: str) -> Sent:
            clock.turn(Patience().lease)
            assert second.once() == 1
            return super().__call__(raw, sender, recipient, envid)

    make(Slow(Permanent("550 trop tard"))).once(1)
    assert _entry(database, number).state is OutboxState.SENT


def test_several_dispatchers_send_each_letter_once(database: Database, vault: Vault, make: Make) -> None:
    for number in range(1, 13):
        _queue(database, vault, number)
    server = Server()
    with ThreadPoolExecutor(3) as threads:
        tried = sum(threads.map(lambda _: make(server).once(), range(3)))
    assert tried == 12
    assert sorted(t[3] for t in server.taken) == sorted(f"{n}@cnse.example" for n in range(1, 13))


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_waiting_has_a_floor_and_a_ceiling(attempts: int, chance: float) -> None:
    patience = Patience()
    wait = patience.wait(attempts, chance)
    assert patience.first / 2 <= wait <= patience.ceiling
    assert patience.wait(attempts + 1, chance) >= wait


def test_an_envelope_identifier_fits_its_limit() -> None:
    assert envid_of("<abc@cnse.example>") == "abc@cnse.example"
    assert len(envid_of(f"<{'a' * 200}@x>")) == 100


def test_a_destination_that_bears_two_a_minute_gets_two(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    for number in range(1, 6):
        _queue(database, vault, number)
    server = Server()
    dispatcher = Dispatcher(
        database, vault, recorder, clock, server, random=Random(7).random, limits=Limits(per_minute=2)
    )
    assert dispatcher.once() == 2
    assert dispatcher.once() == 0
    clock.turn(timedelta(minutes=1))
    assert dispatcher.once() == 2


def test_a_destination_of_its_own_has_its_own_limits() -> None:
    limits = Limits(per_minute=1, of_domain={"lent.example": (0, 1)})
    busy = {"lent.example": (5, 0), "autre.example": (1, 0), "libre.example": (0, 3)}
    assert limits.full(busy) == ("autre.example",)
    assert limits.full({"lent.example": (0, 1)}) == ("lent.example",)
