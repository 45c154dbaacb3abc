"""Printed values to typed ones: dates, money, FINESS, NIR, numbers, names; repairs lower the certainty."""

from __future__ import annotations

import pytest

from parsers.forms.normalise import REPAIRED, cleaned, finess_ok, typed
from parsers.forms.template import FieldType


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12/03/2026", "2026-03-12"),
        ("1/3/2026", "2026-03-01"),
        ("12.03.2026", "2026-03-12"),
        ("12 - 03 - 2026", "2026-03-12"),
        ("12032026", "2026-03-12"),
        ("12 03 2026", "2026-03-12"),
        ("2026-03-12", "2026-03-12"),
        ("1er mars 2026", "2026-03-01"),
        ("12 AOÛT 2026", "2026-08-12"),
        ("le 5 févr. 2026", "2026-02-05"),
        ("31/02/2026", None),
        ("12/2026", None),
        ("demain", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    assert typed(FieldType.DATE, text).normalised == expected


def test_a_year_of_two_digits_is_not_sure() -> None:
    assert typed(FieldType.DATE, "12/03/61").normalised == "1961-03-12"
    assert typed(FieldType.DATE, "12/03/61").certainty < 0.9


def test_the_walls_of_a_comb_are_not_digits() -> None:
    seen = typed(FieldType.DATE, "2|3|/|0|2|/[2|0|2|6", optical=True)
    assert seen.normalised == "2026-02-23"
    assert seen.certainty < 0.9


@pytest.mark.parametrize("text", ["l2/O3/2026", "12/0372026", "12103/2026"])
def test_slips_in_a_date_are_repaired_on_images_only(text: str) -> None:
    assert typed(FieldType.DATE, text, optical=True).normalised == "2026-03-12"
    assert typed(FieldType.DATE, text).normalised is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 345,67 €", "12345.67"),
        ("12\u202f345,67", "12345.67"),
        ("12.345,67 EUR", "12345.67"),
        ("12345.67", "12345.67"),
        ("€ 800", "800.00"),
        ("800,5", "800.50"),
        ("1 234 567,00", "1234567.00"),
        ("douze mille", None),
        ("12,345,67", None),
        ("-12,00", None),
        ("12 34,5 67", None),
    ],
)
def test_amounts(text: str, expected: str | None) -> None:
    seen = typed(FieldType.MONEY, text)
    assert seen.normalised == expected
    assert seen.code == (None if expected else "amount-not-a-number")


def test_an_amount_without_cents_on_an_image_is_not_sure() -> None:
    assert typed(FieldType.MONEY, "85 153", optical=True).certainty < 0.9


def test_finess_has_a_key_and_corsica_letters() -> None:
    assert typed(FieldType.FINESS, "13 078 329 3").normalised == "130783293"
    assert finess_ok("130783293")
    assert not finess_ok("130783294")
    assert finess_ok("2A0000154") == finess_ok("210000154")
    wrong = typed(FieldType.FINESS, "130783294")
    assert (wrong.normalised, wrong.code) == ("130783294", "finess-check")
    assert wrong.certainty <= 0.5
    assert typed(FieldType.FINESS, "13O783293", optical=True).normalised == "130783293"
    assert typed(FieldType.FINESS, "12345").code == "finess-check"


def test_nir_has_a_key() -> None:
    body = "5561123456789"
    key = f"{97 - int(body) % 97:02d}"
    assert typed(FieldType.NIR, f"{body} {key}").normalised == body + key
    assert typed(FieldType.NIR, body).normalised == body
    wrong = f"{(int(key) + 1) % 97:02d}"
    assert typed(FieldType.NIR, body + wrong).code == "nir-key"
    assert typed(FieldType.NIR, "12").normalised is None


def test_numbers_and_names() -> None:
    assert typed(FieldType.NUMBER, "15 01 03 34").normalised == "15010334"
    assert typed(FieldType.NUMBER, "12A34").normalised is None
    assert typed(FieldType.NUMBER, "12B34", optical=True).normalised == "12834"
    assert typed(FieldType.NAME, "Aït-Kaci  d’Œuf").normalised == "AIT-KACI D'OEUF"
    assert typed(FieldType.NAME, "BENAL1", optical=True).normalised == "BENALI"
    assert typed(FieldType.NAME, "BENAL1", optical=True).certainty < 0.9


def test_text_is_kept_and_leaders_are_dropped() -> None:
    assert cleaned(" : …… Alger ____ ") == "Alger"
    assert typed(FieldType.TEXT, "CHU  de   Lille").normalised == "CHU de Lille"
    repaired = typed(FieldType.TEXT, "Montpe11ier", optical=True)
    assert repaired.normalised == "Montpellier"
    assert repaired.certainty < 0.9
    assert typed(FieldType.TEXT, "--").normalised is None


@pytest.mark.parametrize(
    "slip", ["690796975", "598796975", "590196975", "590795975", "590796915", "590796976"]
)
def test_a_finess_one_confusion_away_from_the_only_right_key_is_repaired_and_less_sure(slip: str) -> None:
    seen = typed(FieldType.FINESS, slip, optical=True)
    assert (seen.normalised, seen.code, seen.certainty) == ("590796975", REPAIRED, 0.55)
    printed = typed(FieldType.FINESS, slip)
    assert (printed.normalised, printed.code, printed.certainty) == (slip, "finess-check", 0.5)


@pytest.mark.parametrize("slip", ["138783293", "130703293", "130733293", "130783298"])
def test_a_finess_that_two_repairs_would_make_right_is_left_as_read(slip: str) -> None:
    seen = typed(FieldType.FINESS, slip, optical=True)
    assert (seen.normalised, seen.code, seen.certainty) == (slip, "finess-check", 0.5)


def test_a_letter_in_a_finess_is_repaired_once_and_never_with_a_digit_besides() -> None:
    seen = typed(FieldType.FINESS, "S90796975", optical=True)
    assert (seen.normalised, seen.code, seen.certainty) == ("590796975", REPAIRED, 0.7)
    twice = typed(FieldType.FINESS, "S90796976", optical=True)
    assert (twice.normalised, twice.code) == ("590796976", "finess-check")


@pytest.mark.parametrize(
    ("kind", "text", "meant"),
    [
        (FieldType.DATE, "l2/O3/2026", "2026-03-12"),
        (FieldType.DATE, "1|2|/|0|3|/|2|0|2|6", "2026-03-12"),
        (FieldType.DATE, "12/0372026", "2026-03-12"),
        (FieldType.DATE, "12/03/26", "2026-03-12"),
        (FieldType.MONEY, "12 3O5,67", "12305.67"),
        (FieldType.NUMBER, "12B34", "12834"),
    ],
)
def test_every_repair_says_so_and_is_less_sure(kind: FieldType, text: str, meant: str) -> None:
    seen = typed(kind, text, optical=True)
    assert (seen.normalised, seen.code) == (meant, REPAIRED)
    assert seen.certainty < 0.9


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FieldType.DATE, "12/03/2026"),
        (FieldType.MONEY, "12 305,67"),
        (FieldType.NUMBER, "12 834"),
        (FieldType.FINESS, "590796975"),
    ],
)
def test_what_is_read_plainly_is_no_repair(kind: FieldType, text: str) -> None:
    seen = typed(kind, text, optical=True)
    assert (seen.code, seen.certainty) == (None, 1.0)


def test_no_date_that_does_not_exist_is_repaired_into_another() -> None:
    for impossible in ("31/11/2026", "30/02/2026", "12/13/2026"):
        assert typed(FieldType.DATE, impossible, optical=True).normalised is None


def test_a_diaeresis_that_was_not_seen_is_put_back() -> None:
    for read, meant in (("Béjaia", "Béjaïa"), ("Dr Ait Kaci", "Dr Aït Kaci"), ("Béjaīa", "Béjaïa")):
        seen = typed(FieldType.TEXT, read, optical=True)
        assert (seen.normalised, seen.certainty < 0.9) == (meant, True)
    assert typed(FieldType.TEXT, "Béjaia").normalised == "Béjaia"


def test_the_end_of_a_label_is_no_value() -> None:
    assert cleaned("nº DZ-2026-916621") == cleaned("n°DZ-2026-916621") == "DZ-2026-916621"


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("l16, boulevard Zighoud", "116, boulevard Zighoud"),
        ("|2 rue de l'Atlas", "12 rue de l'Atlas"),
        ("Mal23", "Mal23"),
        ("l'an", "l'an"),
    ],
)
def test_an_l_that_begins_a_number_is_a_one(read: str, meant: str) -> None:
    seen = typed(FieldType.TEXT, read, optical=True)
    assert (seen.normalised, seen.certainty < 0.9) == (meant, read != meant)
