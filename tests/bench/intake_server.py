"""The listener alone, in a process of its own: ``python -m tests.bench.intake_server FOLDER PORT MAILBOX``.

Everything of decision 1 is on: encrypted vault, fsync of file and folder, SQLite with FULL
synchronisation, evidence. Says ``ready``, then serves until its standard input closes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.clock import SystemClock
from gateway.evidence.record import Recorder
from gateway.intake.accept import Door
from gateway.intake.smtp import SmtpListener
from gateway.settings import Smtp
from storage.db import Database
from storage.keys import KeyRing
from storage.schema import upgrade
from storage.vault import Vault


def main(folder: Path, port: int, mailbox: str) -> None:
    database = Database(f"sqlite:///{folder}/bench.sqlite")
    upgrade(database)
    clock, ring = SystemClock(), KeyRing(folder / "keys")
    recorder = Recorder(clock, ring, folder / "checkpoints")
    settings = Smtp(port=port, max_sessions=1000)
    door = Door(
        database, Vault(folder / "vault", ring), recorder, clock, lambda _mailbox: "c", settings.max_bytes
    )
    listener = SmtpListener(settings, door, [mailbox])
    listener.start()
    print("ready", flush=True)
    sys.stdin.read()
    listener.stop()
    database.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
