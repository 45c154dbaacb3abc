"""Values given to the label they stand under, even where columns touch."""

from __future__ import annotations

import pytest

from parsers.facts import Box, Word
from parsers.forms import anchors, values
from parsers.layout import lines
from tests.unit.parsers.reading_world import TEMPLATES

TEMPLATE = TEMPLATES["se352-301"]


def _word(text: str, x: float, y: float) -> Word:
    return Word(text, Box(x, y, x + 5 * len(text), y + 10))


def _read(words: list[Word]) -> dict[str, str]:
    rows = lines(words)
    found = anchors.find(rows, TEMPLATE, optical=True)
    kept = anchors.resolve(found, anchors.regions(found, TEMPLATE, "header"))
    given = values.assign(kept, anchors.remaining(rows, kept))
    return {kept[i].field.name: v.text for i, v in given.items() if kept[i].field is not None}  # type: ignore[union-attr]


@pytest.mark.parametrize("edge", [338.0, 343.0, 345.0, 352.0])
def test_a_value_a_hair_left_of_its_label_is_still_its_own(edge: float) -> None:
    words = [
        _word("Autorisation", 40, 700), _word("de", 105, 700), _word("soins", 118, 700),
        _word("Établissement", 40, 680), _word("de", 110, 680), _word("santé", 125, 680),
        _word("FINESS", 345, 680),
        _word("CHU", 42, 667), _word("de", 60, 667), _word("Lille", 74, 667),
        _word("590796975", edge, 667),
    ]  # fmt: skip
    assert _read(words) == {"establishment_name": "CHU de Lille", "establishment_finess": "590796975"}


def test_a_long_value_that_runs_under_the_next_label_stays_whole() -> None:
    words = [
        _word("Autorisation", 40, 700), _word("de", 105, 700), _word("soins", 118, 700),
        _word("Nature", 40, 680), _word("des", 75, 680), _word("soins", 95, 680),
        _word("FINESS", 100, 680), _word("Chirurgie", 42, 667), _word("lourde", 95, 667),
    ]  # fmt: skip
    assert _read(words)["care_nature"] == "Chirurgie lourde"
