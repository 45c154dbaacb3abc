"""What is left of hairlines on a fax: rules found dotted, walls followed as far as they run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from parsers import hairlines

UNIT = 200 / 72
Ink = npt.NDArray[np.uint8]


def _dotted(kept: float, cells: int = 12, gap: int = 0) -> Ink:
    """Two rules 36 rows apart with a wall each 30 columns from 60; two are left out at ``gap``."""
    page = np.zeros((200, 600), np.uint8)
    for row in (80, 116):
        page[row, 60 : 61 + 30 * cells] = 1
    for wall in range(cells + 1):
        page[80:117, 60 + 30 * wall] = 1
    page[np.random.default_rng(5).random(page.shape) > kept] = 0
    if gap:
        page[:, 61 + 30 * gap : 60 + 30 * (gap + 2)] = 0
    return page


@pytest.mark.parametrize("kept", [1.0, 0.6, 0.35])
def test_a_rule_is_found_by_its_dots(kept: float) -> None:
    rows = sorted(row for row, _, _ in hairlines.rules(_dotted(kept), UNIT))
    assert rows == pytest.approx([80, 116], abs=1)


def test_a_row_of_type_is_no_rule() -> None:
    page = np.zeros((200, 600), np.uint8)
    page[90:110, 60:400:8] = 1
    page[90:110, 61:400:8] = 1
    assert all(not 92 <= row <= 107 for row, _, _ in hairlines.rules(page, UNIT))


@pytest.mark.parametrize("kept", [1.0, 0.6, 0.4])
def test_a_few_walls_lead_to_all_of_them(kept: float) -> None:
    (walls,) = hairlines.along(_dotted(kept), 80, 116, [180.0, 210.0, 240.0, 270.0])
    assert walls == pytest.approx([60 + 30 * n for n in range(13)])


def test_walls_stop_where_both_rules_do() -> None:
    first, *others = hairlines.along(_dotted(0.7, gap=6), 80, 116, [90.0, 120.0, 150.0])
    assert first == pytest.approx([60 + 30 * n for n in range(7)])
    assert others == []


def test_a_comb_taken_for_the_next_one_too_is_cut() -> None:
    parts = hairlines.along(_dotted(0.8, gap=6), 80, 116, [60.0 + 30 * n for n in range(13)])
    assert [len(p) for p in parts if len(p) > 1] == [7, 5]


@pytest.mark.parametrize("kind", ["blank", "black", "noise", "a strip"])
def test_pixels_of_nothing_give_rules_inside_the_page_or_none(kind: str) -> None:
    shape = (3, 900) if kind == "a strip" else (600, 900)
    dice = np.random.default_rng(20261123)
    dark = {
        "blank": np.zeros(shape, np.uint8),
        "black": np.ones(shape, np.uint8),
    }.get(kind, (dice.random(shape) < 0.4).astype(np.uint8))
    found = hairlines.rules(dark, UNIT)
    assert all(0 <= row < shape[0] and left < right for row, left, right in found)
    assert kind not in {"blank", "black"} or found == []
