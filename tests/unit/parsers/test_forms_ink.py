"""Ink counted: blobs as another library finds them, rules taken away and nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from parsers.facts import Bitmap, Box
from parsers.forms import ink


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 0.4, 0.6, 0.9, 1.0])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (30, 1), (37, 53)])
def test_blobs_are_those_of_another_library(share: float, size: tuple[int, int]) -> None:
    mask = np.random.default_rng(7).random(size) < share
    found, labels = ink.blobs(mask.copy())
    _, others, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    wanted = sorted((x, y, x + w, y + h, count) for x, y, w, h, count in stats[1:].tolist())
    assert sorted((b.x0, b.y0, b.x1, b.y1, b.count) for b in found) == wanted
    assert ((labels > 0) == mask).all()
    for blob in found:
        (other,) = set(others[labels == blob.label].tolist())
        assert int((others == other).sum()) == blob.count


def test_long_strokes_go_and_short_ones_stay() -> None:
    mask = np.zeros((60, 80), np.bool_)
    mask[10, 5:75] = True
    mask[2:58, 40] = True
    mask[30, 5:20] = True
    mask[59, 70:80] = True
    kept = ink.without_rules(mask, 20)
    assert not kept[10].any()
    assert not kept[:, 40].any()
    assert kept[30, 5:20].all()
    assert kept[59, 70:80].all()
    assert mask[10, 5:75].all(), "the mask given is left as it was"


@pytest.mark.parametrize(("paper", "seen"), [(255, 149), (180, 129), (120, 86)])
def test_ink_is_told_from_paper_by_how_dark_the_paper_is(paper: int, seen: int) -> None:
    grey = np.full((100, 100), paper, np.uint8)
    grey[10, :], grey[20, :] = seen, seen + 2
    mask, left, top = ink.mask(Bitmap(100, 100, 72.0, grey.tobytes()), Box(0, 0, 100, 100))
    assert (left, top) == (0, 0)
    assert np.flatnonzero(mask.any(axis=1)).tolist() == [10]
