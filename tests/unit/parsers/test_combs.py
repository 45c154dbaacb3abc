"""Combs found by their walls and set as a line: which cells are filled, and nothing that is no comb."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from parsers import combs

DPI = 200.0


def _drawn(text: str, cells: int, step: float = 32.0, left: float = 60.0) -> Image.Image:
    """A comb of ``cells`` cells 36 pixels high, ``text`` in the first ones."""
    image = Image.new("L", (1100, 200), 255)
    draw = ImageDraw.Draw(image)
    for index in range(cells):
        x = left + index * step
        draw.rectangle((x, 80, x + step, 116), outline=120, width=1)
        if index < len(text):
            draw.text((x + step / 2, 98), text[index], fill=0, font_size=24, anchor="mm")
    return image


def _found(image: Image.Image) -> tuple[combs.Comb, ...]:
    return combs.find(_grey(image), DPI)


def _grey(image: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(image, np.uint8)


def test_a_comb_is_found_by_its_walls() -> None:
    (comb,) = _found(_drawn("DZ-2026", 14))
    assert len(comb.walls) == 15
    assert (comb.left, comb.right) == pytest.approx((60, 508), abs=2)
    assert (comb.top, comb.bottom) == pytest.approx((80, 117), abs=3)


def test_the_filled_cells_are_counted_run_by_run() -> None:
    image = _drawn("CHU DE LILLE", 20)
    (comb,) = _found(image)
    made = combs.typeset(_grey(image), comb)
    assert made is not None
    assert [count for count, _, _ in made.runs] == [3, 2, 5]
    assert made.runs[1][1:] == pytest.approx((60 + 4 * 32, 60 + 6 * 32), abs=3)
    assert made.image.shape[1] < 0.8 * 12 * 32, "the characters are closer than in their cells"
    assert (made.image < 128).any()


def test_an_empty_comb_says_nothing() -> None:
    image = _drawn("", 8)
    (comb,) = _found(image)
    assert combs.typeset(_grey(image), comb) is None


def test_a_wall_that_is_lost_is_put_back() -> None:
    image = _drawn("12345678", 8)
    ImageDraw.Draw(image).rectangle((60 + 3 * 32 - 2, 84, 60 + 3 * 32 + 2, 112), fill=255)
    (comb,) = _found(image)
    assert len(comb.walls) == 9


def test_two_combs_on_a_row_stay_two() -> None:
    one, other = _drawn("0503", 8), _drawn("0604", 8, left=60 + 9 * 32)
    both = Image.fromarray(np.minimum(_grey(one), _grey(other)))
    assert [len(c.walls) for c in sorted(_found(both), key=lambda c: c.left)] == [9, 9]


def test_tables_and_running_text_are_no_combs() -> None:
    image = Image.new("L", (1100, 300), 255)
    draw = ImageDraw.Draw(image)
    for x in (60, 360, 700, 1000):
        draw.line((x, 40, x, 240), fill=0, width=2)
    for y in (40, 140, 240):
        draw.line((60, y, 1000, y), fill=0, width=2)
    draw.text((80, 60), "Hillil IIIIII lllllll", fill=0, font_size=28)
    assert _found(image) == ()
