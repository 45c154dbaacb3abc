"""``make bench``: every measurement, written to ``docs/performance.md``, each part with its day and load.

``python -m tests.bench [part…]`` measures some parts again and leaves the others as they stand.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import bench_exports, bench_intake, bench_journey, bench_log, bench_memory, bench_queue
from tests.bench.reading_times import times_table

_FILE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
_HEAD = (
    "# Performance\n\n"
    "Written by `make bench`, or part by part by `.venv/bin/python -m tests.bench PART` "
    "(`{parts}`). Each part is of one run, whose day and load it says. Ratios are between two programs "
    "that took turns on the same machine, and mean more than times.\n"
)
_INTAKE_LIMIT = (
    "What limits it: one Python process does in turn what Postfix spreads over several, and a message "
    "waits for the fsync of its file, that of its folder and a commit of the database where Postfix waits "
    "for its queue file alone; on small messages nothing else is left. What would lift it: several "
    "listening processes on one port, and an append-only segment instead of a new file for each small "
    "message."
)

Say = Callable[[str], None]


def intake(say: Say) -> str:
    """The accept rate beside Postfix."""
    say("intake: every load on Postfix and on us, turn by turn")
    rows = bench_intake.run()
    if not rows:
        return "## Accept rate beside Postfix\n\nNot measured in this run: Postfix cannot run here.\n"
    missed = [r for r in rows if r.ratio < r.target]
    verdict = (
        "Every target is reached."
        if not missed
        else f"Below its target: {len(missed)} of {len(rows)} loads.\n\n{_INTAKE_LIMIT}"
    )
    return (
        "## Accept rate beside Postfix\n\n"
        "Everything of decision 1 (encryption at rest, fsync of file and folder, row and evidence "
        "committed) before each `250`, beside Postfix receiving the same load by `smtp-source`, in turns; "
        "medians.\n\n"
        f"{bench_intake.table(rows)}\n\n{verdict}\n"
    )


def journey(say: Say) -> str:
    """The journey beside the bare sum, and the engine."""
    return "\n".join(table.markdown() for table in bench_journey.run(say))


def memory(say: Say) -> str:
    """Memory of the serving process."""
    return "\n".join(table.markdown() for table in bench_memory.run(say))


def reading(say: Say) -> str:
    """What reading a page costs beside the bare libraries."""
    return times_table(say).markdown()


def queue(say: Say) -> str:
    """Pages of the queues and search, from a thousand items to a million."""
    return "\n".join(table.markdown() for table in bench_queue.run(say))


def exports(say: Say) -> str:
    """Lists as files."""
    return "\n".join(table.markdown() for table in bench_exports.run(say))


def log(say: Say) -> str:
    """The whole log verified."""
    return "\n".join(table.markdown() for table in bench_log.run(say))


PARTS: dict[str, Callable[[Say], str]] = {
    "intake": intake,
    "journey": journey,
    "memory": memory,
    "reading": reading,
    "queue": queue,
    "exports": exports,
    "log": log,
}


def measured(name: str, say: Say) -> str:
    """One part, with where and when."""
    at = datetime.now(UTC)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    where = (
        f"*{at:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}; load average when it began (1, 5, 15 minutes): {load}.*"
    )
    title, _, rest = PARTS[name](say).partition("\n")
    return f"{title}\n\n{where}\n{rest}"


def merged(page: str, parts: dict[str, str]) -> str:
    """``page`` with these parts in the place of theirs, in the order of ``PARTS``."""
    found = re.findall(r"<!-- (\w+) -->\n(.*?)<!-- end -->", page, re.DOTALL)
    kept = {name: text for name, text in found if name in PARTS} | parts
    sections = [f"<!-- {name} -->\n{kept[name].rstrip()}\n<!-- end -->\n" for name in PARTS if name in kept]
    return "\n".join([_HEAD.format(parts="`, `".join(PARTS)), *sections])


def main(names: list[str]) -> int:
    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    unknown = [name for name in names if name not in PARTS]
    if unknown:
        say(f"parts are {', '.join(PARTS)}")
        return 2
    for name in names or PARTS:
        part = measured(name, say)
        before = _FILE.read_text("utf-8") if _FILE.is_file() else ""
        _FILE.write_text(merged(before, {name: part}), "utf-8")
        say(f"{name}: written to docs/{_FILE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
