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


def head(each: int, digital: int, seconds: float, papers: int, load: float) -> str:
    at = datetime.now(UTC)
    cores = os.cpu_count() or 1
    disturbed = load > cores / 2
    return (
        "# Accuracy of reading\n\n"
        "Written by `make bench-reading` (`.venv/bin/python -m tests.bench.bench_reading`); every figure "
        "is of that one run, on papers built by `tests/builders` with a seed that no template, rule or "
        "test uses: three fonts, three layouts of the same labels, every quality in turn.\n\n"
        f"- date: {at:%Y-%m-%d %H:%M} UTC\n"
        f"- {papers} papers (seed {SEED}; {each} a font, layout and scan quality, {digital} without OCR), "
        f"read in {seconds:.0f} s on {cores} cores, {platform.machine()}\n"
        f"- command: `.venv/bin/python -m tests.bench.bench_reading --each {each} --digital {digital}`\n"
        f"- load average when it began: {load:.1f}"
        f"{', others were at work: the times are to be taken again' if disturbed else ''}\n"
        "- a smaller run: `--quick`; a larger one: `--each 10 --digital 20`\n\n"
        "The forms are **reconstructed** (their templates say so) and the scans are made by a program: "
        "these figures say how well the reading holds on invented paper, not on the hospital's. Only real "
        "papers, read by people, would tell that.\n"
    )


LIMITS = """## What limits, and what would lift it

* **An accent, a capital or a blank the engine does not see** (`Zighoud` read `zighoud`, `CNAS Agence` read
  `CNASAgence`): running text only, which is never said with confidence 0.9. A French recognition model, or
  the directory of towns and hospitals as a dictionary, would lift it. A diaeresis that French always writes
  (`Béjaïa`) is put back.
* **Combs on a fax**: a hairline of grey becomes dots in black and white. The cells are found by their
  period between two dotted rules (`parsers/grids.py`, `parsers/hairlines.py`); large type is told from them
  by the ink that touches the rules. What still fails is an end cell of which neither rule nor wall is left,
  and a wall left inside a cell, read « 1 ». The number of cells as data of the template, once the official
  print is known, would lift it. What is read in such a comb is less sure.
* **Combs of fewer than four cells** (the copy's number) are read as running text.
* **Handwriting** in boxes 4 and 5 is read by an engine trained on print, and never said with more than 0.8;
  the set has none, since a program cannot write as a hand does. The same holds for a pen across the text, a
  crease and a carbon copy. Papers of the hospitals would tell.
* **A quote or a report worded in another way** than the rules' cues is « other »: kept, medical in doubt,
  seen by a person. Cues are data of the circuit; corrected documents would say which to add.
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
    load = os.getloadavg()[0]
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
    text = "\n".join([head(each, digital, spent, len(todo), load), *(t.markdown() for t in tables), LIMITS])
    out = asked.out or (_FILE if whole else None)
    if out is None:
        print("\n".join(t.markdown() for t in tables))
    else:
        out.write_text(text, "utf-8")
        say(f"written: {out}")
    return verdict(outcomes, say)


def verdict(outcomes: Sequence[Outcome], say: Say) -> int:
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
