"""Accuracy of reading on papers nobody tuned on: ``python -m tests.bench.bench_reading [--quick]``.

Writes ``docs/accuracy.md`` with the figures of this run and no others, whatever they are.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.reading_model import model_table
from tests.bench.reading_others import arrivals, kinds
from tests.bench.reading_run import Outcome, judge_all
from tests.bench.reading_set import SEED, TARGETS, cases
from tests.bench.reading_tables import (
    calibration_table,
    dumped,
    fields_table,
    signatures_table,
    silently_wrong,
    types_table,
)
from tests.bench.reading_times import times_table

_FILE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
Say = Callable[[str], None]


def head(each: int, digital: int, seconds: float, papers: int) -> str:
    at = datetime.now(UTC)
    return (
        "# Accuracy of reading\n\n"
        "Written by `make bench-reading` (`.venv/bin/python -m tests.bench.bench_reading`); every figure "
        "is of that one run, on papers built by `tests/builders` with a seed that no template, rule or "
        "test uses: three fonts, three layouts of the same labels, every quality in turn.\n\n"
        f"- date: {at:%Y-%m-%d %H:%M} UTC\n"
        f"- {papers} papers (seed {SEED}; {each} a font, layout and scan quality, {digital} without OCR), "
        f"read in {seconds:.0f} s on {os.cpu_count()} shared cores, {platform.machine()}\n"
        "- a smaller run: `--quick`; a larger one: `--each 10 --digital 20`\n\n"
        "The forms are **reconstructed** (their templates say so) and the scans are made by a program: "
        "these figures say how well the reading holds on invented paper, not on the hospital's. Only real "
        "papers, read by people, would tell that.\n"
    )


LIMITS = """## What limits, and what would lift it

* **An accent or a capital the engine does not see** (`Zighoud` read `zighoud`): it touches running text
  only, which is never said with confidence 0.9. A French recognition model, or the directory of towns and
  hospitals as a dictionary, would lift it. A diaeresis that French always writes (`Béjaïa`) is put back.
* **Combs on a fax**: a hairline of grey becomes dots in black and white. The cells are found by their
  period between two dotted rules (`parsers/grids.py`). What still fails is a first or last cell that left
  no dot, two combs of one row taken for one, and a wall left in an empty cell, read « I ». Reading each
  comb with a second engine, and the number of cells as data of the template, would lift it. What is read
  in such a comb is less sure. Type of 18 points and more on a fax may still be taken for a comb.
* **HEIC** is refused with a sentence for the sender; a decoder would lift it.
* **A form of text** is drawn to judge its signatures: drawing and looking at the ink cost more than
  reading. Drawing only the place of a signature would lift it.
* **A scan** is judged and searched for combs, corners and skew beside the engine. These steps have not been
  timed one by one; a figure taken on a loaded machine is to be taken again.
* **A pen across the text, a crease, a carbon copy, real handwriting** are not in this set at all.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    parser = argparse.ArgumentParser(prog="bench_reading", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one paper a font, layout and quality")
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--digital", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=SEED, help="another set: never tune on the default")
    parser.add_argument("--only", action="append", default=[], choices=tuple(TARGETS), help="these sources")
    parser.add_argument("--dump", type=Path, help="every miss, a line of JSON each")
    parser.add_argument("--out", type=Path, help=f"default: {_FILE}; none with --seed or --only")
    asked = parser.parse_args(arguments)
    each, digital = (1, 6) if asked.quick else (asked.each, asked.digital)
    todo = list(cases(each, digital, asked.seed, asked.only))
    start = time.perf_counter()
    outcomes = judge_all(todo, asked.workers, say)
    spent = time.perf_counter() - start
    if asked.dump is not None:
        asked.dump.write_text(dumped(outcomes), "utf-8")
    tables = [
        fields_table(outcomes),
        types_table(outcomes),
        signatures_table(outcomes),
        calibration_table(outcomes),
    ]
    whole = asked.seed == SEED and not asked.only
    if whole:
        tables += [kinds(outcomes, each, say), model_table(say), arrivals(say), times_table(say)]
    text = "\n".join([head(each, digital, spent, len(todo)), *(t.markdown() for t in tables), LIMITS])
    out = asked.out or (_FILE if whole else None)
    if out is None:
        print("\n".join(t.markdown() for t in tables))
    else:
        out.write_text(text, "utf-8")
        say(f"written: {out}")
    return _verdict(outcomes, say)


def _verdict(outcomes: Sequence[Outcome], say: Say) -> int:
    """1 when a date or an amount was wrong and nobody told: the one miss that cannot be lived with."""
    silent = silently_wrong(outcomes)
    for outcome, seen in silent:
        say(
            f"reading: SILENTLY WRONG: {seen.name} of paper {outcome.case.number} ({outcome.case.source}), "
            f"confidence {seen.confidence:.2f}, no note"
        )
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
