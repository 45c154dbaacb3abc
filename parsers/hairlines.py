"""Hairlines of a fax: rules and walls of which only dots are left, and how far they run.

A line that is not quite level or upright vanishes for some cells at a time, where it lies between two rows
of dots: what is left of one is weighed with what is left of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

_DOTTED = 0.12
"""Share of a rule's columns that must hold ink for it to be one: less than half of its dots are left."""
_ENDS = 0.28
"""Share of a comb's usual dots that must be left in the rules of one more cell."""
_STANDS = 0.3
"""Ink near both rules where a wall stands."""
_MARGIN = 10
"""Pixels at the edges of the page where no wall is looked for."""

Grey = npt.NDArray[np.uint8]
Rule = tuple[int, int, int]
"""Row, first and last column of a dotted rule, in pixels."""


def rules(dark: Grey, unit: float) -> list[Rule]:
    """Rules of a page whose ink is 1, those that follow one another on a row as one; ``unit``: a point."""
    return _joined(_rules(dark, unit), unit)


def _rules(dark: Grey, unit: float) -> Iterator[Rule]:
    """Rows along which hairlines run, however dotted, with nothing like them just above and below."""
    least = int(24 * unit)
    # Ink no thicker than a point from top to bottom: strokes of letters and walls are thicker.
    thin = 2 * round(0.8 * unit) + 1
    hair = dark - cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((thin, 1), np.uint8))
    thick = cv2.dilate(hair, np.ones((3, 1), np.uint8)).astype(np.float32)
    share = cv2.boxFilter(thick, -1, (least, 1))
    far = round(1.8 * unit)
    beside = np.maximum(np.roll(share, far, axis=0), np.roll(share, -far, axis=0))
    on = (share >= _DOTTED) & (share >= 2.2 * beside) & (share >= cv2.dilate(share, np.ones((5, 1))))
    # A rule that is not quite level goes on a row below.
    mended = cv2.morphologyEx(on.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, least), np.uint8))
    _, _, stats, middles = cv2.connectedComponentsWithStats(mended, connectivity=8)
    for (x, _, wide, high, _), (_, middle) in zip(stats[1:], middles[1:], strict=True):
        if wide >= least // 2 and high <= 4 * unit:
            yield round(float(middle)), max(int(x - least // 2), 0), int(x + wide + least // 2)


def _joined(rules: Iterable[Rule], unit: float) -> list[Rule]:
    """Rules of one row that follow one another, as one."""
    joined: list[Rule] = []
    for row, left, right in sorted(rules, key=lambda r: (r[1], r[0])):
        near = (n for n, o in enumerate(joined) if abs(o[0] - row) <= 1 and left - o[2] <= 9 * unit)
        place = next(near, None)
        if place is None:
            joined.append((row, left, right))
        else:
            other = joined[place]
            joined[place] = (other[0], other[1], max(other[2], right))
    return joined


class _Trace:
    """What is left of the rules and walls of one comb."""

    def __init__(self, dark: Grey, top: int, bottom: int, columns: list[float]) -> None:
        self.step = (columns[-1] - columns[0]) / (len(columns) - 1)
        self._upper, self._lower = (
            dark[max(y - 2, 0) : y + 3].max(axis=0).astype(np.float32) for y in (top, bottom)
        )
        self._beside = round(0.12 * self.step) + 1
        quarter = max((bottom - top) // 4, 3)
        near = cv2.dilate(dark[top : bottom + 1], np.ones((1, 3), np.uint8))
        self._whole = near.mean(axis=0)
        self._ends = np.minimum(near[:quarter].mean(axis=0), near[-quarter:].mean(axis=0))
        self._usual = float(np.median([sum(self.dots(c)) for c in columns[:-1]]))

    def on_page(self, column: float) -> bool:
        return _MARGIN <= column < len(self._upper) - _MARGIN

    def dots(self, left: float) -> tuple[float, float]:
        """Share of ink of both rules over one cell, its walls left out."""
        a, b = round(left) + self._beside, round(left + self.step) - self._beside + 1
        if a < 0 or b > len(self._upper) or b <= a:
            return 0.0, 0.0
        return float(self._upper[a:b].mean()), float(self._lower[a:b].mean())

    def wall(self, at: float) -> float:
        """Ink of a wall near both rules, where no character comes."""
        middle = round(at)
        return float(self._ends[middle - 1 : middle + 2].max()) if self.on_page(at) else 0.0

    def stands(self, at: float) -> bool:
        """Whether something is left of a wall near either rule and between them."""
        middle = round(at)
        return self.wall(at) > 0 and float(self._whole[middle - 1 : middle + 2].max()) >= 0.5 * _STANDS

    def held(self, left: float, far: float) -> bool:
        """Whether a cell from ``left`` is one more of the comb; ``far`` is its wall away from it."""
        both = self.dots(left)
        if min(both) > 0 and sum(both) >= max(_ENDS * self._usual, 0.5 * _DOTTED):
            return True
        return max(both) > 0 and self.stands(far)

    def more(self, columns: list[float], way: int) -> int:
        """Cells to add at an end: one, two when the nearer one lost much of itself, none."""
        left = columns[0] - self.step if way < 0 else columns[-1]
        far = left if way < 0 else left + self.step
        beyond = way * self.step
        if self.on_page(far) and self.held(left, far):
            return 1
        faint = self.stands(far) or max(self.dots(left)) > 0
        return 2 if faint and self.on_page(far + beyond) and self.held(left + beyond, far + beyond) else 0


def along(dark: Grey, top: int, bottom: int, columns: list[float]) -> list[list[float]]:
    """The walls of a comb as far as rules run or walls stand on either side; apart where both stop, as
    between two combs of one row. ``columns``: at least two walls already known."""
    trace = _Trace(dark, top, bottom, columns)
    columns = [c for c in columns if trace.on_page(c)]
    for way in (-1, 1):
        while columns and (more := trace.more(columns, way)):
            for _ in range(more):
                step = trace.step
                columns = [columns[0] - step, *columns] if way < 0 else [*columns, columns[-1] + step]
    lone = [max(trace.wall(c + d) for d in (-1, 1)) < 0.5 * _STANDS for c in columns]
    parts: list[list[float]] = [columns[:1]]
    for place, column in enumerate(columns[1:], 1):
        if max(trace.dots(columns[place - 1])) == 0 and (lone[place - 1] or lone[place]):
            parts.append([column])
        else:
            parts[-1].append(column)
    return parts
