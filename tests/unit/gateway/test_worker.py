"""The loops of one instance: what arrives is carried, what was left is found, a failing chore lives on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from gateway import bootstrap
from gateway.worker import Worker
from storage import deliveries
from storage.deliveries import DeliveryState
from tests.builders import mails_others
from tests.worlds.house import Home

pytestmark = pytest.mark.timeout(120)


class _Watch:
    """A chore that rings when so many deliveries rest; it fails at its first turn."""

    def __init__(self, home: Home, wanted: int) -> None:
        self._home = home
        self._wanted = wanted
        self.turns = 0
        self.rung = threading.Event()

    def turn(self) -> None:
        self.turns += 1
        if self.turns == 1:
            raise RuntimeError("a chore fails once")
        with self._home.house.database.reading() as session:
            if deliveries.counts(session)[DeliveryState.SCHEDULED] >= self._wanted:
                self.rung.set()


@pytest.fixture
def working(home: Home) -> Iterator[list[Worker]]:
    """Workers to stop when the test ends."""
    started: list[Worker] = []
    yield started
    for worker in started:
        worker.stop()


def test_what_was_left_and_what_arrives_is_carried(home: Home, working: list[Worker]) -> None:
    left = home.send(mails_others.question(home.desk)).sha256
    home.carry_until(left, DeliveryState.READ)
    watch = _Watch(home, 2)
    worker = Worker(home.house, {"watch": (0.05, watch.turn)})
    working.append(worker)
    worker.start()
    door = bootstrap.door(home.house, worker.wake)
    home.door = door
    arrived = home.send(mails_others.contestation(home.desk)).sha256
    assert watch.rung.wait(60), "the worker did not bring both mails to their end"
    assert watch.turns > 1
    assert {home.delivery(sha256).state for sha256 in (left, arrived)} == {DeliveryState.SCHEDULED}


def test_stopping_seals_the_log_and_leaves_no_thread(sqlite_home: Home) -> None:
    before = set(threading.enumerate())
    worker = Worker(sqlite_home.house, {})
    worker.start()
    sqlite_home.send(mails_others.question(sqlite_home.desk))
    worker.stop()
    ours = {t.name for t in set(threading.enumerate()) - before}
    assert not ours & {"feeder", "heartbeat", "checkpoint"}
    notes = list((sqlite_home.root / "var" / "checkpoints").glob("*.notes"))
    assert notes
    assert sqlite_home.house.recorder.verify(sqlite_home.house.database).ok
