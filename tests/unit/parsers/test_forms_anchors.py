"""Labels found through the slips of optical reading, and not found where they are no labels."""

from __future__ import annotations

import pytest

from parsers.facts import Box, Word
from parsers.forms import anchors
from parsers.layout import lines
from tests.unit.parsers.reading_world import TEMPLATES

TEMPLATE = TEMPLATES["se352-301"]


def _fields(*runs: tuple[str, float, float]) -> list[str]:
    """Fields whose labels are seen among words set at 10 points, five points a character."""
    words = []
    for text, x, y in runs:
        at = x
        for part in text.split():
            words.append(Word(part, Box(at, y, at + 5 * len(part), y + 10)))
            at += 5 * len(part) + 3
    found = anchors.find(lines(words), TEMPLATE, optical=True)
    kept = anchors.resolve(found, anchors.regions(found, TEMPLATE, "header"))
    return [a.field.name for a in kept if a.field is not None]


@pytest.mark.parametrize("sign", ["°", "º", ""])
def test_the_sign_of_a_number_is_read_in_any_way(sign: str) -> None:
    seen = _fields(("Autorisation de soins", 40, 700), (f"Devis n{sign}", 40, 650), ("du", 200, 650))
    assert seen == ["quote_reference", "quote_date"]


@pytest.mark.parametrize(
    "label",
    ["Date d'admission", "Date d'admnission", "Date d'adrnission", "Dato d'admission", "Date d'admissio"],
)
def test_a_letter_too_many_or_too_few_is_still_the_label(label: str) -> None:
    assert _fields(("Cadre 5", 40, 700), (label, 40, 650)) == ["admission_date"]


def test_a_long_word_that_begins_as_a_label_is_none() -> None:
    assert _fields(("Autorisation de soins", 40, 700), ("Hospitalisations", 40, 650)) == []
