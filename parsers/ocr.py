"""Optical reading of page images: RapidOCR (pinned, models in its wheel) or Tesseract when it is there.

The only file of ``parsers`` that may start a process (Tesseract), and the only one that imports the heavy
engine: the child that reads ordinary documents does not pay for it. One thread each, always: two engines
that both take every core are many times slower than one after the other (lessons, row 15).
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from rapidocr import RapidOCR

from parsers import combs, grids, preparation
from parsers.errors import ParseError, Unsupported
from parsers.facts import Bitmap, Box, Page, Source, Word
from parsers.layout import Frame, Recognised

Engine = Literal["rapidocr", "tesseract"]
Quad = npt.NDArray[np.float64]
"""Four corners of a text line in pixels, as it is read: top left, top right, bottom right, bottom left."""

_TESSERACT_SECONDS = 60
_FAXED = 0.91
"""What is left of it for a comb on a fax: a cell at its end may have left no trace."""
_MISCOUNTED = 0.6
"""What is left of the confidence in a comb read with too few or too many characters."""


class Recogniser:
    """Reads page images with one engine, loaded once; one call at a time."""

    def __init__(self, engine: Engine = "rapidocr", tesseract: str = "tesseract") -> None:
        """Load the engine. Raises ``Unsupported`` when Tesseract is asked for and is not installed."""
        self.engine: Engine = engine
        self._tesseract = ""
        self._rapid: Any = None
        cv2.setNumThreads(1)
        if engine == "tesseract":
            self._tesseract = shutil.which(tesseract) or ""
            if not self._tesseract:
                raise Unsupported("Tesseract n'est pas installé : choisissez le moteur rapidocr.")
        else:
            threads = {
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Global.log_level": "critical",
                "Global.return_word_box": True,
            }
            self._rapid = RapidOCR(params=threads)

    def words(self, bitmap: Bitmap, page_height: float) -> tuple[Word, ...]:
        """Words with boxes in points of the page as stored, which is ``page_height`` points high."""
        width = bitmap.width * page_height / max(bitmap.height, 1)
        return self.read(bitmap, Page(1, width, page_height, (), Source.OCR)).on_page()

    def read(self, bitmap: Bitmap, page: Page) -> Recognised:
        """Words of one page image, in the upright page, with the frame that leads back to ``page``.

        A page turned by 90, 180 or 270 degrees or skewed by up to 15 is read all the same.
        Raises ``ParseError`` when the engine fails.
        """
        try:
            lying = preparation.photographed(bitmap, page)
            flat = lying.upright(bitmap)
            if self._rapid is not None and preparation.sideways(flat):
                read = self._read_sideways(preparation.despeckled(flat), page, flat)
            elif self._rapid is not None:
                read = self._read_rapid(preparation.despeckled(flat), page, flat)
            else:
                read = self._read_tesseract(preparation.despeckled(flat), page)
            return Recognised(read.words, replace(read.frame, corners=lying.corners))
        except ParseError:
            raise
        except Exception:  # noqa: BLE001 - the engines raise whatever their decoders raise
            raise ParseError("La reconnaissance de caractères a échoué sur cette page.") from None

    # --- RapidOCR ----------------------------------------------------------------------------

    def _read_rapid(self, bitmap: Bitmap, page: Page, raw: Bitmap, turned: bool = False) -> Recognised:
        """``raw``: the same page with the lone dots of a fax, of which the walls of its combs are made."""
        grey = np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height, bitmap.width)
        image = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
        found = self._rapid(image, use_det=True, use_cls=False, use_rec=False)
        if getattr(found, "boxes", None) is None or len(found.boxes) == 0:
            return Recognised((), Frame(page.width, page.height))
        quads: list[Quad] = [np.asarray(b, np.float64) for b in found.boxes]
        tall = [_tall(q) for q in quads]
        if not turned and _sideways(quads):
            return self._read_sideways(bitmap, page, raw)
        crops = self._rapid.crop_text_regions(image, np.asarray(found.boxes, np.float32))
        crops, quads = _aligned(crops, quads, tall)
        level = [(c, q) for c, q, t in zip(crops, quads, tall, strict=True) if not t]
        over = self._upside_down([c for c, _ in level])
        if over:
            crops = [cv2.rotate(c, cv2.ROTATE_180) for c in crops]
            quads = [np.roll(q, -2, axis=0) for q in quads]
        rotation = 180 if over else 0
        kept = [q for q, t in zip(quads, tall, strict=True) if not t]
        skew = _skew(kept, rotation)
        if preparation.faxed(bitmap):
            # The engine's boxes say nothing under a degree, and dots line up to a tenth of one.
            skew = preparation.projected_skew(Frame(page.width, page.height, rotation).upright(raw), skew)
        frame = Frame(page.width, page.height, rotation, skew)
        scale = (page.width / bitmap.width, page.height / bitmap.height)
        rows = _combs(bitmap, raw, frame)
        crops, quads = _outside(crops, quads, rows, frame, scale)
        lines = [cv2.cvtColor(row.line.image, cv2.COLOR_GRAY2BGR) for row in rows if row.line is not None]
        read = self._rapid.recognize_txt([*crops, *lines])
        results = list(zip(read.txts, read.word_results, strict=True))
        words: list[Word] = []
        for (text, info), quad in zip(results, quads, strict=False):
            if text.strip():
                words += _split(info, quad, text, frame, scale)
        filled = [row for row in rows if row.line is not None]
        sure = _FAXED if preparation.faxed(bitmap) else 1.0
        for (text, info), row in zip(results[len(quads) :], filled, strict=True):
            words += _of_comb(row, text, min(info.confs, default=0.0) * sure)
        return Recognised(tuple(words), frame)

    def _read_sideways(self, bitmap: Bitmap, page: Page, raw: Bitmap) -> Recognised:
        """A page on its side is stood up and looked at anew: the engine finds level lines better."""
        laid = Frame(page.width, page.height, 90)
        width, height = laid.size
        within = Page(1, width, height, (), Source.OCR)
        inner = self._read_rapid(laid.upright(bitmap), within, laid.upright(raw), turned=True)
        rotation = (90 + inner.frame.rotation) % 360
        return Recognised(inner.words, Frame(page.width, page.height, rotation, inner.frame.skew))

    def _upside_down(self, crops: Sequence[npt.NDArray[np.uint8]]) -> bool:
        """The page's lines, or enough of the longest, asked one by one which way is up."""
        longest = sorted(crops, key=lambda c: -c.shape[1] / max(c.shape[0], 1))[:16]
        if not longest:
            return False
        _, result = self._rapid.cls_and_rotate([c.copy() for c in longest])
        votes = [(-1 if label == "180" else 1) * float(score) for label, score in result.cls_res or []]
        return sum(votes) < 0

    # --- Tesseract ---------------------------------------------------------------------------

    def _read_tesseract(self, bitmap: Bitmap, page: Page) -> Recognised:
        rotation = self._tesseract_rotation(bitmap)
        turned = Frame(page.width, page.height, rotation)
        upright = turned.upright(bitmap)
        frame = Frame(page.width, page.height, rotation, preparation.projected_skew(upright))
        straight = frame.upright(bitmap)
        width, height = frame.size
        scale = (width / straight.width, height / straight.height)
        table = self._run(straight, ["--psm", "3", "-l", "fra", "tsv"])
        return Recognised(tuple(_tsv(table, straight.height, scale)), frame)

    def _tesseract_rotation(self, bitmap: Bitmap) -> int:
        try:
            told = self._run(bitmap, ["--psm", "0", "-l", "osd"])
        except ParseError:
            return 0
        for line in told.splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "Orientation in degrees":
                return -int(float(value)) % 360
        return 0

    def _run(self, bitmap: Bitmap, options: list[str]) -> str:
        image = Image.frombytes("L", (bitmap.width, bitmap.height), bitmap.pixels)
        with tempfile.TemporaryDirectory(prefix="ocr-") as folder:
            path = Path(folder) / "page.png"
            image.save(path, "PNG", compress_level=1, dpi=(bitmap.dpi, bitmap.dpi))
            done = subprocess.run(
                [self._tesseract, str(path), "-", "--dpi", str(round(bitmap.dpi)), *options],
                capture_output=True,
                timeout=_TESSERACT_SECONDS,
                check=False,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            )
        if done.returncode != 0:
            raise ParseError("Tesseract a échoué sur cette page.")
        return done.stdout.decode("utf-8", "replace")


def available(tesseract: str = "tesseract") -> tuple[Engine, ...]:
    """Engines that can be used here."""
    return ("rapidocr", "tesseract") if shutil.which(tesseract) else ("rapidocr",)


@dataclass(frozen=True, slots=True)
class _Row:
    """A comb found: its box in the upright page, and its characters as one line, unless it is empty."""

    comb: combs.Comb
    line: combs.Set | None
    scale: tuple[float, float]
    high: float

    def box(self, left: float, right: float) -> Box:
        """From a column to another, as high as the characters."""
        margin = 0.2 * (self.comb.bottom - self.comb.top)
        return Box(
            left * self.scale[0],
            self.high - (self.comb.bottom - margin) * self.scale[1],
            right * self.scale[0],
            self.high - (self.comb.top + margin) * self.scale[1],
        )


def _combs(bitmap: Bitmap, raw: Bitmap, frame: Frame) -> list[_Row]:
    upright = frame.upright(bitmap)
    image = _grey(upright)
    wide, high = frame.size
    scale = (wide / upright.width, high / upright.height)
    if preparation.faxed(bitmap):
        dots = image if raw is bitmap else _grey(frame.upright(raw))
        found = grids.find(dots, bitmap.dpi)
    else:
        found = combs.find(image, bitmap.dpi)
    return [_Row(comb, combs.typeset(image, comb), scale, high) for comb in found]


def _grey(bitmap: Bitmap) -> npt.NDArray[np.uint8]:
    return np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height, bitmap.width)


def _outside(
    crops: Sequence[Any],
    quads: Sequence[Quad],
    rows: Sequence[_Row],
    frame: Frame,
    scale: tuple[float, float],
) -> tuple[list[Any], list[Quad]]:
    """What the engine found, without the parts that lie in a comb: those are read apart."""
    kept_crops: list[Any] = []
    kept_quads: list[Quad] = []
    for crop, quad in zip(crops, quads, strict=True):
        box = _box(quad, 0.0, 1.0, frame, scale)
        parts = [(box.x0, box.x1)]
        for row in rows:
            comb = row.box(row.comb.left, row.comb.right)
            if not comb.y0 <= (box.y0 + box.y1) / 2 <= comb.y1:
                continue
            cut = [(a, min(b, comb.x0)) for a, b in parts] + [(max(a, comb.x1), b) for a, b in parts]
            parts = [(a, b) for a, b in cut if b - a >= 0.6 * (box.y1 - box.y0)]
        if parts == [(box.x0, box.x1)]:
            kept_crops.append(crop)
            kept_quads.append(quad)
            continue
        for left, right in parts:
            start, end = ((x - box.x0) / (box.x1 - box.x0) for x in (left, right))
            columns = crop.shape[1]
            kept_crops.append(crop[:, round(start * columns) : max(round(end * columns), 1)])
            top, bottom = quad[1] - quad[0], quad[2] - quad[3]
            corners = [
                quad[0] + start * top,
                quad[0] + end * top,
                quad[3] + end * bottom,
                quad[3] + start * bottom,
            ]
            kept_quads.append(np.array(corners))
    return kept_crops, kept_quads


def _of_comb(row: _Row, text: str, confidence: float) -> Iterator[Word]:
    """A word for each run of filled cells: as many characters as cells, or hardly believed."""
    runs = row.line.runs if row.line is not None else ()
    letters = "".join(text.split())
    if not letters or not runs:
        return
    # A character stands in the middle of its cell: its word ends before the wall.
    inset = 0.25 * (runs[0][2] - runs[0][1]) / runs[0][0]
    if len(letters) != sum(count for count, _, _ in runs):
        box = row.box(runs[0][1] + inset, runs[-1][2] - inset)
        yield Word(" ".join(text.split()), box, round(confidence * _MISCOUNTED, 4))
        return
    at = 0
    for count, left, right in runs:
        yield Word(letters[at : at + count], row.box(left + inset, right - inset), round(confidence, 4))
        at += count


def _length(quad: Quad) -> float:
    return float(np.linalg.norm(quad[1] - quad[0]))


def _tall(quad: Quad) -> bool:
    """The rule by which the engine turns a crop: at least one and a half times as high as wide."""
    wide = max(float(np.linalg.norm(quad[0] - quad[1])), float(np.linalg.norm(quad[2] - quad[3])))
    high = max(float(np.linalg.norm(quad[0] - quad[3])), float(np.linalg.norm(quad[1] - quad[2])))
    return high / max(wide, 1e-6) >= 1.5


def _sideways(quads: Sequence[Quad]) -> bool:
    """Whether most of the text, by length, runs up or down the page."""
    lengths = [max(_length(q), float(np.linalg.norm(q[3] - q[0]))) for q in quads]
    upright = [length for q, length in zip(quads, lengths, strict=True) if not _tall(q)]
    return sum(upright) < 0.5 * sum(lengths)


def _aligned(crops: list[Any], quads: list[Quad], tall: Sequence[bool]) -> tuple[list[Any], list[Quad]]:
    """Each crop the way its quad is read. The engine lays a crop taller than wide on its side: right for a
    line up the margin, wrong for a lone « 1 », which is laid back."""
    laid_crops, laid_quads = list(crops), list(quads)
    for place, (crop, quad) in enumerate(zip(crops, quads, strict=True)):
        if not tall[place]:
            continue
        high, wide = crop.shape[:2]
        if wide > 3 * high:
            laid_quads[place] = np.roll(quad, -1, axis=0)
        else:
            laid_crops[place] = cv2.rotate(crop, cv2.ROTATE_90_CLOCKWISE)
    return laid_crops, laid_quads


def _skew(quads: Sequence[Quad], rotation: int) -> float:
    """Degrees the page must be turned counter-clockwise, after ``rotation``, for its lines to be level."""
    angles: list[float] = []
    long = sorted(quads, key=_length, reverse=True)[: max(8, len(quads) // 3)]
    for quad in long:
        along = (quad[1] - quad[0]) + (quad[2] - quad[3])
        # The reading direction in pixels goes right and, rows counting downwards, down when negative.
        angle = math.degrees(math.atan2(-along[1], along[0])) + rotation
        angle = (angle + 180) % 360 - 180
        if abs(angle) < 20 and _length(quad) > 60:
            angles.append(angle)
    if not angles:
        return 0.0
    found = -median(angles)
    return round(found, 3) if abs(found) >= preparation.STRAIGHT else 0.0


def _split(info: Any, quad: Quad, text: str, frame: Frame, scale: tuple[float, float]) -> Iterator[Word]:
    """Words of one recognised line, placed by the columns in which each character was read."""
    total = float(info.line_txt_len) or 1.0
    confidences = list(info.confs)
    letters = [c for c, _ in zip(text, confidences, strict=False) if not c.isspace()]
    sure = [p for c, p in zip(text, confidences, strict=False) if not c.isspace()]
    columns = [c for word in info.word_cols for c in word]
    steps = [b - a for word in info.word_cols for a, b in pairwise(word)]
    pitch = median(steps) if steps else 2.0
    if len(letters) != len(columns):
        yield Word(text, _box(quad, 0.0, 1.0, frame, scale), min(sure, default=0.0))
        return
    at = 0
    for word in info.words:
        first, last = columns[at], columns[at + len(word) - 1]
        start = max((first + 0.5 - pitch / 2) / total, 0.0)
        end = min((last + 0.5 + pitch / 2) / total, 1.0)
        box = _box(quad, start, max(end, start + 1e-3), frame, scale)
        yield Word("".join(word), box, round(min(sure[at : at + len(word)]), 4))
        at += len(word)


def _box(quad: Quad, start: float, end: float, frame: Frame, scale: tuple[float, float]) -> Box:
    """The upright box of a slice of a line, from ``start`` to ``end`` of its length."""
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    corners = [quad[0] + start * top, quad[0] + end * top, quad[3] + start * bottom, quad[3] + end * bottom]
    points = [
        frame.to_upright(float(c[0]) * scale[0], frame.height - float(c[1]) * scale[1]) for c in corners
    ]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _tsv(table: str, rows: int, scale: tuple[float, float]) -> Iterator[Word]:
    """Words of Tesseract's TSV: level 5, left, top, width, height in pixels, confidence in percent."""
    for line in table.splitlines()[1:]:
        parts = line.split("\t")
        if len(parts) < 12 or parts[0] != "5" or not parts[11].strip():
            continue
        left, top, wide, high = (float(v) for v in parts[6:10])
        box = Box(
            left * scale[0],
            (rows - top - high) * scale[1],
            (left + wide) * scale[0],
            (rows - top) * scale[1],
        )
        yield Word(parts[11].strip(), box, round(max(0.0, min(float(parts[10]) / 100, 1.0)), 4))
