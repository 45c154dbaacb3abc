"""The sending of letters as a process of its own, that can be killed and born again a hundred times.

``python -m tests.worlds.postroom SETTINGS`` (a JSON file) is the mother. A life is the real ``Dispatcher``
and ``Smarthost`` on the real database and vault, in several lanes, by domain of the recipient; the own
account of each attempt (what the server's answer meant) is appended to a journal before the outcome is
written in the database: the test compares the three.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gateway.clock import Clock, SystemClock
from gateway.evidence.record import Recorder
from gateway.outbound.dispatch import Dispatcher, Patience
from gateway.outbound.send import SendError, Sent, Smarthost
from gateway.settings import Outgoing
from storage import outbox
from storage.db import Database
from storage.keys import KeyRing
from storage.vault import Vault
from tests.worlds.lives import Lives, Tell, mother

EXECUTOR = "facteur"
QUICK = Patience(
    first=timedelta(milliseconds=50),
    ceiling=timedelta(milliseconds=400),
    give_up_after=timedelta(hours=72),
    lease=timedelta(minutes=5),
    unanswered=timedelta(0),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where things are, and which port each domain goes to (time-outs beside it)."""

    database: str
    folder: str
    lanes: int
    routes: dict[str, tuple[int, float]]

    @property
    def journal(self) -> Path:
        return Path(self.folder) / "journal"

    def dispatcher(self, database: Database, clock: Clock) -> Dispatcher:
        folder = Path(self.folder)
        ring = KeyRing(folder / "keys")
        return Dispatcher(
            database,
            Vault(folder / "vault", ring),
            Recorder(clock, ring, folder / "checkpoints"),
            clock,
            Routes(self),
            random=random.SystemRandom().random,
            patience=QUICK,
            owner=EXECUTOR,
        )


class Routes:
    """One attempt, by the server of the recipient's domain; its account in the journal."""

    def __init__(self, desk: Desk) -> None:
        self._servers = {
            domain: Smarthost(
                Outgoing.model_validate(
                    {
                        "port": port,
                        "starttls": "never",
                        "reply_seconds": seconds,
                        "final_seconds": seconds,
                        "attempt_seconds": 10 * seconds,
                    }
                )
            )
            for domain, (port, seconds) in desk.routes.items()
        }
        self._journal = os.open(desk.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __call__(self, raw: bytes, sender: str, recipient: str, envid: str) -> Sent:
        server = self._servers[recipient.rpartition("@")[2]]
        try:
            sent = server.send(raw, sender, recipient, envid)
        except SendError as error:
            self._tell(envid, type(error).__name__)
            raise
        self._tell(envid, "Sent")
        return sent

    def _tell(self, envid: str, outcome: str) -> None:
        os.write(self._journal, f"{envid} {outcome}\n".encode())


class Postroom(Lives):
    """The test's side."""

    def __init__(self, settings: Path) -> None:
        super().__init__("tests.worlds.postroom", settings)

    def birth(self) -> int:
        """Start a life; its process id."""
        return self.begin()[0]


def _live(desk: Desk) -> None:
    """One life: take back what the former one held, then send until killed."""
    database, clock = Database(desk.database), SystemClock()
    with database.transaction() as session:
        outbox.free_leases(session, EXECUTOR)
    dispatcher, pause = desk.dispatcher(database, clock), threading.Event()

    def lane() -> None:
        while True:
            if not dispatcher.once(20):
                pause.wait(0.02)

    for _ in range(desk.lanes):
        threading.Thread(target=lane, daemon=True).start()
    signal.pause()


def main(settings: Path) -> None:
    told = json.loads(settings.read_text("utf-8"))
    desk = Desk(**told | {"routes": {d: (p, s) for d, (p, s) in told["routes"].items()}})

    def live(tell: Tell) -> None:
        tell("born")  # at once: death may come before the first letter
        _live(desk)

    mother(live)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
