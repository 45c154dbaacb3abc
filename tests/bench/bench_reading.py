"""Accuracy of reading on papers nobody tuned on: ``python -m tests.bench.bench_reading [--quick]``.

Writes ``docs/accuracy.md`` with the figures of this run and no others, whatever they are.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from pypdf import PdfReader

from parsers import documents, reading
from parsers.facts import Bitmap, Page
from parsers.forms.template import FieldType
from parsers.layout import Recognised
from tests.bench.reading_others import arrivals, kinds
from tests.bench.reading_run import WATCHED, Outcome, Seen, circuit_rules, engine, interpreted, judge_all
from tests.bench.reading_set import DIGITAL, LAYOUTS, SEED, TARGETS, Case, build, cases
from tests.bench.table import Table, ratio
from tests.builders import reports

_FILE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
Say = Callable[[str], None]


def share(right: int, count: int) -> str:
    return f"{100 * right / count:.2f} % of {count}" if count else "none"


def _met(reached: bool) -> str:
    return "Reached." if reached else "Missed."


def _of(fields: Iterable[Seen]) -> str:
    seen = list(fields)
    return share(sum(s.right for s in seen), len(seen))


def fields_table(outcomes: Sequence[Outcome]) -> Table:
    """Field accuracy per source and layout."""
    rows = []
    for source, target in TARGETS.items():
        mine = [o for o in outcomes if o.case.source == source]
        seen = [s for o in mine for s in o.fields]
        if not seen:
            continue
        per_layout = [
            _of(s for o in mine if o.case.layout == layout for s in o.fields) for layout in LAYOUTS
        ]
        per_layout = per_layout if source not in DIGITAL[:3] else ["", "", ""]
        right = sum(s.right for s in seen) / len(seen)
        rows.append(
            (
                source,
                str(len(mine)),
                _of(seen),
                share(sum(s.close for s in seen), len(seen)),
                *per_layout,
                f"{100 * target:.1f} %",
                "reached" if right >= target else "**missed**",
            )
        )
    return Table(
        "Fields",
        "A field is right when its normalised value is the one written, exactly (names compare in capitals "
        "without accents because that is their normalised form; running text keeps its accents). A value "
        "read where nothing is written counts as wrong. « Accents aside »: the same after folding case, "
        "accents and punctuation of running text too.",
        ("source", "papers", "fields right", "accents aside", *LAYOUTS, "target", ""),
        tuple(rows),
    )


def types_table(outcomes: Sequence[Outcome]) -> Table:
    """Where the misses are, on scans."""
    seen = [s for o in outcomes if o.case.source not in DIGITAL for s in o.fields]
    rows = []
    for kind in FieldType:
        mine = [s for s in seen if s.type is kind]
        if mine:
            wrong = [s for s in mine if not s.right]
            rows.append(
                (
                    str(kind),
                    _of(mine),
                    str(sum(s.got is None for s in wrong)),
                    str(sum(s.got is not None and s.close for s in wrong)),
                    str(sum(s.got is not None and not s.close and not s.invented for s in wrong)),
                    str(sum(s.invented for s in wrong)),
                )
            )
    return Table(
        "Misses on scans, by type",
        "All scan qualities together.",
        ("type", "right", "not read", "accent or case", "another value", "read where nothing is"),
        tuple(rows),
    )


def signatures_table(outcomes: Sequence[Outcome]) -> Table:
    rows = []
    for source in TARGETS:
        seen = [s for o in outcomes if o.case.source == source for s in o.signatures]
        unsure = sum(s.got in {None, "illegible"} for s in seen)
        wrong = [s for s in seen if not s.right and s.got not in {None, "illegible"}]
        if seen:
            rows.append((source, _of(seen), str(unsure), str(len(wrong))))
    every = [s for o in outcomes for s in o.signatures]
    right = sum(s.right for s in every) / max(len(every), 1)
    return Table(
        "Signatures",
        "Signed and unsigned boxes, stamped or not; « unsure »: illegible or no verdict, a person looks.",
        ("source", "verdicts right", "unsure", "wrong"),
        (*rows, ("all", _of(every), "", "")),
        (f"Target: 99 %. {_met(right >= 0.99)}",),
    )


def calibration_table(outcomes: Sequence[Outcome]) -> Table:
    """Of what is said with confidence, how much is right."""
    rows = []
    for low, high in ((0.9, 1.01), (0.8, 0.9), (0.5, 0.8), (0.0, 0.5)):
        row = [f"{low:.1f} to {min(high, 1.0):.1f}"]
        for optical in (False, True):
            seen = [
                s
                for o in outcomes
                if (o.case.source not in DIGITAL) == optical
                for s in (*o.fields, *o.signatures)
                if s.got is not None and low <= s.confidence < high
            ]
            row.append(_of(seen))
        rows.append(tuple(row))
    every = [(o, s) for o in outcomes for s in (*o.fields, *o.signatures)]
    sure = [s for _, s in every if s.got is not None and s.confidence >= 0.9]
    silent = [
        (o, s)
        for o, s in every
        if s.name in WATCHED and s.confidence >= 0.9 and s.got is not None and not s.right and not s.noted
    ]
    right = sum(s.right for s in sure) / max(len(sure), 1)
    told = "".join(f"; {s.name} in paper {o.case.number} ({o.case.source})" for o, s in silent)
    return Table(
        "Calibration",
        "How often a value is right, by the confidence it was given.",
        ("confidence", "without OCR", "scans"),
        tuple(rows),
        (
            f"Target: 99.5 % right at 0.9 or more. Measured: {_of(sure)}. {_met(right >= 0.995)}",
            (
                "Target: no wrong start, end, amount or birth date at 0.9 or more without a note. "
                f"Measured: {len(silent)}{told}."
            ),
        ),
    )


def times_table(say: Say, rounds: int = 4) -> Table:
    """What ours costs beside the bare library on the same page, in turns, one thread."""
    say("reading: times")
    _, templates = circuit_rules()
    scan: list[float] = []
    for number in range(rounds):
        case = Case(
            90_000 + number, "200 dpi, skewed, stamped, noisy", "table", "Helvetica", "se352-301", True
        )
        paper = build(case, templates["se352-301"])
        bitmap = documents.render(paper.content, paper.media_type, 1, reading.DPI)
        grey = np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height, bitmap.width)
        image = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
        start = time.perf_counter()
        engine()._rapid(image)
        middle = time.perf_counter()
        interpreted(paper.content, paper.media_type, engine().read)
        scan.append((time.perf_counter() - middle) / (middle - start))
    report = reports.medical_report(seed=SEED, pages=3)
    form = build(Case(91_000, "text layer", "flat", "Helvetica", "se352-301", True), templates["se352-301"])
    rows = [("scanned form, 200 dpi, beside RapidOCR alone", ratio(statistics.median(scan)), "1.25")]
    for name, content in (("report of 3 text pages", report), ("form of one text page", form.content)):
        ours: list[float] = []
        bare: list[float] = []
        for _ in range(15):
            start = time.perf_counter()
            _bare_text(content)
            middle = time.perf_counter()
            interpreted(content, documents.PDF, _no_ocr)
            ours.append(time.perf_counter() - middle)
            bare.append(middle - start)
        rows.append(
            (
                f"{name}, beside pypdf text extraction alone",
                ratio(statistics.median(ours) / statistics.median(bare)),
                "3.00",
            )
        )
    return Table(
        "Time",
        "Inspect, render, recognise, classify, extract and judge the ink, beside the bare library on the "
        "same page, in the same process, in turns; medians. The form of text is drawn too: its signatures "
        "are judged on its image.",
        ("", "multiple", "target"),
        tuple(rows),
    )


def _bare_text(content: bytes) -> int:
    return sum(len(page.extract_text()) for page in PdfReader(_stream(content)).pages)


def _stream(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)


def _no_ocr(_bitmap: Bitmap, page: Page) -> Recognised:
    raise RuntimeError(f"page {page.number} has text")


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
    parser.add_argument("--out", type=Path, default=_FILE)
    asked = parser.parse_args(arguments)
    each, digital = (1, 6) if asked.quick else (asked.each, asked.digital)
    todo = list(cases(each, digital))
    start = time.perf_counter()
    outcomes = judge_all(todo, asked.workers, say)
    spent = time.perf_counter() - start
    tables = [
        fields_table(outcomes),
        types_table(outcomes),
        signatures_table(outcomes),
        calibration_table(outcomes),
        kinds(outcomes, each, say),
        arrivals(say),
        times_table(say),
    ]
    text = "\n".join([head(each, digital, spent, len(todo)), *(t.markdown() for t in tables), LIMITS])
    asked.out.write_text(text, "utf-8")
    say(f"written: {asked.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
