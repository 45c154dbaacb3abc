"""Four processes that append to one log, and die in the middle: killed at random, replaced at once.

``python -m tests.worlds.scribes URL FOLDER KILLS SEED`` imports once, forks writers, and kills one after a
random moment, or all four, as many times as asked; it ends when the last ones are dead. Each transaction of
a writer makes one change and the event that tells it; one of them also seals the log now and then.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import traceback
from pathlib import Path

from sqlmodel import col, update

from gateway.clock import SystemClock
from gateway.evidence.record import Kind, Recorder
from storage.db import Database
from storage.keys import KeyRing
from storage.people import Person

WRITERS = 4
LONGEST = 0.05
"""Seconds between two deaths, at most."""
_PATIENCE = 60.0
"""Seconds a writer may take to its first commit, on a machine that does much else."""
_ALL = 12
"""One death in so many takes all four."""


class Scribe:
    """One writer, as its parent sees it. ``told`` can be read once it has committed something."""

    def __init__(self, rooms: tuple[Database, Recorder], name: str, *, seals: bool) -> None:
        self.told, heard = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(heard)
            return
        try:
            _write(*rooms, name, heard, seals=seals)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(1)

    def kill(self) -> bool:
        """SIGKILL; whether that is what it died of."""
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.told)
        return os.WIFSIGNALED(os.waitpid(self.pid, 0)[1])


def _write(database: Database, recorder: Recorder, name: str, heard: int, *, seals: bool) -> None:
    """Append until killed: accounts made, accounts changed, each with its event."""
    number = 0
    while True:
        login = f"{name}-{number}"
        with database.transaction() as session:
            session.add(Person(login=login, name="x", password_hash="x", roles=[]))
            recorder.add(session, Kind.PERSON, f"person:{login}", action="account-created")
        if number == 0:
            os.write(heard, b".")
        for _change in range(number % 3):
            with database.transaction() as session:
                more = update(Person).where(col(Person.login) == login)
                session.exec(more.values(failures=col(Person.failures) + 1))
                recorder.add(session, Kind.LOGIN, f"person:{login}", state="refused")
        if seals and number % 5 == 0:
            recorder.checkpoint(database)
        number += 1


def main(url: str, folder: Path, kills: int, seed: int) -> int:
    """Returns how many writers ended by themselves: none should."""
    chance = random.Random(seed)
    database = Database(url)
    recorder = Recorder(SystemClock(), KeyRing(folder / "keys"), folder / "checkpoints")
    recorder.checkpoint(database)  # what is compiled and read once is so for every writer
    births = alone = 0
    living: list[Scribe] = []
    for death in range(kills):
        while len(living) < WRITERS:
            births += 1
            database.close()  # no connection crosses a fork
            living.append(Scribe((database, recorder), f"{births}", seals=births % WRITERS == 1))
        chance.shuffle(living)
        select.select([living[0].told], [], [], _PATIENCE)
        select.select([], [], [], chance.uniform(0.0, LONGEST))
        doomed = living[:] if death % _ALL == 0 else living[:1]
        for scribe in doomed:
            alone += not scribe.kill()
            living.remove(scribe)
    return alone + sum(not scribe.kill() for scribe in living)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
