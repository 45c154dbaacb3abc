"""The nightly run: ``python -m tests.fuzz [--inputs N] [TARGET ...]``, one parser after the other.

Each parser runs in a process of its own with the memory of a limited child, and an input that takes longer
than a limited child may is stopped. What was run goes to ``docs/fuzzing.md``; an input that surprised is
kept under ``var/fuzz`` and the run ends with an error.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import date

from tests.fuzz import report
from tests.fuzz.run import run
from tests.fuzz.targets import BY_NAME


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="inputs a parser")
    parser.add_argument("--on", type=date.fromisoformat, required=True, help="the day, for the report")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    asked = parser.parse_args()
    failed = False
    for name in asked.targets or BY_NAME:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            found = pool.submit(run, name, asked.inputs).result()
        print(json.dumps(found), flush=True)
        report.note(found, asked.on)
        failed = failed or bool(found["surprises"])
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
