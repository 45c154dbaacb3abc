"""Which way a page lies, seen before the engine is asked; a page it cannot tell is left as it is."""

from __future__ import annotations

import numpy as np
import pytest

from parsers import documents, preparation
from parsers.facts import Bitmap
from tests.builders import forms, scans
from tests.builders.sheet import Style


def _page(style: Style, rotate: int, *, fax: bool) -> Bitmap:
    form = forms.build_301(forms.sample_301(31), style)
    scan = scans.scan(form, 100, skew=2.0, rotate=rotate, g4=fax, fmt="tiff", seed=rotate + 1)
    return documents.render(scan, "image/tiff", 1, 100)


@pytest.mark.parametrize("fax", [False, True])
@pytest.mark.parametrize("style", ["flat", "table", "comb"])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_page_on_its_side_is_told_from_one_that_stands(style: Style, rotate: int, fax: bool) -> None:
    assert preparation.sideways(_page(style, rotate, fax=fax)) == (rotate % 180 == 90)


def test_a_page_with_hardly_a_word_is_taken_as_it_lies() -> None:
    grey = np.full((800, 600), 255, np.uint8)
    grey[100:300:20, 100:108] = 0
    assert not preparation.sideways(Bitmap(600, 800, 72.0, grey.tobytes()))
    assert not preparation.sideways(Bitmap(600, 800, 72.0, bytes(np.full((800, 600), 255, np.uint8))))


@pytest.mark.parametrize("true", [-3.3, 0.0, 0.8])
def test_the_skew_of_a_fax_is_found_whatever_the_engine_believes(true: float) -> None:
    form = forms.build_301(forms.sample_301(33), "comb", font="Times-Roman")
    fax = scans.scan(form, 200, true, 14.0, g4=True, fmt="tiff", seed=5)
    page = documents.render(fax, "image/tiff", 1, 200)
    found = [preparation.projected_skew(page, near) for near in (-true, 1.1, -2.0)]
    assert found == pytest.approx([-true] * 3, abs=0.051)
