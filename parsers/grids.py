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

from parsers import hairlines
from parsers.combs import STEP, TALL, WALLS, Comb
from parsers.hairlines import Rule

_WALL = 0.28
"""Share of the walls that hold ink on a row between the rules."""
_CONTRAST = 0.2
"""How much more ink the walls of a comb hold than what lies between them."""
_CLEAR = 0.025
"""Ink just inside the rules, between the walls: type fills its height, a character its cell's middle."""
_FULL = 0.1
"""More of it than this is type, however thin its strokes."""
_THIN = 0.86
"""A hairline's thickness in points; walls may be thicker where nothing else touches the rules."""
_THICK = 1.6


Grey = npt.NDArray[np.uint8]
Profile = npt.NDArray[np.float32]


def find(image: Grey, dpi: float) -> tuple[Comb, ...]:
    """Every comb of an upright black and white page, rows from the top."""
    unit = dpi / 72.0
    dark = (image < 205).astype(np.uint8)
    found: list[tuple[float, Comb]] = []
    for top, bottom, left, right in _bands(hairlines.rules(dark, unit), unit):
        band = dark[top : bottom + 1]
        for first, last in _ruled(band, left, right, unit):
            if any(_known(comb, top, bottom, first, last) for _, comb in found):
                continue
            fitted = _periodic(band[:, first:last], unit)
            if fitted is None:
                continue
            start, step, count = fitted
            columns = [first + start + n * step for n in range(count)]
            found += _grown(dark, top, bottom, columns, unit)
    kept: list[Comb] = []
    for _, comb in sorted(found, key=lambda f: -f[0]):
        if not any(_overlap(comb, other) for other in kept):
            kept.append(comb)
    return tuple(sorted(kept, key=lambda c: (c.top, c.left)))


def _known(comb: Comb, top: int, bottom: int, first: int, last: int) -> bool:
    """Whether a stretch of two rules is that of a comb already found."""
    shared = min(comb.right, last) - max(comb.left, first)
    return abs(comb.top - top) <= 4 and abs(comb.bottom - bottom) <= 4 and shared >= 0.8 * (last - first)


def _overlap(one: Comb, other: Comb) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    level = shared > 0.25 * min(one.bottom - one.top, other.bottom - other.top)
    return level and one.left < other.right - 2 and other.left < one.right - 2


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
    edge = max(round(1.1 * unit), 2)
    inside = np.concatenate([band[edge : edge + 3], band[-edge - 3 : -edge]]).mean(axis=0)
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        # Between two rows of type there is type.
        wide_enough = end - start >= WALLS * STEP[0] * unit
        if wide_enough and float(inside[left + start : left + end].mean()) <= 0.3:
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
    rough = max(((*_phase(both, s), s) for s in _steps(both, unit)), default=None)
    if rough is None or rough[0] < 0.5:
        return None
    score, start, step = max(
        (*_phase(both, rough[2] + quarter / 4), rough[2] + quarter / 4) for quarter in range(-2, 3)
    )
    if score < 1.0:
        return None
    return start, step, int((len(both) - 1 - start) // step) + 1


def _grown(
    dark: Grey, top: int, bottom: int, columns: list[float], unit: float
) -> Iterator[tuple[float, Comb]]:
    """The whole combs that a few walls belong to, as high as their walls and as long as their rules."""
    for _ in range(2):
        columns = _fitted(dark, top, bottom, columns)
        extent = _height(dark, top, bottom, columns, unit)
        if extent is None:
            return
        top, bottom = extent
        known = columns
        if len(known) <= WALLS:
            return
        parts = hairlines.along(dark, top, bottom, known)
        columns = max(parts, key=lambda part: min(part[-1], known[-1]) - max(part[0], known[0]))
    for part in hairlines.along(dark, top, bottom, columns):
        if len(part) > WALLS:
            walls = _fitted(dark, top, bottom, part)
            score = _score(dark, top, bottom, walls, unit)
            if score is not None:
                yield score, Comb(top, bottom, tuple(round(c) for c in walls))


def _score(dark: Grey, top: int, bottom: int, columns: list[float], unit: float) -> float | None:
    """How surely it is a comb; ``None`` for rows of type, whose stems and serifs also come back."""
    area = cv2.dilate(dark[top : bottom + 1], np.ones((1, 3), np.uint8))
    tall, walls = bottom - top, [round(c) for c in columns]
    at = float(np.mean([area[:, c].mean() for c in walls]))
    edge = max(round(0.15 * tall), 4)
    clear = np.concatenate([area[edge : edge + 2], area[-edge - 2 : -edge]]).mean(axis=0)
    off = float(np.mean([clear[round((a + b) / 2)] for a, b in pairwise(columns)]))
    if at - off < _CONTRAST:
        return None
    rim = max(round(1.1 * unit), 2)
    inner = np.concatenate([dark[top + rim : top + rim + 3], dark[bottom - rim - 2 : bottom - rim + 1]])
    filled = float(np.mean([inner[:, a + rim : b - rim + 1].mean() for a, b in pairwise(walls)]))
    around = round(1.8 * unit)
    body = dark[top + 2 * rim : bottom - 2 * rim + 1]
    thick = float(
        np.median([body[:, max(c - around, 0) : c + around + 1].sum(axis=1).mean() for c in walls])
    )
    if filled > _FULL or thick > _THICK * unit or (filled > _CLEAR and thick > _THIN * unit):
        return None
    # Letters in a row have a stem at some of the places only, and none from rule to rule.
    halves = [area[edge : len(area) // 2], area[len(area) // 2 : -edge]]
    inked = [min(float(h[:, c].mean()) for h in halves) >= 0.15 for c in walls]
    return (at - off) ** 2 * len(columns) ** 0.5 if float(np.mean(inked)) >= 0.7 else None


def _fitted(dark: Grey, top: int, bottom: int, columns: list[float]) -> list[float]:
    """The same walls at the step and start, a little to either side, where there is most ink."""
    count = len(columns)
    step = (columns[-1] - columns[0]) / (count - 1)
    profile = cv2.blur(dark[top : bottom + 1].mean(axis=0)[None].astype(np.float32), (3, 1))[0]
    stretches, shifts = np.meshgrid(np.linspace(-3, 3, 13), np.arange(-4, 5), indexing="ij")
    starts = columns[0] + shifts.ravel()
    steps = step + stretches.ravel() / (count - 1)
    at = starts[:, None] + np.arange(count)[None, :] * steps[:, None]
    places = np.clip(np.rint(at).astype(int), 0, len(profile) - 1)
    return [float(w) for w in at[int(np.argmax(profile[places].mean(axis=1)))]]


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
    """Steps at which the ink of a band looks like itself, half a pixel apart."""
    level = profile - profile.mean()
    first, last = int(STEP[0] * unit), min(int(STEP[1] * unit), len(level) // (WALLS - 1))
    like = [float(np.dot(level[: len(level) - lag], level[lag:])) for lag in range(first - 1, last + 1)]
    lags = [
        first - 1 + n for n in range(1, len(like) - 1) if like[n] >= like[n - 1] and like[n] >= like[n + 1]
    ]
    best = sorted(lags, key=lambda one: -like[one - first + 1])[:4]
    least = STEP[0] * unit
    for lag in dict.fromkeys(
        round(one / part) for one in best for part in (1, 2, 3) if one / part >= least
    ):
        yield from (lag + half / 2 for half in range(-2, 3))


def _phase(profile: Profile, step: float) -> tuple[float, float]:
    """How well ink comes back at a step, and the column where it starts."""
    order = np.arange(len(profile))
    phases = (order - np.floor(order / step) * step).astype(np.intp)
    count = int(np.ceil(step))
    folded = np.bincount(phases, profile, count) / np.maximum(np.bincount(phases, minlength=count), 1)
    start = int(np.argmax(folded))
    others = np.sort(np.delete(folded, [(start + d) % count for d in (-2, -1, 0, 1, 2)]))
    # Walls between these are those of a comb half or a third as wide.
    parts = (1 / 2, 1 / 3, 2 / 3)
    between = sorted(float(folded[round(start + step * p + d) % count]) for p in parts for d in (-1, 0, 1))
    ground = max(float(others[len(others) * 3 // 4]), between[4])
    return (float(folded[start]) - max(ground, 0.75 * between[-1])) / _CONTRAST, float(start)
