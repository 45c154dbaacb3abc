"""What runs between mails: feeding the engine, sending letters, sweeping deadlines, sealing the log.

Each loop wakes on its own period, works, and when something fails says so in the log and waits for its
next turn: a database that goes away and comes back needs nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway import flow, log
from gateway.engine import Engine
from gateway.house import House
from storage import deliveries, executors, outbox
from storage.wal import prepare_wal

_FEED_SECONDS = 5.0
_SEAL_SECONDS = 60.0


class Worker:
    """The loops of one instance. ``start`` then ``stop``; ``wake`` when a delivery has arrived."""

    def __init__(self, house: House, chores: dict[str, tuple[float, Callable[[], object]]]) -> None:
        self._house = house
        engine = house.settings.engine
        prepare_wal(house.settings.engine_url)
        self._engine = Engine(
            house.settings.engine_url,
            engine.executor,
            engine.workers,
            lambda sha256: str(flow.run_to_rest(house, sha256)),
            [str(state) for state in flow.REST],
        )
        self._stopping = threading.Event()
        self._hungry = threading.Event()
        self._threads: list[threading.Thread] = []
        self._chores = chores

    def start(self) -> None:
        """Recover interrupted work, then take new work."""
        with self._house.database.transaction() as session:
            # those of this instance's former life: whether they left is not known
            outbox.free_leases(session, self._engine.executor, self._again_at())
        self._engine.start()
        self._beat()
        self._loop("feeder", _FEED_SECONDS, self._feed, self._hungry)
        self._loop("heartbeat", self._house.settings.engine.heartbeat_seconds, self._beat)
        self._loop("checkpoint", _SEAL_SECONDS, self._seal)
        for name, (period, chore) in self._chores.items():
            self._loop(name, period, chore)
        log.started("worker", executor=self._engine.executor)

    def wake(self, _sha256: str) -> None:
        """A delivery has become durable: feed the engine now rather than at the next turn."""
        self._hungry.set()

    def stop(self) -> None:
        """Stop every loop, then the engine; interrupted jobs are recovered at the next start."""
        self._stopping.set()
        self._hungry.set()
        for thread in self._threads:
            thread.join(timeout=10)
        self._engine.stop()
        with self._house.database.transaction() as session:
            executors.forget(session, self._engine.executor)
        self._seal()
        log.stopped("worker")

    def _loop(
        self,
        name: str,
        period: float,
        chore: Callable[[], object],
        bell: threading.Event | None = None,
    ) -> None:
        signal = bell or self._stopping

        def turn() -> None:
            while not self._stopping.is_set():
                if bell is not None:
                    bell.clear()
                try:
                    chore()
                except Exception:  # noqa: BLE001 - a loop outlives whatever its chore meets
                    log.loop_failed(name)
                signal.wait(period)

        thread = threading.Thread(target=turn, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _feed(self) -> None:
        """Give the engine every unfinished delivery that nobody carries."""
        with self._house.database.reading() as session:
            waiting = deliveries.unfinished(session)
        for sha256 in waiting:
            if not self._engine.is_under_way(sha256):
                self._engine.submit(sha256, self._engine.attempts(sha256))

    def _beat(self) -> None:
        house = self._house
        now = house.clock.now()
        with house.database.transaction() as session:
            executors.beat(session, self._engine.executor, now)
            dead = executors.silent_since(
                session, now - timedelta(seconds=house.settings.engine.takeover_seconds)
            )
        for executor in dead:
            log.taken_over(executor, self._engine.take_over(executor))
            with house.database.transaction() as session:
                outbox.free_leases(session, executor, self._again_at())
                executors.forget(session, executor)

    def _again_at(self) -> datetime:
        house = self._house
        return house.clock.now() + timedelta(seconds=house.settings.outgoing.unanswered_seconds)

    def _seal(self) -> None:
        self._house.recorder.checkpoint(self._house.database)
