"""A whole queue as a file, beside the same rows written bare; how long, and how much memory.

``python -m tests.bench.bench_exports [items…]`` prints the table. Ours is the request over HTTP on
loopback, with its rights and its entry in the log; bare is one SQLAlchemy query of the same rows and
columns, given to ``csv`` or to openpyxl's write-only workbook. Each is a process of its own, whose highest
memory is taken; each size is asked three times, and the middle time is told.
"""

from __future__ import annotations

import csv
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from sqlalchemy import select
from sqlmodel import col

from storage.cases import Case, Item
from storage.db import Database
from storage.schema import upgrade
from tests.bench import crowd
from tests.bench.bench_queue import client_of
from tests.bench.table import Table, ratio

SIZES = (1_000, 50_000)
_TURNS = 3
_KINDS = ("csv", "xlsx")

Say = Callable[[str], None]


def run(say: Say, sizes: tuple[int, ...] = SIZES) -> list[Table]:
    """Every size and kind, ours and bare."""
    rows: list[tuple[str, ...]] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            database = Database(_url(folder))
            upgrade(database)
            crowd.fill(database, size)
            database.close()
            say(f"exports: {size} items written")
            idle = _measured(folder, "idle", "csv")
            ours = {kind: _measured(folder, "ours", kind) for kind in _KINDS}
            number = ours["csv"]["rows"]
            for kind in _KINDS:
                bare = _measured(folder, "bare", kind)
                rows.append(
                    (
                        f"{kind} of {number:,.0f} rows",
                        f"{bare['seconds']:.2f}",
                        f"{ours[kind]['seconds']:.2f}",
                        ratio(ours[kind]["seconds"] / bare["seconds"]),
                        f"{ours[kind]['mib'] - idle['mib']:.0f}",
                        f"{bare['mib'] - idle['mib']:.0f}",
                    )
                )
    return [
        Table(
            "Lists as files",
            "The queue of the administrative service exported whole, on SQLite: seconds, and how far the "
            "process grew beyond the same process that only showed a page (MiB).",
            ("", "bare, s", "ours, s", "multiple", "ours, MiB more", "bare, MiB more"),
            tuple(rows),
        )
    ]


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'items.sqlite'}"


def _measured(folder: Path, how: str, kind: str) -> dict[str, float]:
    """``seconds``, ``mib`` at the highest, ``rows`` of the file when it is CSV."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_exports", how, kind, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _child(how: str, kind: str, folder: Path) -> None:
    own = folder / how / kind
    own.mkdir(parents=True)
    shutil.copy(folder / "items.sqlite", own)
    database = Database(_url(own))
    times, number = [], 0
    with client_of(database, own / "house") as client:
        if client.get("/files").status_code != 200:
            raise SystemExit("/files")
        for _ in range(_TURNS if how != "idle" else 1):
            began = time.perf_counter()
            if how == "ours":
                number = _ours(client, kind)
            elif how == "bare":
                number = _bare(database, kind)
            times.append(time.perf_counter() - began)
    database.close()
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": statistics.median(times), "mib": mib, "rows": number}))


def _ours(client: Any, kind: str) -> int:
    with tempfile.TemporaryFile() as kept:
        with client.stream("GET", f"/files/{crowd.QUEUE}/export.{kind}", timeout=600) as answer:
            if answer.status_code != 200:
                raise SystemExit(str(answer.status_code))
            for chunk in answer.iter_bytes():
                kept.write(chunk)
        if kind != "csv":
            return 0
        kept.seek(0)
        return sum(1 for _ in kept) - 1


def _bare(database: Database, kind: str) -> int:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        if kind == "csv":
            writer = csv.writer(file, delimiter=";")
            return sum(1 for row in _rows(database) if writer.writerow(row))
    book = Workbook(write_only=True)
    page = book.create_sheet("Liste")
    for row in _rows(database):
        page.append([v.replace(tzinfo=None) if isinstance(v, datetime) else v for v in row])
    with tempfile.TemporaryFile() as saved:
        book.save(saved)
    return 0


def _rows(database: Database) -> Iterator[list[Any]]:
    statement = (
        select(Item, col(Case.reference), col(Case.patient_name), col(Case.patient_first_names))
        .outerjoin(Case, col(Case.id) == col(Item.case_id))
        .where(col(Item.circuit) == crowd.CIRCUIT, col(Item.queue) == crowd.QUEUE)
        .where(col(Item.state).in_(("new", "taken", "waiting")))
        .order_by(col(Item.created_at).desc(), col(Item.id).desc())
    )
    with database.reading() as session:
        for item, reference, *names in session.execute(statement.execution_options(yield_per=1_000)):
            yield [
                item.id,
                item.created_at,
                item.queue,
                str(item.state),
                item.kind,
                item.title,
                item.sender,
                reference,
                " ".join(name for name in names if name),
                item.next_due,
                item.taken_by,
            ]


def main() -> None:
    if sys.argv[1:2] in (["ours"], ["bare"], ["idle"]):
        _child(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
        return
    sizes = tuple(int(size) for size in sys.argv[1:]) or SIZES
    for table in run(lambda line: print(line, file=sys.stderr), sizes):
        sys.stdout.write(table.markdown() + "\n")


if __name__ == "__main__":
    main()
