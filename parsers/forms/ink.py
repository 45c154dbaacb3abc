"""Ink on a page image: blobs, printed squares, rules, and what remains in a place meant for a signature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.facts import Bitmap, Box

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
_DARK = 150
"""Grey below which a pixel is ink, on paper that is near white."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Connected ink, in pixels of the mask: ``x1`` and ``y1`` are one past the last."""

    x0: int
    y0: int
    x1: int
    y1: int
    count: int
    label: int

    @property
    def width(self) -> int:
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        return self.y1 - self.y0


def mask(bitmap: Bitmap, box: Box) -> tuple[Mask, int, int]:
    """Ink of ``box`` (points) as booleans, rows from the top, and the pixel of its top left corner."""
    scale = bitmap.dpi / 72.0
    left = min(max(int(box.x0 * scale), 0), bitmap.width)
    right = min(max(int(box.x1 * scale) + 1, left), bitmap.width)
    top = min(max(int(bitmap.height - box.y1 * scale), 0), bitmap.height)
    bottom = min(max(int(bitmap.height - box.y0 * scale) + 1, top), bitmap.height)
    grey = np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height, bitmap.width)
    area = grey[top:bottom, left:right]
    if not area.size:
        return np.zeros((0, 0), np.bool_), left, top
    # The ninetieth percentile, counted: sorting a place costs more than all that is done with it.
    below = np.cumsum(np.bincount(area.ravel(), minlength=256))
    paper = int(np.searchsorted(below, 0.9 * (area.size - 1), "right"))
    return area < min(_DARK, 0.72 * paper), left, top


def _runs(ink: Mask) -> tuple[Places, Places, Places]:
    """Row, first column and one past the last of every run of ink, in reading order."""
    high, wide = ink.shape
    walled = np.zeros((high, wide + 1), np.bool_)
    walled[:, 1:] = ink
    flat = walled.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    if len(edges) % 2:  # the last pixel is ink
        edges = np.append(edges, flat.size - 1)
    starts, ends = edges[::2], edges[1::2]
    rows = starts // (wide + 1)
    return rows, starts - rows * (wide + 1), ends - rows * (wide + 1)


def blobs(ink: Mask) -> tuple[list[Blob], npt.NDArray[np.int32]]:
    """Connected blobs (eight neighbours) and, for each pixel, the number of its blob (0: paper)."""
    labels = np.zeros(ink.shape, np.int32)
    rows, starts, ends = _runs(ink)
    if not len(rows):
        return [], labels
    names = _named(rows, starts, ends, ink.shape[1])
    labels.ravel()[np.flatnonzero(ink)] = np.repeat(names, ends - starts)
    order = np.argsort(names, kind="stable")
    firsts = np.flatnonzero(np.diff(names[order], prepend=0))
    stats = (
        np.minimum.reduceat(starts[order], firsts),
        rows[order][firsts],
        np.maximum.reduceat(ends[order], firsts),
        np.maximum.reduceat(rows[order], firsts) + 1,
        np.add.reduceat((ends - starts)[order], firsts),
        names[order][firsts],
    )
    return [Blob(*one) for one in zip(*(s.tolist() for s in stats), strict=True)], labels


def _named(rows: Places, starts: Places, ends: Places, wide: int) -> Places:
    """For each run, a number from 1 shared by all those that touch one another."""
    wide += 2
    above = (rows - 1) * wide
    first = np.searchsorted(rows * wide + ends, above + starts)
    last = np.searchsorted(rows * wide + starts, above + ends, "right")
    parent = list(range(len(rows)))

    def root(name: int) -> int:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for run, (low, high) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        for touching in range(low, high):
            one, other = root(run), root(touching)
            parent[max(one, other)] = min(one, other)
    return np.array([root(run) for run in range(len(parent))], np.intp) + 1


def square_filled(bitmap: Bitmap, label: Box, left: bool) -> float | None:
    """Share of ink inside the printed square beside a label; ``None`` when no square is seen there."""
    tall = max(label.y1 - label.y0, 6.0)
    low, high = label.y0 - 0.35 * tall, label.y1 + 0.35 * tall
    if left:
        zone = Box(label.x0 - 2.6 * tall, low, label.x0 + 0.3 * tall, high)
    else:
        zone = Box(label.x1 - 0.3 * tall, low, label.x1 + 2.6 * tall, high)
    ink, _, _ = mask(bitmap, zone)
    if not ink.size:
        return None
    unit = tall * bitmap.dpi / 72.0
    squares = [
        b
        for b in blobs(ink)[0]
        if 0.5 * unit <= b.width <= 1.7 * unit
        and 0.5 * unit <= b.height <= 1.7 * unit
        and 0.72 <= b.width / b.height <= 1.4
        and _framed(ink[b.y0 : b.y1, b.x0 : b.x1])
    ]
    if not squares:
        return None
    square = max(squares, key=lambda b: b.x1) if left else min(squares, key=lambda b: b.x0)
    inset_x, inset_y = max(round(0.24 * square.width), 1), max(round(0.24 * square.height), 1)
    inside = ink[square.y0 + inset_y : square.y1 - inset_y, square.x0 + inset_x : square.x1 - inset_x]
    return float(inside.mean()) if inside.size else None


def _framed(square: Mask) -> bool:
    """Whether ink runs along all four sides (a letter leaves at least one of them open)."""
    high, wide = square.shape
    band_y, band_x = max(round(0.18 * high), 1), max(round(0.18 * wide), 1)
    sides = (
        square[:band_y].any(axis=0),
        square[-band_y:].any(axis=0),
        square[:, :band_x].any(axis=1),
        square[:, -band_x:].any(axis=1),
    )
    return all(float(side.mean()) >= 0.8 for side in sides)


def without_rules(ink: Mask, longest: int) -> Mask:
    """Ink without horizontal and vertical strokes longer than ``longest`` pixels: printed rules, frames."""
    kept = ink.copy()
    for view, seen in ((kept, ink), (kept.T, ink.T)):
        rows, starts, ends = _runs(seen)
        for place in np.flatnonzero(ends - starts > longest):
            view[rows[place], starts[place] : ends[place]] = False
    return kept
