"""Many messages in one commit, and none of them harmed by another."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.clock import TurnableClock
from gateway.errors import Unavailable
from gateway.intake.envelope import Envelope
from gateway.intake.ledger import Entry, Ledger
from storage.deliveries import Via
from tests.worlds.reception import ADMINISTRATIVE, Reception


def entry(name: str, clock: TurnableClock, mailbox: str = ADMINISTRATIVE) -> Entry:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return Entry(sha256, 10, (Envelope(Via.SMTP, mailbox, "a@b.example", (mailbox,)),), clock.now())


def test_forty_threads_ten_mails_each_known_once(reception: Reception, clock: TurnableClock) -> None:
    ledger = Ledger(reception.database, reception.recorder, lambda _mailbox: "c")
    with ThreadPoolExecutor(40) as threads:
        duplicates = list(threads.map(lambda n: ledger.register(entry(f"mail {n % 10}", clock)), range(40)))
    assert duplicates.count(False) == 10
    assert len(reception.deliveries()) == 10
    assert len(reception.arrivals()) == 40
    verdict = reception.recorder.verify(reception.database)
    assert verdict.ok
    assert verdict.size == 40


def test_a_poisonous_mail_fails_alone_in_its_group(reception: Reception, clock: TurnableClock) -> None:
    def circuit_of(mailbox: str) -> str:
        if mailbox == "poison@caisse.example":
            raise RuntimeError("poison")
        return "c"

    ledger = Ledger(reception.database, reception.recorder, circuit_of)
    good, bad = entry("good", clock), entry("bad", clock, "poison@caisse.example")
    ledger._commit([good, bad, entry("also good", clock)])
    assert good.done
    assert good.error is None
    assert isinstance(bad.error, Unavailable)
    assert len(reception.deliveries()) == 2
    with pytest.raises(Unavailable, match="il faut le renvoyer"):
        ledger.register(entry("bad", clock, "poison@caisse.example"))
    assert not ledger.register(entry("next", clock))


def test_the_same_mail_twice_in_one_group(reception: Reception, clock: TurnableClock) -> None:
    ledger = Ledger(reception.database, reception.recorder, lambda _mailbox: None)
    first, second = entry("same", clock), entry("same", clock)
    ledger._commit([first, second])
    assert (first.duplicate, second.duplicate) == (False, True)
    assert reception.events(first.sha256) == ["arrival", "duplicate"]
