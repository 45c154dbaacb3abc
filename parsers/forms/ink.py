"""Ink on a page image: blobs, printed squares, rules, and what remains in a place meant for a signature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.facts import Bitmap, Box

Mask = npt.NDArray[np.bool_]
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
    paper = float(np.percentile(area, 90))
    return area < min(_DARK, 0.72 * paper), left, top


def blobs(ink: Mask) -> tuple[list[Blob], npt.NDArray[np.int32]]:
    """Connected blobs (eight neighbours) and, for each pixel, the number of its blob (0: paper)."""
    labels = np.zeros(ink.shape, np.int32)
    parent = [0]
    runs: list[tuple[int, int, int, int]] = []
    before: list[tuple[int, int, int]] = []
    for row in range(ink.shape[0]):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], ink[row].astype(np.int8), [0]))))
        now: list[tuple[int, int, int]] = []
        at = 0
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            while at < len(before) and before[at][1] < start:
                at += 1
            name, look = 0, at
            while look < len(before) and before[look][0] <= end:
                name = _merge(parent, name, before[look][2])
                look += 1
            if name == 0:
                parent.append(len(parent))
                name = len(parent) - 1
            now.append((start, end, name))
            runs.append((row, start, end, name))
        before = now
    found: dict[int, list[int]] = {}
    for row, start, end, name in runs:
        root = _root(parent, name)
        labels[row, start:end] = root
        one = found.setdefault(root, [start, row, end, row + 1, 0])
        one[0], one[2] = min(one[0], start), max(one[2], end)
        one[3] = row + 1
        one[4] += end - start
    return [Blob(v[0], v[1], v[2], v[3], v[4], k) for k, v in found.items()], labels


def _root(parent: list[int], name: int) -> int:
    while parent[name] != name:
        parent[name] = parent[parent[name]]
        name = parent[name]
    return name


def _merge(parent: list[int], one: int, other: int) -> int:
    other = _root(parent, other)
    if one == 0:
        return other
    one = _root(parent, one)
    parent[max(one, other)] = min(one, other)
    return min(one, other)


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
    for view in (kept, kept.T):
        for row in range(view.shape[0]):
            edges = np.flatnonzero(np.diff(np.concatenate(([0], view[row].astype(np.int8), [0]))))
            for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                if end - start > longest:
                    view[row, start:end] = False
    return kept
