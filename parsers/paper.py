"""The sheet in a photo: its four corners, when it lies on something darker."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from parsers.layout import Corners

_SIDE = 640
"""Pixels of the longer side of the copy corners are looked for in."""
_LEAST, _MOST = 0.35, 0.985
"""Share of the picture that a photographed sheet covers; more is a scan that fills its page."""


def corners(image: npt.NDArray[np.uint8]) -> Corners | None:
    """Corners of the one bright sheet of a picture, in pixels, rows from the top.

    ``None`` when paper fills the picture or no sheet is seen.
    """
    high, wide = image.shape
    scale = _SIDE / max(high, wide)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    level, mask = cv2.threshold(cv2.GaussianBlur(small, (5, 5), 0), 0, 255, cv2.THRESH_OTSU)
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    if float(np.mean(border > level)) > 0.5:
        return None  # paper all round: a scan
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return None
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    share = cv2.contourArea(hull) / (small.shape[0] * small.shape[1])
    if not _LEAST <= share <= _MOST:
        return None
    shape = cv2.approxPolyDP(hull, 0.02 * cv2.arcLength(hull, closed=True), closed=True)
    if len(shape) != 4 or cv2.contourArea(shape) < 0.94 * cv2.contourArea(hull):
        return None
    return _ordered([(float(p[0][0]) / scale, float(p[0][1]) / scale) for p in shape])


def _ordered(points: Sequence[tuple[float, float]]) -> Corners:
    """From the top left, clockwise."""
    by_sum = sorted(points, key=lambda p: p[0] + p[1])
    first, last = by_sum[0], by_sum[-1]
    right, left = sorted(by_sum[1:3], key=lambda p: p[1] - p[0])
    return first, right, last, left
