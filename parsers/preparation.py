"""A page image made fit for an engine: the sheet of a photo found, the dots of a bad fax taken away."""

from __future__ import annotations

import cv2
import numpy as np

from parsers import paper
from parsers.facts import Bitmap, Page
from parsers.layout import Frame

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
