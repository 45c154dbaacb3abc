"""Combs on a fax: hairlines become dots and dashes there, so a comb is known by its period, not its walls.

Two dotted rules that run one above the other are looked for, then the one step and start at which ink comes
back regularly between them. A wall that left no ink at all is put back by the period.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from parsers.combs import STEP, TALL, WALLS, Comb

_HAIR = 0.4
"""How much of the ink of a wall there may be a point to either side of it."""
_WALL = 0.28
"""Share of the walls that hold ink on a row between the rules."""

Grey = npt.NDArray[np.uint8]
Profile = npt.NDArray[np.float32]
Rule = tuple[int, int, int]
"""Row, first and last column of a dotted rule, in pixels."""

_DOTTED = 0.12
"""Share of a rule's columns that must hold ink for it to be one: less than half of its dots are left."""
_CONTRAST = 0.2
"""How much more ink the walls of a comb hold than what lies between them."""


def find(image: Grey, dpi: float) -> tuple[Comb, ...]:
    """Every comb of an upright black and white page, rows from the top."""
    unit = dpi / 72.0
    dark = (image < 205).astype(np.uint8)
    found: list[tuple[float, Comb]] = []
    for top, bottom, left, right in _bands(list(_rules(dark, unit)), unit):
        band = dark[top : bottom + 1]
        for first, last in _ruled(band, left, right, unit):
            fitted = _periodic(band[:, first:last], unit)
            if fitted is None:
                continue
            start, step, count = fitted
            grown = _grown(dark, top, bottom, first + start, step, count, unit)
            if grown is not None:
                found.append(grown)
    kept: list[Comb] = []
    for _, comb in sorted(found, key=lambda f: -f[0]):
        if not any(_overlap(comb, other) for other in kept):
            kept.append(comb)
    return tuple(sorted(kept, key=lambda c: (c.top, c.left)))


def _overlap(one: Comb, other: Comb) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    level = shared > 0.25 * min(one.bottom - one.top, other.bottom - other.top)
    return level and one.left < other.right - 2 and other.left < one.right - 2


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


def _bands(rules: list[Rule], unit: float) -> Iterator[tuple[int, int, int, int]]:
    """Two rules one above the other: top, bottom, first and last column they share."""
    for top, left, right in rules:
        for bottom, other_left, other_right in rules:
            if not TALL[0] * unit <= bottom - top <= TALL[1] * unit:
                continue
            first, last = max(left, other_left), min(right, other_right)
            if last - first >= WALLS * STEP[0] * unit:
                yield top, bottom, first, last


def _ruled(band: Grey, left: int, right: int, unit: float) -> Iterator[tuple[int, int]]:
    """Columns between which both rules run without a gap wider than a word's."""
    wide = round(9 * unit)
    ink = [_dense(band[:3, left:right], wide), _dense(band[-3:, left:right], wide)]
    on = np.minimum(*ink) >= 0.08
    mended = cv2.morphologyEx(on.astype(np.uint8)[None], cv2.MORPH_CLOSE, np.ones((1, wide), np.uint8))[0]
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mended.astype(np.int8), [0]))))
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - start >= WALLS * STEP[0] * unit:
            yield left + start, left + end


def _dense(rows: Grey, wide: int) -> Profile:
    return np.asarray(
        cv2.boxFilter(rows.max(axis=0)[None].astype(np.float32), -1, (wide, 1))[0], np.float32
    )


def _periodic(band: Grey, unit: float) -> tuple[float, float, int] | None:
    """First column, step and number of the walls of a band; ``None`` when ink has no period there."""
    upper, lower = _profile(band)
    both = np.minimum(upper, lower)
    if int((both >= 0.3).sum()) < WALLS:
        return None
    best: tuple[float, float, float] | None = None
    for step in _steps(both, unit):
        fitted = _phase(both, step)
        if best is None or fitted[0] > best[0]:
            best = (*fitted, step)
    if best is None or best[0] < 1.0:
        return None
    _, start, step = best
    return start, step, int((len(both) - 1 - start) // step) + 1


def _grown(
    dark: Grey, top: int, bottom: int, start: float, step: float, count: int, unit: float
) -> tuple[float, Comb] | None:
    """The whole comb that a few walls belong to, as high as its walls and as long as its rules."""
    columns = [start + n * step for n in range(count)]
    for _ in range(2):
        columns = _fitted(dark, top, bottom, columns)
        extent = _height(dark, top, bottom, columns, unit)
        if extent is None:
            return None
        top, bottom = extent
        columns = _along(dark, top, bottom, columns)
        if len(columns) <= WALLS:
            return None
    columns = _fitted(dark, top, bottom, columns)
    area = cv2.dilate(dark[top : bottom + 1], np.ones((1, 3), np.uint8))
    at = float(np.mean([area[:, round(c)].mean() for c in columns]))
    edge = max(round(0.15 * (bottom - top)), 4)
    clear = np.concatenate([area[edge : edge + 2], area[-edge - 2 : -edge]]).mean(axis=0)
    off = float(np.mean([clear[round((a + b) / 2)] for a, b in pairwise(columns)]))
    # A wall is a hairline; the stems of large type, which stand between rules of serifs, are not.
    profile = dark[top + edge : bottom - edge].mean(axis=0)
    thick = max(round(1.3 * unit), 3)
    beside = [
        profile[min(max(round(c) + side, 0), len(profile) - 1)] for c in columns for side in (-thick, thick)
    ]
    if float(np.mean(beside)) > _HAIR * float(
        np.mean([profile[round(c) - 1 : round(c) + 2].max() for c in columns])
    ):
        return None
    if at - off < _CONTRAST:
        return None
    # Letters in a row have a stem at some of the places only, and none from rule to rule.
    halves = [area[edge : len(area) // 2], area[len(area) // 2 : -edge]]
    inked = [min(float(h[:, round(c)].mean()) for h in halves) >= 0.15 for c in columns]
    if float(np.mean(inked)) < 0.7:
        return None
    score = (at - off) ** 2 * len(columns) ** 0.5
    return score, Comb(top, bottom, tuple(round(c) for c in columns))


def _fitted(dark: Grey, top: int, bottom: int, columns: list[float]) -> list[float]:
    """The same walls at the step and start, a little to either side, where there is most ink."""
    count = len(columns)
    step = (columns[-1] - columns[0]) / (count - 1)
    profile = cv2.blur(dark[top : bottom + 1].mean(axis=0)[None].astype(np.float32), (3, 1))[0]
    order = np.arange(count)
    best, walls = -1.0, np.asarray(columns)
    for stretch in np.linspace(-3, 3, 13):
        for shift in range(-4, 5):
            at = columns[0] + shift + order * (step + stretch / (count - 1))
            places = np.clip(np.rint(at).astype(int), 0, len(profile) - 1)
            ink = float(profile[places].mean())
            if ink > best:
                best, walls = ink, at
    return [float(w) for w in walls]


def _height(dark: Grey, top: int, bottom: int, columns: list[float], unit: float) -> tuple[int, int] | None:
    """First and last row of the walls, from the rows already known."""
    reach = round(TALL[1] * unit)
    first, last = max(top - reach, 0), min(bottom + reach, dark.shape[0])
    near = cv2.dilate(dark[first:last], np.ones((1, 3), np.uint8))
    inside = [round(c) for c in columns if 0 <= round(c) < dark.shape[1]]
    walls = cv2.blur(near[:, inside].mean(axis=1)[:, None].astype(np.float32), (1, 5))[:, 0]
    high = low = (top + bottom) // 2 - first
    if walls[high] < _WALL:
        return None
    while high > 0 and walls[high - 1] >= _WALL:
        high -= 1
    while low + 1 < len(walls) and walls[low + 1] >= _WALL:
        low += 1
    return (first + high, first + low) if TALL[0] * unit <= low - high <= TALL[1] * unit else None


def _along(dark: Grey, top: int, bottom: int, columns: list[float]) -> list[float]:
    """The walls as far as both rules run on either side; a cell whose rules are lost is stepped over."""
    step = (columns[-1] - columns[0]) / (len(columns) - 1)
    upper, lower = (dark[max(y - 3, 0) : y + 4].max(axis=0).astype(np.float32) for y in (top, bottom))
    profile = cv2.dilate(dark[top : bottom + 1], np.ones((1, 3), np.uint8)).mean(axis=0)

    def wall(at: float) -> float:
        middle = round(at)
        return float(profile[middle - 1 : middle + 2].max()) if 1 < middle < len(profile) - 1 else 0.0

    def shares(left: float) -> tuple[float, float]:
        a, b = round(left) + 2, round(left + step) - 1
        inside = a >= 0 and b < dark.shape[1] and b > a
        return (float(upper[a:b].mean()), float(lower[a:b].mean())) if inside else (0.0, 0.0)

    def ruled(left: float) -> bool:
        both = shares(left)
        if min(both) >= 0.4 * _DOTTED and sum(both) >= 2 * _DOTTED:
            return True
        return min(both) > 0 and sum(both) >= 0.6 * _DOTTED and min(wall(left), wall(left + step)) >= 0.3

    while len(columns) > 2 and not ruled(columns[0]):
        columns = columns[1:]
    while len(columns) > 2 and not ruled(columns[-2]):
        columns = columns[:-1]
    for way in (-1, 1):
        while True:
            outer = columns[0] - step if way < 0 else columns[-1]
            if ruled(outer):
                more = 1
            elif min(shares(outer)) > 0.3 * _DOTTED and all(ruled(outer + n * way * step) for n in (1, 2)):
                more = 2
            else:
                break
            for _ in range(more):
                columns = [columns[0] - step, *columns] if way < 0 else [*columns, columns[-1] + step]
    return columns


def _profile(band: Grey) -> tuple[Profile, Profile]:
    """Share of ink of each column in the upper and in the lower half of a band."""
    middle = band.shape[0] // 2
    halves = []
    for half in (band[2:middle], band[middle:-2]):
        column = half.mean(axis=0).astype(np.float32)
        near = np.maximum(np.roll(column, 1), np.roll(column, -1))
        halves.append(np.asarray(np.maximum(column, near), np.float32))
    return halves[0], halves[1]


def _steps(profile: Profile, unit: float) -> Iterator[float]:
    """Steps at which the ink of a band looks like itself, a quarter of a pixel apart."""
    level = profile - profile.mean()
    like = np.correlate(level, level, "full")[len(level) - 1 :]
    first, last = int(STEP[0] * unit), min(int(STEP[1] * unit), len(level) // (WALLS - 1))
    lags = [lag for lag in range(first, last) if like[lag] >= like[lag - 1] and like[lag] >= like[lag + 1]]
    best = sorted(lags, key=lambda one: -like[one])[:4]
    least = STEP[0] * unit
    for lag in dict.fromkeys(
        round(one / part) for one in best for part in (1, 2, 3) if one / part >= least
    ):
        yield from (lag + quarter / 4 for quarter in range(-4, 5))


def _phase(profile: Profile, step: float) -> tuple[float, float]:
    """How well ink comes back at a step, and the column where it starts."""
    count = int(len(profile) // step)
    places = (np.arange(0, step, 1.0)[:, None] + np.arange(count)[None, :] * step).astype(int)
    folded = profile[np.minimum(places, len(profile) - 1)].mean(axis=1)
    start = int(np.argmax(folded))
    others = np.delete(folded, [(start + d) % len(folded) for d in (-2, -1, 0, 1, 2)])
    # Walls between these are those of a comb half or a third as wide.
    between = [
        folded[round(start + step * part + d) % len(folded)]
        for part in (1 / 2, 1 / 3, 2 / 3)
        for d in (-1, 0, 1)
    ]
    ground = max(float(np.percentile(others, 75)), float(np.median(between)))
    contrast = float(folded[start]) - max(ground, 0.75 * max(between))
    return contrast / _CONTRAST, float(start)
