"""Combs of a fax, whose walls are dots: found by their period, whole, and nothing that is no comb."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from parsers import documents, grids
from tests.builders import scans

DPI = 200.0
Grey = npt.NDArray[np.uint8]


def _faxed(cells: int, left: float, kept: float, text: str = "") -> Grey:
    """A comb 36 pixels high in cells of 32, of whose hairlines a share is left; ``text`` is whole."""
    image = Image.new("L", (1200, 260), 255)
    draw = ImageDraw.Draw(image)
    for index in range(cells):
        draw.rectangle((left + index * 32, 80, left + (index + 1) * 32, 116), outline=0, width=1)
    rng = np.random.default_rng(11)
    lines = np.array(image)
    lines[(lines < 128) & (rng.random(lines.shape) > kept)] = 255
    written = Image.new("L", image.size, 255)
    pen = ImageDraw.Draw(written)
    for index, char in enumerate(text):
        pen.text((left + (index + 0.5) * 32, 98), char, fill=0, font_size=24, anchor="mm")
    letters = np.where(np.asarray(written) < 128, 0, 255)
    return np.asarray(np.minimum(lines, letters), np.uint8)


@pytest.mark.parametrize("kept", [1.0, 0.7, 0.55])
def test_a_comb_of_dots_is_found_whole(kept: float) -> None:
    (comb,) = grids.find(_faxed(14, 100, kept, "12/03/2026"), DPI)
    assert len(comb.walls) == 15
    assert (comb.left, comb.right) == pytest.approx((100, 548), abs=3)
    assert (comb.top, comb.bottom) == pytest.approx((80, 116), abs=4)


def test_two_combs_on_a_row_stay_two() -> None:
    both: Grey = np.minimum(_faxed(9, 60, 0.7, "0503"), _faxed(10, 450, 0.7, "0604"))
    assert [len(comb.walls) for comb in grids.find(both, DPI)] == [10, 11]


def test_running_text_and_tables_are_no_combs() -> None:
    image = Image.new("L", (1200, 300), 255)
    draw = ImageDraw.Draw(image)
    for x in (60, 360, 700, 1000):
        draw.line((x, 40, x, 240), fill=0, width=2)
    for y in (40, 140, 240):
        draw.line((60, y, 1000, y), fill=0, width=2)
    draw.text((80, 60), "Hillil IIIIII lllllll", fill=0, font_size=28)
    draw.text((80, 170), "Attestation de droits aux soins", fill=0, font_size=28)
    assert grids.find(np.asarray(image, np.uint8), DPI) == ()


_LINES = (
    "ATTESTATION DE DROITS AUX SOINS",
    "Attestation de droits aux soins",
    "Hillil IIIIII lllllll 11111111",
    "Illimite nnnnn mmmm uuuuu titititi",
    "HHHHHHHHHHHHHHHHHH",
)


@pytest.mark.parametrize("size", [14, 18, 24])
@pytest.mark.parametrize("font", ["Courier", "Times-Roman", "Helvetica"])
def test_large_type_is_no_comb(font: str, size: int) -> None:
    """Stems at one pitch between rows of serifs: what a comb is, but for the type that fills it."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842))
    canvas.setFont(font, size)
    for row in range(15):
        canvas.drawString(40, 800 - 1.4 * size * row, _LINES[row % 5])
    canvas.save()
    fax = scans.scan(buffer.getvalue(), 200, 0, 14.0, g4=True, fmt="tiff", seed=3)
    page = documents.render(fax, "image/tiff", 1, DPI)
    assert grids.find(np.frombuffer(page.pixels, np.uint8).reshape(page.height, page.width), DPI) == ()


def test_a_comb_under_a_line_of_large_type_is_found_alone() -> None:
    image = Image.fromarray(_faxed(14, 100, 0.6, "12/03/2026"))
    ImageDraw.Draw(image).text((90, 20), "HIHIHI lllll HHHH", fill=0, font_size=44)
    (comb,) = grids.find(np.asarray(image, np.uint8), DPI)
    assert len(comb.walls) == 15
    assert comb.top == pytest.approx(80, abs=4)


@pytest.mark.parametrize("side", [0, 13])
def test_an_end_cell_of_which_one_rule_is_left_still_counts(side: int) -> None:
    faxed = _faxed(14, 100, 0.5, "123456")
    left = 100 + 32 * side
    faxed[76:84, left + 3 : left + 30] = 255
    (comb,) = grids.find(faxed, DPI)
    assert len(comb.walls) == 15


def test_a_label_between_two_combs_of_one_step_keeps_them_apart() -> None:
    both: Grey = np.minimum(_faxed(9, 60, 0.7, "0503"), _faxed(10, 60 + 32 * 11, 0.7, "0604"))
    image = Image.fromarray(both)
    ImageDraw.Draw(image).text((60 + 32 * 9 + 12, 86), "au", fill=0, font_size=24)
    assert [len(comb.walls) for comb in grids.find(np.asarray(image, np.uint8), DPI)] == [10, 11]
