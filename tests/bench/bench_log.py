"""The whole log verified, beside the same bytes read and hashed by nothing but the standard library.

``python -m tests.bench.bench_log [entries…]`` prints the table. The log is written by the verbs of the
product, a mail's opening an entry, with a signed checkpoint for every batch; each verification is a new
process, whose own time and highest memory are taken.
"""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from gateway.clock import TurnableClock
from gateway.evidence.record import Kind, Recorder
from storage.db import Database
from storage.keys import KeyRing
from storage.schema import upgrade
from tests.bench.table import Table, ratio

SIZES = (100_000, 1_000_000)
_BATCH = 5_000
_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_TARGET_SECONDS = 60

Say = Callable[[str], None]


def run(say: Say, sizes: tuple[int, ...] = SIZES) -> list[Table]:
    """Write a log of each size, verify it in a process of its own, read it bare in another."""
    rows: list[tuple[str, ...]] = []
    worst = 0.0
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            _write(Path(name), size)
            say(f"log: {size} entries written")
            bare = _measured(Path(name), "bare")
            ours = _measured(Path(name), "verify")
        worst = ours[0]
        rows.append(
            (
                f"{size:,}",
                f"{bare[0]:.1f}",
                f"{ours[0]:.1f}",
                ratio(ours[0] / bare[0]),
                f"{bare[1]:.0f}",
                f"{ours[1]:.0f}",
            )
        )
        say(f"log: {size} entries verified in {ours[0]:.1f} s")
    verdict = "Reached" if worst < _TARGET_SECONDS else "Not reached"
    return [
        Table(
            "The whole log verified",
            "SQLite; seconds of one process, and the highest resident memory (MiB). Bare: the sealed "
            "records read in order by one query and hashed by `hashlib`: no tree, no checkpoint, no value "
            "compared with its commitment.",
            ("entries", "bare, s", "verify, s", "multiple", "bare, MiB", "verify, MiB"),
            tuple(rows),
            (f"Target: {sizes[-1]:,} entries in less than {_TARGET_SECONDS} s, memory flat. {verdict}.",),
        )
    ]


def _write(folder: Path, size: int) -> None:
    ring = KeyRing(folder / "keys")
    clock = TurnableClock(_AT)
    recorder = Recorder(clock, ring, folder / "checkpoints")
    database = Database(f"sqlite:///{folder / 'log.sqlite'}")
    upgrade(database)
    for first in range(0, size, _BATCH):
        with database.transaction() as session:
            recorder.add_all(
                session,
                [
                    (Kind.ACCESS, f"document:{n % 9973}", {"person": f"agent-{n % 90}", "page": n % 40})
                    for n in range(first, min(first + _BATCH, size))
                ],
            )
        clock.turn(timedelta(minutes=1))
        recorder.checkpoint(database)
    database.close()


def _measured(folder: Path, how: str) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_log", how, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    told = json.loads(done.stdout)
    return float(told["seconds"]), float(told["mib"])


def _verify(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'log.sqlite'}")
    recorder = Recorder(TurnableClock(_AT), KeyRing(folder / "keys"), folder / "checkpoints")
    verdict = recorder.verify(database)
    database.close()
    if not verdict.ok:
        raise SystemExit(verdict.reason)


def _bare(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'log.sqlite'}")
    with database.engine.connect() as connection:
        rows = connection.execution_options(stream_results=True).execute(
            text("SELECT body FROM audit_events ORDER BY position")
        )
        for (body,) in rows:
            hashlib.sha256(body).digest()
    database.close()


def _child(how: str, folder: Path) -> None:
    began = time.perf_counter()
    {"verify": _verify, "bare": _bare}[how](folder)
    seconds = time.perf_counter() - began
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "mib": mib}))


def main() -> None:
    if sys.argv[1:2] in (["verify"], ["bare"]):
        _child(sys.argv[1], Path(sys.argv[2]))
        return
    sizes = tuple(int(size) for size in sys.argv[1:]) or SIZES
    for table in run(lambda line: print(line, file=sys.stderr), sizes):
        sys.stdout.write(table.markdown() + "\n")


if __name__ == "__main__":
    main()
