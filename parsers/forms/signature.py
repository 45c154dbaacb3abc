"""Signatures judged from ink: what stands in the place meant for one once print is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parsers.facts import Bitmap, Box, Word
from parsers.forms.anchors import Anchor
from parsers.forms.ink import Blob, Mask, blobs, mask, without_rules
from parsers.layout import centre, height, same_row

_REACH = 80.0
"""How far under its label a signature is looked for when nothing ends the place before, in points."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``present``, ``absent`` or ``illegible``; ``zone`` is the place judged, in points."""

    verdict: str
    zone: Box
    confidence: float


def place(anchor: Anchor, anchors: Sequence[Anchor], width: float) -> Box:
    """The place meant for a signature: right of its label and below it, down to the next label."""
    box = anchor.box
    right = min(
        (a.box.x0 - 4 for a in anchors if a.box.x0 >= box.x1 and same_row(a.box, box)), default=width - 20.0
    )
    floor = max(
        (
            a.box.y1 + 2
            for a in anchors
            if centre(a.box) < box.y0 - 2 and a.box.x0 < right and a.box.x1 > box.x0 - 10
        ),
        default=0.0,
    )
    floor = max(floor, box.y0 - _REACH, 4.0)
    return Box(max(box.x0 - 4, 4.0), min(floor, box.y0 - 6), max(right, box.x1), box.y1 + 2)


def judge(
    anchor: Anchor, anchors: Sequence[Anchor], printed: Sequence[Word], bitmap: Bitmap, stamp_counts: bool
) -> Verdict:
    """Judge one signature. ``printed``: words known to be type; ``stamp_counts``: a round stamp will do."""
    page_width = bitmap.width * 72.0 / bitmap.dpi
    zone = place(anchor, anchors, page_width)
    scale = bitmap.dpi / 72.0
    ink, left, top = mask(bitmap, zone)
    if ink.shape[0] < 10 * scale or ink.shape[1] < 30 * scale:
        return Verdict("illegible", zone, 0.4)
    if float(ink.mean()) > 0.4:
        return Verdict("illegible", zone, 0.5)
    ink = without_rules(ink, int(45 * scale))
    for box in [a.box for a in anchors] + [w.box for w in printed]:
        _wipe(ink, box, bitmap, left, top)
    strokes = _strokes(ink, scale, stamp_counts)
    extent = sum(max(b.width, b.height) for b in strokes) / scale
    widest = max((b.width for b in strokes), default=0) / scale
    tallest = max((b.height for b in strokes), default=0) / scale
    if extent >= 22 and (widest >= 12 or tallest >= 9):
        return Verdict("present", zone, 0.97 if extent >= 40 else 0.9)
    if extent >= 14 and (widest >= 7 or tallest >= 7):
        return Verdict("illegible", zone, 0.5)
    return Verdict("absent", zone, 0.97 if extent < 8 else 0.85)


def _wipe(ink: Mask, box: Box, bitmap: Bitmap, left: int, top: int) -> None:
    scale = bitmap.dpi / 72.0
    pad = 0.15 * height(box)
    x0 = int((box.x0 - pad) * scale) - left
    x1 = int((box.x1 + pad) * scale) + 1 - left
    y0 = int(bitmap.height - (box.y1 + pad) * scale) - top
    y1 = int(bitmap.height - (box.y0 - pad) * scale) + 1 - top
    if x1 > 0 and y1 > 0:
        ink[max(y0, 0) : y1, max(x0, 0) : x1] = False


def _strokes(ink: Mask, scale: float, stamp_counts: bool) -> list[Blob]:
    """Blobs that may be handwriting: no specks, no stamp, nothing that comes in from a neighbour."""
    found, labels = blobs(ink)
    # What is left of a rule that was not quite level is long and no thicker than a hair.
    big = [
        b
        for b in found
        if max(b.width, b.height) >= 3 * scale
        and b.count >= 4 * scale
        and min(b.width, b.height) > 1.3 * scale
        and not _rule(b, scale)
    ]
    if stamp_counts:
        return big
    rings = [b for b in big if _ring(labels[b.y0 : b.y1, b.x0 : b.x1] == b.label, scale)]
    high = ink.shape[0]
    kept = []
    for blob in big:
        inside = any(
            r.x0 <= blob.x0 and blob.x1 <= r.x1 and r.y0 <= blob.y0 and blob.y1 <= r.y1 for r in rings
        )
        # What is cut by the edge of the place and hardly enters it belongs to the neighbour.
        intrudes = (blob.y0 == 0 or blob.y1 == high) and blob.height < 0.35 * high
        if not inside and not intrudes:
            kept.append(blob)
    return kept


def _rule(blob: Blob, scale: float) -> bool:
    """A printed rule not quite level or upright, as on a photo: long, straight, of one thickness."""
    length, across = max(blob.width, blob.height), min(blob.width, blob.height)
    return length >= 28 * scale and across <= 0.06 * length and blob.count <= 1.7 * scale * length


def _ring(shape: Mask, scale: float) -> bool:
    """A round stamp: most of its ink lies near one circle."""
    high, wide = shape.shape
    if min(high, wide) < 22 * scale or not 0.75 <= wide / high <= 1.33:
        return False
    rows, columns = np.nonzero(shape)
    far = np.hypot((columns - wide / 2) / (wide / 2), (rows - high / 2) / (high / 2))
    return bool(np.mean((far > 0.85) & (far < 1.1)) > 0.55)
