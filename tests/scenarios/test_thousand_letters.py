"""Letters through the worst of servers, while the process that sends them is killed at random moments.

Three ways: straight to a sink that defers, refuses, hangs up at each verb and answers after the time-out;
to a real Postfix that relays to a real Dovecot; to a real Postfix that relays to the same sink. Every
letter ends in exactly one of two ways: in its reader's mailbox, or reported as failed to a person.

What SMTP cannot promise. When the answer to the final dot is lost (connection dropped, time-out, our own
death before the outcome is written), nobody on our side can know whether the letter left (RFC 1047; RFC
5321, 4.5.3.2.6). We send it again, the same bytes under the same Message-ID: better twice than never. So,
exactly:

* a letter of which every attempt had an answer is there once, copy for copy;
* any other is there at least once, at most as often as it had attempts without an answer, plus one; its
copies
  are the same bytes under the same Message-ID, which makes them one letter for a reader that looks at it;
* a letter reported as failed is nowhere.
"""

from __future__ import annotations

import hashlib
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from gateway.clock import PARIS, SystemClock, TurnableClock
from gateway.evidence.record import Recorder
from gateway.outbound.compose import Draft
from gateway.outbound.dispatch import envid_of
from gateway.outbound.protect import protect
from gateway.outbound.receipts import apply_receipt
from parsers.unpack import unpack
from storage import calls, outbox
from storage.calls import CallReason
from storage.db import Database
from storage.keys import KeyRing
from storage.outbox import OutboxEntry, OutboxState
from storage.vault import Vault
from tests.builders import rows
from tests.builders.seen import circuit
from tests.worlds import dovecot, postfix
from tests.worlds.hostile_sink import VERBS, HostileSink
from tests.worlds.needed import needed
from tests.worlds.postroom import Desk, Postroom

pytestmark = [
    pytest.mark.crash,
    pytest.mark.postfix,
    pytest.mark.dovecot,
    pytest.mark.timeout(900),
]


@pytest.fixture(autouse=True)
def _servers() -> None:
    needed(postfix.missing(), dovecot.missing())


BOX = "cnse@passerelle.example"
SINK, HOME, RELAYED = "puits.example", "dovecot.example", "relais.example"
READERS = tuple(f"lecteur{n}" for n in range(8))
LONGEST_LIFE = 0.35
_PATIENCE = 3000
"""Turns of a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Size:
    letters: int
    kills: int


@dataclass(slots=True)
class World:
    """Everything a run needs, and what it wrote: bytes by Message-ID, recipient by Message-ID."""

    database: Database
    vault: Vault
    recorder: Recorder
    desk: Desk
    sink: HostileSink
    home: dovecot.Dovecot
    relay: postfix.Postfix
    folder: Path
    written: dict[str, bytes] = field(default_factory=dict)
    to: dict[str, str] = field(default_factory=dict)
    held: int = 0
    """Letters that were leaving when a life ended."""


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    ring = KeyRing(tmp_path / "keys")
    clock = SystemClock()
    database = Database(sqlite_url)
    slow = dict.fromkeys(
        ("connect", "helo", "mail", "rcpt", "data_init", "data_xfer", "data_done", "quit"), "1s"
    )
    patient = {f"smtp_{name}_timeout": value for name, value in slow.items()} | {
        "default_destination_concurrency_failed_cohort_limit": "100000",
        "default_destination_concurrency_negative_feedback": "0",
        "initial_destination_concurrency": "20",
        "smtp_connection_cache_on_demand": "no",
        "minimal_backoff_time": "1s",
        "maximal_backoff_time": "1s",
        "queue_run_delay": "1s",
    }
    with (
        HostileSink(20261123) as sink,
        dovecot.Dovecot(READERS) as home,
        postfix.Postfix(
            home.port,
            routes={RELAYED: sink.port},
            deliver={HOME: home.deliver, "passerelle.example": home.deliver},
            settings=patient,
        ) as relay,
    ):
        routes = {SINK: (sink.port, 0.4), HOME: (relay.port, 60.0), RELAYED: (relay.port, 60.0)}
        desk = Desk(database.url, str(tmp_path), 4, routes)
        (tmp_path / "desk.json").write_text(json.dumps(asdict(desk)), "utf-8")
        recorder = Recorder(clock, ring, tmp_path / "checkpoints")
        yield World(database, Vault(tmp_path / "vault", ring), recorder, desk, sink, home, relay, tmp_path)
        database.close()


@pytest.mark.parametrize("size", [Size(150, 15)], ids=["150-letters-15-deaths"])
def test_each_letter_is_there_once_or_reported_as_failed(world: World, size: Size) -> None:
    _run(world, size)


@pytest.mark.nightly
@pytest.mark.parametrize("size", [Size(1000, 100)], ids=["1000-letters-100-deaths"])
def test_each_of_a_thousand_letters_is_there_once_or_reported_as_failed(world: World, size: Size) -> None:
    _run(world, size)


def _run(world: World, size: Size) -> None:
    _write(world, size.letters)
    _send_and_die(world, size.kills)
    _give_up_the_hopeless(world)
    world.relay.wait_for_empty(seconds=180)
    _apply_reports(world)
    _judge(world, size)


def _recipients(count: int) -> Iterator[str]:
    """Six in ten straight to the sink, three to Dovecot, one to the sink through Postfix; some are
    refused."""
    for number in range(count):
        way, turn = number % 10, number // 10 % 10
        if way < 6:
            yield {0: "refuse", 1: "refuse-late", 2: "never"}.get(turn, f"lettre{number}") + f"@{SINK}"
        elif way < 9:
            yield f"{'inconnu' if turn == 0 else READERS[number % len(READERS)]}@{HOME}"
        else:
            yield f"{'refuse' if turn == 0 else f'lettre{number}'}@{RELAYED}"


def _write(world: World, count: int) -> None:
    """Real letters, byte for byte as the gateway makes them, all due at once."""
    at = SystemClock().now()
    mailbox = replace(circuit().mailboxes[0], address=BOX)
    with world.database.transaction() as session:
        rows.delivery(session, "a")
    for number, recipient in enumerate(_recipients(count)):
        text = f"Lettre {number}\n.\n..fin\n" + "ligne\n" * (number % 50)
        draft = Draft(
            circuit="essai", letter="accuse", mailbox=mailbox, recipient=recipient, text=text, at=at,
            subject=f"Lettre {number}", message_id=f"<{number}@passerelle.example>", answers=False,
        )  # fmt: skip
        raw = protect(draft, None).raw
        world.written[draft.message_id], world.to[draft.message_id] = raw, recipient
        sha256 = world.vault.put(raw, "letter")
        with world.database.transaction() as session:
            outbox.queue(
                session,
                OutboxEntry(
                    message_id=draft.message_id, circuit="essai", letter="accuse", mailbox=BOX,
                    recipient=recipient, subject=draft.subject, raw_sha256=sha256, delivery="a" * 64,
                    created_at=at, next_attempt_at=at,
                ),
            )  # fmt: skip


def _send_and_die(world: World, kills: int) -> None:
    moments, pause = random.Random(352301), threading.Event()
    room = Postroom(world.folder / "desk.json")
    try:
        for _ in range(kills):
            pid = room.birth()
            pause.wait(moments.uniform(0.0, LONGEST_LIFE))
            room.kill(pid)
            world.held += _count(world, col(OutboxEntry.lease_owner).is_not(None))
        pid = room.birth()
        hopeless = sum(to.startswith("never") for to in world.to.values())
        for _ in range(_PATIENCE):
            if _count(world, col(OutboxEntry.state) == OutboxState.QUEUED) == hopeless:
                break
            pause.wait(0.1)
        else:
            pytest.fail("letters still wait")
        room.kill(pid)
    finally:
        room.close()


def _count(world: World, what: object) -> int:
    with world.database.reading() as session:
        statement = select(func.count()).select_from(OutboxEntry).where(what)  # type: ignore[arg-type]
        return session.exec(statement).one()


def _give_up_the_hopeless(world: World) -> None:
    """Three days later, what was always put off is given up."""
    clock = TurnableClock(SystemClock().now() + timedelta(hours=73))
    with world.database.transaction() as session:
        outbox.free_leases(session, "facteur")
    world.desk.dispatcher(world.database, clock).once(100_000)
    while _count(world, col(OutboxEntry.state) == OutboxState.QUEUED):
        clock.turn(timedelta(hours=1))  # the sink was in a mood of its own: another try
        world.desk.dispatcher(world.database, clock).once(100_000)


def _apply_reports(world: World) -> None:
    """What Postfix told the mailbox about its letters, applied as the gateway applies it; every one
    twice."""
    at = datetime.now(PARIS)
    for raw in world.home.messages():
        message = unpack(raw, raw).message
        assert message.report is not None, message.subject
        sha256 = hashlib.sha256(raw).hexdigest()
        for again in (False, True):
            with world.database.transaction() as session:
                delivery = (
                    rows.stored_delivery(session, sha256) if again else rows.delivery(session, sha256)
                )
                events = apply_receipt(session, message, message.report, delivery, at)
            assert bool(events) is not again


def _judge(world: World, size: Size) -> None:
    copies = _copies(world)
    outcomes = Counter(tuple(line.split()) for line in world.desk.journal.read_text("utf-8").splitlines())
    with world.database.reading() as session:
        entries = rows.letters(session)
        asked = {c.outbox_id: c.reason for c in calls.waiting(session, 100_000)}
    assert len(entries) == size.letters
    once = 0
    for entry in entries:
        said = {word: n for (envid, word), n in outcomes.items() if envid == envid_of(entry.message_id)}
        unknown = entry.attempts - sum(said.values())
        handed = said.get("Sent", 0) + said.get("Unanswered", 0) + unknown
        here = copies[entry.message_id]
        name, domain = entry.recipient.split("@")
        if name in {"refuse", "refuse-late", "inconnu"}:
            assert (entry.state, here) == (OutboxState.FAILED, []), entry
            assert asked[entry.id] is CallReason.FAILED
        elif name == "never":
            assert (entry.state, here) == (OutboxState.GIVEN_UP, []), entry
            assert asked[entry.id] is CallReason.GIVEN_UP
        else:
            expected = OutboxState.DELIVERED if domain == HOME else OutboxState.SENT
            assert entry.state is expected, (entry.state, entry.recipient, entry.last_reply)
            assert entry.id not in asked
            unsure = sum(not sure for sure in here)  # what the sink's own answers add on the second leg
            most = handed + (unsure if domain == RELAYED else 0)
            assert 1 <= len(here) <= most, (entry.recipient, said, entry.attempts, here)
            once += len(here) == 1
            if handed == 1 and not (domain == RELAYED and unsure):
                assert len(here) == 1
    assert once > 0.4 * size.letters, "more than half of those delivered need no second copy"
    assert world.held >= size.kills / 3, "the deaths fell while letters were leaving"
    _looked_at(world, size)
    assert world.recorder.verify(world.database).ok


def _copies(world: World) -> dict[str, list[bool]]:
    """By Message-ID, one ``sure`` a copy; each copy has the very bytes of the letter."""
    found: dict[str, list[bool]] = {message_id: [] for message_id in world.written}
    there = [(taken.content, taken.sure, taken.recipient) for taken in world.sink.taken]
    for reader in READERS:
        there += [(raw, True, f"{reader}@{HOME}") for raw in world.home.messages(user=reader)]
    for content, sure, recipient in there:
        message_id = str(unpack(content, content).message.message_id)
        raw = world.written[message_id]
        straight = recipient.endswith(SINK)
        assert content == raw if straight else content.endswith(raw), message_id
        assert world.to[message_id] == recipient
        found[message_id].append(sure)
    return found


def _looked_at(world: World, size: Size) -> None:
    """Every bad behaviour was met, at every verb; a small run may miss a few."""
    wanted = {f"{how} {verb}" for how in ("hang", "defer", "mute") for verb in VERBS}
    missed = (wanted | {"lost END", "half content"}) - set(world.sink.behaved)
    assert len(missed) <= (0 if size.letters >= 1000 else 4), missed
