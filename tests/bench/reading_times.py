"""What reading costs beside the bare library on the same page, in turns: for ``bench_reading``."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
from pypdf import PdfReader

from parsers import documents, reading
from parsers.facts import Bitmap, Page
from parsers.layout import Recognised
from tests.bench.reading_run import circuit_rules, engine, interpreted
from tests.bench.reading_set import SEED, Case, build
from tests.bench.table import Table, ratio
from tests.builders import reports
from tests.builders.sheet import Style

Say = Callable[[str], None]
_SCANS: tuple[tuple[str, Style], ...] = (
    ("200 dpi, skewed, stamped, noisy", "table"),
    ("200 dpi, turned", "flat"),
    ("fax G4", "comb"),
    ("photo", "table"),
)


def times_table(say: Say, rounds: int = 3) -> Table:
    """What ours costs beside the bare library on the same page, in turns, one thread."""
    say("reading: times")
    _, templates = circuit_rules()
    rows = []
    for source, layout in _SCANS:
        scan: list[float] = []
        for number in range(rounds):
            case = Case(90_000 + number, source, layout, "Helvetica", "se352-301", True)
            paper = build(case, templates["se352-301"])
            bitmap = documents.render(paper.content, paper.media_type, 1, reading.DPI)
            grey = np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height, bitmap.width)
            image = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
            start = time.perf_counter()
            # Its flags outlive a call: left out, only what ours asked for last, detection, would be timed.
            engine()._rapid(image, use_det=True, use_cls=True, use_rec=True)
            middle = time.perf_counter()
            interpreted(paper.content, paper.media_type, engine().read)
            scan.append((time.perf_counter() - middle) / (middle - start))
        rows.append((f"{source}, {layout}, beside RapidOCR alone", ratio(statistics.median(scan)), "1.25"))
    report = reports.medical_report(seed=SEED, pages=3)
    form = build(Case(91_000, "text layer", "flat", "Helvetica", "se352-301", True), templates["se352-301"])
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
        "same page, in the same process, in turns; medians. RapidOCR alone: its detection, its own look at "
        "which way each line is up, its recognition. The form of text is drawn too: its signatures are "
        "judged on its image.",
        ("", "multiple", "target"),
        tuple(rows),
    )


def _bare_text(content: bytes) -> int:
    return sum(len(page.extract_text()) for page in PdfReader(_stream(content)).pages)


def _stream(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)


def _no_ocr(_bitmap: Bitmap, page: Page) -> Recognised:
    raise RuntimeError(f"page {page.number} has text")
