"""The sheet of a photo: its corners, the flat page they give, and the way back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from parsers import documents, paper, preparation
from parsers.facts import Bitmap, Box, Page, Source
from parsers.layout import Frame
from tests.builders import forms, scans

FORM = forms.build_301(forms.sample_301(5), "table")


def _grey(content: bytes) -> Bitmap:
    return documents.render(content, "image/jpeg", 1, 100)


def _array(bitmap: Bitmap) -> npt.NDArray[np.uint8]:
    return np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height, bitmap.width)


def test_a_sheet_on_a_desk_has_four_corners() -> None:
    sheet = Image.new("RGB", (1000, 1360), (90, 70, 60))
    sheet.paste((240, 240, 238), (100, 120, 900, 1260))
    found = paper.corners(np.asarray(sheet.convert("L"), np.uint8))
    assert found is not None
    expected = [(100, 120), (900, 120), (900, 1260), (100, 1260)]
    for seen, true in zip(found, expected, strict=True):
        assert seen == pytest.approx(true, abs=6)


@pytest.mark.parametrize("dark", [0, 40])
def test_a_scan_that_fills_its_page_has_none(dark: int) -> None:
    scan = scans.scan(FORM, 100, skew=2.0, noise=6.0 + dark / 10, fmt="png")
    assert paper.corners(_array(documents.render(scan, "image/png", 1, 100))) is None


def test_a_photo_made_flat_fills_the_page_and_leads_back() -> None:
    bitmap = _grey(scans.photo(FORM, tilt=0.1, seed=4, wide=1000))
    page = Page(1, bitmap.width * 0.72, bitmap.height * 0.72, (), Source.OCR)
    frame = preparation.photographed(bitmap, page)
    assert frame.corners is not None
    flat = _array(frame.upright(bitmap))
    assert flat.shape == (bitmap.height, bitmap.width)
    edges = np.concatenate([flat[12], flat[-12], flat[:, 12], flat[:, -12]])
    assert float(np.mean(edges > 120)) > 0.9, "no desk is left round the sheet"
    x, y = frame.to_upright(*frame.corners[1])
    assert (x, y) == pytest.approx((page.width, page.height), abs=0.01)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_box_goes_back_to_where_it_is_on_the_photo(rotation: int) -> None:
    frame = Frame(600, 800, rotation, 1.5, ((50, 760), (560, 780), (540, 30), (70, 60)))
    points = [frame.to_upright(x, y) for x, y in ((200, 300), (260, 300), (260, 320), (200, 320))]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    back = frame.to_page(Box(min(xs), min(ys), max(xs), max(ys)))
    assert (back.x0 + back.x1) / 2 == pytest.approx(230, abs=1)
    assert (back.y0 + back.y1) / 2 == pytest.approx(310, abs=1)


def _spotted(count: int) -> Bitmap:
    rng = np.random.default_rng(3)
    page = np.full((1000, 800), 255, np.uint8)
    page[100:104, 100:700] = 0
    page[rng.integers(200, 1000, count), rng.integers(0, 800, count)] = 0
    return Bitmap(800, 1000, 100.0, page.tobytes())


def test_the_dots_of_a_bad_fax_are_taken_away_and_its_strokes_kept() -> None:
    clean = _array(preparation.despeckled(_spotted(2000)))
    assert (clean[100:104, 100:700] == 0).all()
    assert float((clean[200:] == 0).mean()) < 0.0005


def test_a_page_without_noise_is_left_as_it_is() -> None:
    page = _spotted(50)
    assert preparation.despeckled(page) is page
    grey = Bitmap(page.width, page.height, page.dpi, bytes([128]) * len(page.pixels))
    assert preparation.despeckled(grey) is grey
