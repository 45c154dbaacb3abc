"""A page image made fit for an engine: the sheet of a photo found, the dots of a bad fax taken away."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from parsers import paper
from parsers.facts import Bitmap, Page
from parsers.layout import Frame

STRAIGHT = 0.15
"""Skew in degrees below which nothing is corrected."""
_GLANCE = 1000
"""Pixels of the longer side of the copy the way of the lines is looked for in."""
_LETTERS = 40
"""Letters below which a page is taken as it lies."""
_SPECKS = 400
"""Lone dots of a black and white page above which they are noise."""


def photographed(bitmap: Bitmap, page: Page) -> Frame:
    """Where the sheet lies, when the page is the photo of one."""
    grey = np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height, bitmap.width)
    found = paper.corners(grey)
    if found is None:
        return Frame(page.width, page.height)
    across, down = page.width / bitmap.width, page.height / bitmap.height
    one, two, three, four = [(x * across, page.height - y * down) for x, y in found]
    return Frame(page.width, page.height, corners=(one, two, three, four))


def faxed(bitmap: Bitmap) -> bool:
    """Black and white, nothing between."""
    some = np.frombuffer(bitmap.pixels, np.uint8)[::7]
    return float(np.mean((some > 40) & (some < 215))) < 0.01


def sideways(bitmap: Bitmap) -> bool:
    """Whether the lines of type run up or down the page: ink smeared along them falls into fewer pieces."""
    grey = np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height, bitmap.width)
    scale = _GLANCE / max(grey.shape)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    dark = cv2.adaptiveThreshold(small, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 20)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    # Letters: no rules, no frames, no dots.
    kept = (stats[:, 2] < 40) & (stats[:, 3] < 40) & (stats[:, cv2.CC_STAT_AREA] >= 4)
    kept[0] = False
    letters = kept[labels].astype(np.uint8)
    across, down = (
        cv2.connectedComponents(cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones(shape, np.uint8)))[0]
        for shape in ((1, 9), (9, 1))
    )
    return across > 1.2 * down and int(kept.sum()) >= _LETTERS


def despeckled(bitmap: Bitmap) -> Bitmap:
    """A black and white page without its lone dots, when there are more of them than a page has points."""
    if not faxed(bitmap):
        return bitmap
    grey = np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height, bitmap.width)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((grey < 128).astype(np.uint8), connectivity=8)
    lone = stats[:, cv2.CC_STAT_AREA] <= max(int((bitmap.dpi / 72) ** 2 * 0.4), 2)
    lone[0] = False
    if int(lone.sum()) < _SPECKS:
        return bitmap
    clean = np.where(lone[labels], 255, grey).astype(np.uint8)
    return Bitmap(bitmap.width, bitmap.height, bitmap.dpi, clean.tobytes())


def projected_skew(bitmap: Bitmap, near: float | None = None) -> float:
    """Skew by the sharpest row profile of a small copy, up to six degrees either way.

    ``near``: what the lines of type seem to say. It is one guess more, and the answer is then to a
    twentieth of a degree, as the hairlines of a fax ask.
    """
    image = Image.frombytes("L", (bitmap.width, bitmap.height), bitmap.pixels)
    image.thumbnail((1200, 1200) if near is not None else (900, 900))
    small = image.copy()
    small.thumbnail((600, 600))

    def sharpness(angle: float) -> float:
        return _sharpness(image, angle)

    def glance(angle: float) -> float:
        return _sharpness(small, angle)

    if near is None:
        best = max((a / 4 for a in range(-24, 25)), key=sharpness)
    else:
        # The engine's boxes may be a degree and more off: every angle is looked at, small.
        rough = max((a * 0.4 for a in range(-15, 16)), key=glance)
        around = [start + step / 5 for start in (rough, near) for step in range(-2, 3)]
        nearer = max(around, key=sharpness)
        close = [nearer + step / 20 for step in range(-3, 4)]
        sharpest = max(close, key=sharpness)
        best = round(sharpest, 3)
    return best if abs(best) >= STRAIGHT else 0.0


def _sharpness(image: Image.Image, angle: float) -> float:
    """How suddenly ink begins and ends from a row to the next, once the image is turned."""
    turned = np.asarray(image.rotate(angle, Image.Resampling.BILINEAR, fillcolor=255), np.float32)
    profile = (255.0 - turned).sum(axis=1)
    return float(np.square(np.diff(profile)).sum())
