"""Where words stand: lines, the upright frame of a page, boxes joined and compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from parsers.facts import Bitmap, Box, Word
from parsers.folding import skeleton_char

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Top left, top right, bottom right and bottom left."""


@dataclass(frozen=True, slots=True)
class Frame:
    """How a page is turned to stand upright, as found on its image.

    ``width`` and ``height`` are those of the page as stored, in points. ``rotation`` (0, 90, 180 or
    270) is the number of degrees the page is turned clockwise, and ``skew`` (degrees, then
    counter-clockwise) what remains to be straightened. A photo is first made flat.
    """

    width: float
    height: float
    rotation: int = 0
    skew: float = 0.0
    corners: Corners | None = None
    """For a photo: where the sheet lies on the page as stored, in points, before anything is turned."""

    @property
    def identity(self) -> bool:
        return self.rotation == 0 and self.skew == 0.0 and self.corners is None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the upright page."""
        return (self.width, self.height) if self.rotation % 180 == 0 else (self.height, self.width)

    def to_page(self, box: Box) -> Box:
        """A box of the upright page, as a box of the page as stored (the rectangle round it)."""
        if self.identity:
            return box
        corners = [self._stored(*self._point(x, y)) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
        xs, ys = [c[0] for c in corners], [c[1] for c in corners]
        return Box(
            max(0.0, min(xs)), max(0.0, min(ys)), min(self.width, max(xs)), min(self.height, max(ys))
        )

    def _stored(self, x: float, y: float) -> tuple[float, float]:
        """A point of the flat sheet, on the page as stored."""
        return _through(_way(self._sheet, self.corners), x, y) if self.corners else (x, y)

    @property
    def _sheet(self) -> Corners:
        return ((0.0, self.height), (self.width, self.height), (self.width, 0.0), (0.0, 0.0))

    def _point(self, x: float, y: float) -> tuple[float, float]:
        wide, high = self.size
        if self.skew:
            angle = math.radians(-self.skew)
            dx, dy = x - wide / 2, y - high / 2
            x = wide / 2 + dx * math.cos(angle) - dy * math.sin(angle)
            y = high / 2 + dx * math.sin(angle) + dy * math.cos(angle)
        if self.rotation == 90:
            return y, self.height - x
        if self.rotation == 180:
            return self.width - x, self.height - y
        if self.rotation == 270:
            return self.width - y, x
        return x, y

    def to_upright(self, x: float, y: float) -> tuple[float, float]:
        """A point of the page as stored, in the upright page."""
        if self.corners:
            x, y = _through(_way(self.corners, self._sheet), x, y)
        if self.rotation == 90:
            x, y = self.height - y, x
        elif self.rotation == 180:
            x, y = self.width - x, self.height - y
        elif self.rotation == 270:
            x, y = y, self.width - x
        if self.skew:
            wide, high = self.size
            angle = math.radians(self.skew)
            dx, dy = x - wide / 2, y - high / 2
            x = wide / 2 + dx * math.cos(angle) - dy * math.sin(angle)
            y = high / 2 + dx * math.sin(angle) + dy * math.cos(angle)
        return x, y

    def upright(self, bitmap: Bitmap) -> Bitmap:
        """The image of the page, turned and straightened; the empty corners are white."""
        if self.identity:
            return bitmap
        image = Image.frombytes("L", (bitmap.width, bitmap.height), bitmap.pixels)
        turns = {
            90: Image.Transpose.ROTATE_90,
            180: Image.Transpose.ROTATE_180,
            270: Image.Transpose.ROTATE_270,
        }
        if self.corners:
            across, down = bitmap.width / self.width, bitmap.height / self.height
            seen = _pixels(self.corners, self.height, across, down)
            flat = _pixels(self._sheet, self.height, across, down)
            way = _way(flat, seen)
            image = image.transform(
                image.size, Image.Transform.PERSPECTIVE, way, Image.Resampling.BILINEAR, fillcolor=255
            )
        if self.rotation in turns:
            image = image.transpose(turns[self.rotation])
        if self.skew:
            image = image.rotate(self.skew, Image.Resampling.BILINEAR, fillcolor=255)
        return Bitmap(image.width, image.height, bitmap.dpi, image.tobytes())


def _pixels(corners: Corners, height: float, across: float, down: float) -> Corners:
    """Points of a page as pixels of its image, rows from the top."""
    one, two, three, four = [(x * across, (height - y) * down) for x, y in corners]
    return one, two, three, four


@lru_cache(maxsize=64)
def _way(source: Corners, target: Corners) -> tuple[float, ...]:
    """The eight numbers of the projection that takes each corner of ``source`` to that of ``target``."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = np.linalg.solve(np.array(rows, np.float64), np.array(values, np.float64))
    return tuple(float(number) for number in solved)


def _through(way: tuple[float, ...], x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f, g, h = way
    depth = g * x + h * y + 1.0
    return (a * x + b * y + c) / depth, (d * x + e * y + f) / depth


@dataclass(frozen=True, slots=True)
class Recognised:
    """What OCR read on one page. ``words`` stand in the upright page; ``frame`` leads back to it."""

    words: tuple[Word, ...]
    frame: Frame

    def on_page(self) -> tuple[Word, ...]:
        """The words with boxes of the page as stored."""
        return tuple(Word(w.text, self.frame.to_page(w.box), w.confidence) for w in self.words)


@dataclass(frozen=True, slots=True)
class Char:
    """One printed character: its word (index in the line) and its horizontal extent."""

    char: str
    word: int
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class Line:
    """Words of one printed line, left to right, with a skeleton to search labels in."""

    words: tuple[Word, ...]
    box: Box
    chars: tuple[Char, ...]
    skeleton: str
    at: tuple[int, ...]
    """For each character of ``skeleton``, the index of its source in ``chars``."""

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box round ``boxes`` (at least one)."""
    some = list(boxes)
    return Box(
        min(b.x0 for b in some), min(b.y0 for b in some), max(b.x1 for b in some), max(b.y1 for b in some)
    )


def height(box: Box) -> float:
    return max(box.y1 - box.y0, 1.0)


def centre(box: Box) -> float:
    """Vertical centre."""
    return (box.y0 + box.y1) / 2


def same_row(one: Box, other: Box) -> bool:
    """Whether two boxes share at least half the height of the lower one."""
    if one.y0 >= other.y1 or other.y0 >= one.y1:
        return False
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared >= 0.5 * min(height(one), height(other))


def lines(words: Sequence[Word]) -> tuple[Line, ...]:
    """Printed lines from the top, whatever order the words come in."""
    rows: list[list[Word]] = []
    middles: list[float] = []
    for word in sorted(words, key=lambda w: (-centre(w.box), w.box.x0)):
        if rows and abs(centre(word.box) - middles[-1]) <= 0.5 * min(
            height(word.box), height(rows[-1][0].box)
        ):
            rows[-1].append(word)
            middles[-1] += (centre(word.box) - middles[-1]) / len(rows[-1])
        else:
            rows.append([word])
            middles.append(centre(word.box))
    return tuple(_line(row) for row in rows)


def _line(row: list[Word]) -> Line:
    words = tuple(sorted(row, key=lambda w: w.box.x0))
    chars: list[Char] = []
    bones: list[str] = []
    at: list[int] = []
    for index, word in enumerate(words):
        step = (word.box.x1 - word.box.x0) / max(len(word.text), 1)
        for place, char in enumerate(word.text):
            for bone in skeleton_char(char):
                bones.append(bone)
                at.append(len(chars))
            left = word.box.x0 + place * step
            chars.append(Char(char, index, left, left + step))
    return Line(words, union(w.box for w in words), tuple(chars), "".join(bones), tuple(at))
