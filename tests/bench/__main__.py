"""``make bench``: every measurement, then ``docs/performance.md`` with the figures of this run alone.

``python -m tests.bench [part…]`` runs some parts (``intake``, ``journey``, ``memory``) and prints them:
the file is written when all of them ran.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import bench_intake, bench_journey, bench_memory

_FILE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"

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


PARTS: dict[str, Callable[[Say], str]] = {"intake": intake, "journey": journey, "memory": memory}


def head() -> str:
    """Where and when, and how to do it again."""
    at = datetime.now(UTC)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        "# Performance\n\n"
        "Written by `make bench`; every figure below is of that one run. Ratios are between two programs "
        "that took turns on the same machine, and mean more than times.\n\n"
        f"- date: {at:%Y-%m-%d %H:%M} UTC\n"
        f"- machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}; load average when "
        f"it began (1, 5, 15 minutes): {load}\n"
        f"- Python {platform.python_version()}\n"
        "- again: `make bench` (some parts only, printed: `.venv/bin/python -m tests.bench journey`)\n"
    )


def main(names: list[str]) -> int:
    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    unknown = [name for name in names if name not in PARTS]
    if unknown:
        say(f"parts are {', '.join(PARTS)}")
        return 2
    begun = head()
    sections = [part(say) for name, part in PARTS.items() if not names or name in names]
    if names:
        sys.stdout.write("\n".join(sections))
        return 0
    _FILE.write_text("\n".join([begun, *sections]), "utf-8")
    say(f"written: {_FILE.relative_to(Path.cwd()) if _FILE.is_relative_to(Path.cwd()) else _FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
