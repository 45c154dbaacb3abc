"""Cells to typed values: days, amounts, names, reasons; never a guess."""

from __future__ import annotations

from datetime import date

import pytest

from parsers.claimvalues import ReasonWords, amount_in, days_in, names_in, reason_in


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("du 01/03/2026 au 10/03/2026", (date(2026, 3, 1), date(2026, 3, 10))),
        ("2026-03-01", (date(2026, 3, 1),)),
        ("2026-03-01 00:00:00", (date(2026, 3, 1),)),
        ("1er mars 2026 - 3 avril 2026", (date(2026, 3, 1), date(2026, 4, 3))),
        ("01.03.2026", (date(2026, 3, 1),)),
        ("31/02/2026", ()),
        ("F-2026-118", ()),
        ("", ()),
    ],
)
def test_days(text: str, days: tuple[date, ...]) -> None:
    assert days_in(text) == days


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12 345,67 €", "12345.67"),
        ("12345.6", "12345.60"),
        ("1\u202f300,50 EUR", "1300.50"),
        ("8120", "8120.00"),
        ("12,345.67", None),
        ("-5,00", None),
        ("gratuit", None),
        ("", None),
    ],
)
def test_amounts(text: str, amount: str | None) -> None:
    assert amount_in(text) == amount


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("BENALI Karima", ("BENALI", "Karima")),
        ("Karima BENALI", ("BENALI", "Karima")),
        ("BEN ALI Karima Zohra", ("BEN ALI", "Karima Zohra")),
        ("BENALI KARIMA", ("BENALI", "KARIMA")),
        ("benali, karima", ("benali", "karima")),
        ("BENALI", ("BENALI", None)),
        ("  ", (None, None)),
    ],
)
def test_names(text: str, names: tuple[str | None, str | None]) -> None:
    assert names_in(text) == names


def test_the_longest_phrase_wins_and_a_tie_is_for_a_person() -> None:
    words = (
        ReasonWords("form", ("manquant", "formulaire manquant")),
        ReasonWords("report", ("compte rendu manquant",)),
        ReasonWords("amount", ("montants",)),
    )
    assert reason_in("Compte-rendu  MANQUANT !", words) == "report"
    assert reason_in("pièce manquant", words) == "form"
    assert reason_in("manquant et montants", words) is None
    assert reason_in("manquante", words) is None
    assert reason_in("", words) is None
