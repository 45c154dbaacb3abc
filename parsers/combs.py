"""Combs: rows of small ruled cells, one character each. Found by their walls, set as a line of type.

An engine trained on running text loses characters that stand apart between walls. The walls are found by
their regular step, taken away with the rules above and below, and the characters put side by side: what
is then read has as many characters as there are filled cells, or is known to be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Wall = tuple[int, int, int, int]
"""Left, top, right and bottom of an upright stroke, in pixels."""

TALL = (8.5, 34.0)
"""Height of a wall in points: taller than a capital of running text, lower than a table's cell."""
STEP = (4.5, 26.0)
"""Width of a cell in points."""
WALLS = 4
"""Fewer make no comb."""


@dataclass(frozen=True, slots=True)
class Comb:
    """One comb in pixels of the upright image, rows from the top. ``walls`` are its columns, in order."""

    top: int
    bottom: int
    walls: tuple[int, ...]

    @property
    def left(self) -> int:
        return self.walls[0]

    @property
    def right(self) -> int:
        return self.walls[-1]


@dataclass(frozen=True, slots=True)
class Set:
    """The characters of a comb as one line of type. ``runs``: for each run of filled cells, their number
    and the columns where the run begins and ends."""

    image: Grey
    runs: tuple[tuple[int, int, int], ...]


def find(image: Grey, dpi: float) -> tuple[Comb, ...]:
    """Every comb of an upright grey page image; those of a fax are for ``grids``."""
    unit = dpi / 72.0
    block = max(int(6 * unit) | 1, 11)
    dark = np.asarray(
        cv2.adaptiveThreshold(image, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 18),
        np.uint8,
    )
    unbroken = max(round(1.2 * unit), 3)
    walls = _walls(dark, unbroken, unit)
    rules = _strokes(dark, (unbroken, 1), (int(9 * unit), 1))
    combs: list[Comb] = []
    for row in _rows(walls):
        for comb in _regular(row, rules, unit):
            whole = _extended(comb, rules)
            if not any(c.left < whole.right and whole.left < c.right and _level(c, whole) for c in combs):
                combs.append(whole)
    return tuple(combs)


def _strokes(dark: Grey, mend: tuple[int, int], least: tuple[int, int]) -> Grey:
    """Ink in strokes of at least a size (width, height), small breaks mended."""
    closed = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones(mend[::-1], np.uint8))
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones(least[::-1], np.uint8)), np.uint8)


def _walls(dark: Grey, unbroken: int, unit: float) -> list[Wall]:
    kept = _strokes(dark, (1, unbroken), (1, int(TALL[0] * unit)))
    _, _, stats, _ = cv2.connectedComponentsWithStats(kept, connectivity=8)
    return [
        (int(x), int(y), int(x + w), int(y + h))
        for x, y, w, h, _ in stats[1:]
        if w <= 3.2 * unit and TALL[0] * unit <= h <= TALL[1] * unit
    ]


def _level(one: Comb, other: Comb) -> bool:
    return one.top < other.bottom and other.top < one.bottom


def _extended(comb: Comb, rules: Grey) -> Comb:
    """The comb with the cells whose walls were lost at its ends, as far as both rules run."""
    columns = list(comb.walls)
    step = (columns[-1] - columns[0]) / (len(columns) - 1)
    while columns[0] - step > 0 and _ruled(rules, comb.top, comb.bottom, columns[0] - step, columns[0]):
        columns.insert(0, round(columns[0] - step))
    while columns[-1] + step < rules.shape[1] and _ruled(
        rules, comb.top, comb.bottom, columns[-1], columns[-1] + step
    ):
        columns.append(round(columns[-1] + step))
    return Comb(comb.top, comb.bottom, tuple(columns))


def _rows(walls: list[Wall]) -> Iterator[list[Wall]]:
    """Walls that stand side by side, from left to right."""
    rows: list[list[Wall]] = []
    for wall in sorted(walls, key=lambda w: w[1] + w[3]):
        last = rows[-1][-1] if rows else None
        if last is not None and abs((wall[1] + wall[3]) - (last[1] + last[3])) <= 0.35 * (
            last[3] - last[1]
        ):
            rows[-1].append(wall)
        else:
            rows.append([wall])
    for row in rows:
        # Strokes of letters are shorter than the walls they stand between.
        full = 0.85 * float(np.percentile([w[3] - w[1] for w in row], 75))
        kept = [w for w in row if w[3] - w[1] >= full]
        if len(kept) >= WALLS:
            yield sorted(kept)


def _regular(row: list[Wall], rules: Grey, unit: float) -> Iterator[Comb]:
    """Runs of walls at one step under one rule; a wall that is missing is put back."""
    middles = [(w[0] + w[2]) / 2 for w in row]
    start = 0
    while start + 1 < len(row):
        step = _step(middles, start, unit)
        if step is None:
            start += 1
            continue
        columns, members, at = [middles[start]], [start], start
        while at + 1 < len(row):
            following = _next(middles, at, step, columns[-1])
            if following is None or not _between(rules, row[at], row[following[0]]):
                break
            at, missing = following
            columns += [
                columns[-1] + (middles[at] - columns[-1]) * n / missing for n in range(1, missing + 1)
            ]
            members.append(at)
        if len(members) >= WALLS and len(members) >= 0.55 * len(columns):
            tops = [row[m][1] for m in members]
            bottoms = [row[m][3] for m in members]
            yield Comb(int(np.median(tops)), int(np.median(bottoms)), tuple(round(c) for c in columns))
            start = at + 1
        else:
            start += 1


def _step(middles: Sequence[float], start: int, unit: float) -> float | None:
    """The step most of the next walls agree on, some of them missing."""
    gaps = [b - a for a, b in pairwise(middles[start : start + 9])]
    best, most = None, 0.0
    for step in sorted(g for g in gaps if STEP[0] * unit <= g <= STEP[1] * unit):
        fits = [round(g / step) for g in gaps if abs(g / step - round(g / step)) <= 0.16]
        score = fits.count(1) + 0.4 * fits.count(2) + 0.2 * fits.count(3)
        if fits.count(1) >= 2 and score > most + 0.05:
            best, most = step, score
    return best if most >= 0.4 * len(gaps) else None


def _next(middles: Sequence[float], at: int, step: float, here: float) -> tuple[int, int] | None:
    """The next wall one, two or three steps further, and how many; strokes between are passed over."""
    for steps in (1, 2, 3):
        for other in range(at + 1, len(middles)):
            if abs(middles[other] - here - steps * step) <= 0.16 * step:
                return other, steps
    return None


def _ruled(rules: Grey, top: float, bottom: float, left: float, right: float) -> bool:
    """Whether both rules run from a wall to another, above and below what stands between: one comb."""
    first, last = round(left) + 1, round(right)
    if last <= first:
        return True
    reach = max(round(0.1 * (bottom - top)), 2)
    for line in (round(top), round(bottom)):
        band = rules[max(line - reach, 0) : line + reach + 1, first:last]
        if not band.size or float(band.any(axis=0).mean()) < 0.5:
            return False
    return True


def _between(rules: Grey, one: Wall, other: Wall) -> bool:
    return _ruled(rules, (one[1] + other[1]) / 2, (one[3] + other[3]) / 2, one[2], other[0])


def typeset(image: Grey, comb: Comb) -> Set | None:
    """The filled cells of a comb side by side, walls and rules left out; ``None`` when all are empty."""
    tall = comb.bottom - comb.top
    inset = max(round(0.09 * tall), 2)
    strip = image[comb.top + inset : comb.bottom - inset, :]
    paper = float(np.percentile(strip[:, comb.left : comb.right], 75))
    limit = paper - max(0.28 * paper, 30.0)
    pieces: list[Grey] = []
    runs: list[list[int]] = []
    blank = True
    gap = np.full((strip.shape[0], max(round(0.1 * tall), 2)), paper, np.uint8)
    space = np.full((strip.shape[0], max(round(0.42 * tall), 4)), paper, np.uint8)
    for left, right in zip(comb.walls, comb.walls[1:], strict=False):
        side = max(round(0.1 * (right - left)), 2)
        cell = strip[:, left + side : right - side]
        where = _ink(cell, limit)
        if where is None:
            blank = True
            continue
        if blank:
            pieces.append(space)
            runs.append([0, left, right])
            blank = False
        runs[-1][0] += 1
        runs[-1][2] = right
        pieces += [cell[:, where[0] : where[1]], gap]
    if not runs:
        return None
    line = np.concatenate([*pieces, space], axis=1)
    return Set(_trimmed(line, limit, paper), tuple((r[0], r[1], r[2]) for r in runs))


def _ink(cell: Grey, limit: float) -> tuple[int, int] | None:
    """First and last columns of what is written in a cell; specks are nothing."""
    if not cell.size:
        return None
    _, _, stats, _ = cv2.connectedComponentsWithStats((cell < limit).astype(np.uint8), connectivity=8)
    least = max(0.0022 * cell.shape[0] ** 2 * 2, 3)
    # What only touches a side is the remains of a wall.
    wide = cell.shape[1]
    edge = 0.15 * wide
    kept = [
        s
        for s in stats[1:]
        if s[4] >= least
        and not (s[2] <= max(0.12 * wide, 2) and (s[0] + s[2] <= edge or s[0] >= wide - edge))
    ]
    if not kept:
        return None
    left, right = min(int(s[0]) for s in kept), max(int(s[0] + s[2]) for s in kept)
    return max(left - 1, 0), min(right + 1, cell.shape[1])


def _trimmed(line: Grey, limit: float, paper: float) -> Grey:
    """Without the empty rows above and below, with the margin an engine is used to."""
    rows = np.flatnonzero((line < limit).any(axis=1))
    high = int(rows[-1] - rows[0] + 1)
    margin = max(round(0.28 * high), 3)
    kept: Any = line[rows[0] : rows[-1] + 1]
    return np.asarray(
        cv2.copyMakeBorder(kept, margin, margin, 0, 0, cv2.BORDER_CONSTANT, value=paper), np.uint8
    )
