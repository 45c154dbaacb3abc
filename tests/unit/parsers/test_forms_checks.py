"""What completeness means (forms.md, last section): each issue, its severity, its sentence, its picture."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from PIL import Image

from parsers.facts import Box, Fact, Issue, Severity, Source
from parsers.forms import checks
from parsers.forms.extract import Picture
from parsers.forms.normalise import REPAIRED
from tests.builders import forms
from tests.unit.parsers.reading_world import TEMPLATES, TODAY, read

TEMPLATE = TEMPLATES["se352-301"]
_NEVER: dict[str, Any] = {"establishment_name": None, "establishment_finess": None}


def _issues(**changes: Any) -> tuple[dict[tuple[str, str], Issue], dict[str, Picture]]:
    """Issues by code and field, and pictures by field, of a signed form of paper."""
    (only,) = read(forms.build_301(forms.sample_301(12, **changes), style="table"))
    return {(i.code, i.field or ""): i for i in only.issues}, {p.field: p for p in only.pictures}


def _shown(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.png))
    image.load()
    return image


def test_a_whole_form_has_no_issue() -> None:
    assert _issues() == ({}, {})


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"reference": None}, "reference", "Le numéro de l'attestation n'a pas été trouvé"),
        ({"patient_name": None}, "patient_name", "Le nom du patient n'a pas été trouvé"),
        (
            {"patient_birth_date": None},
            "patient_birth_date",
            "La date de naissance du patient n'a pas été trouvée",
        ),
        ({"start_date": None}, "start_date", "La date de début n'a pas été trouvée"),
        ({"end_date": None}, "end_date", "La date de fin n'a pas été trouvée"),
        ({"amount": None}, "amount", "Le montant accordé n'a pas été trouvé"),
        (_NEVER, "establishment_finess", "n'a pas été trouvé"),
    ],
)
def test_what_is_missing_is_an_error_with_the_picture_of_its_place(
    changes: dict[str, Any], field: str, sentence: str
) -> None:
    found, pictures = _issues(**changes)
    assert list(found) == [(checks.MISSING, field)]
    issue = found[checks.MISSING, field]
    assert issue.severity is Severity.ERROR
    assert sentence in issue.message
    assert "la pièce est gardée" in issue.message
    assert (issue.page, list(pictures)) == (1, [field])
    assert _shown(pictures[field]).width > 150


@pytest.mark.parametrize(
    ("changes", "code", "field", "told"),
    [
        (
            {"start_date": date(2026, 5, 10), "end_date": date(2026, 5, 1)},
            "end-before-start", "end_date", ("01/05/2026", "10/05/2026", "précède"),
        ),
        (
            {"patient_birth_date": TODAY + timedelta(days=40)},
            "birth-in-future", "patient_birth_date", ("02/01/2027", "dans l'avenir"),
        ),
        (
            {"establishment_finess": "130783294"},
            "finess-check", "establishment_finess", ("130783294", "clé de Luhn"),
        ),
        ({"amount": "douze mille"}, "amount-not-a-number", "amount", ("douze mille", "un nombre en euros")),
        ({"start_date": None, "issue_date": None}, checks.MISSING, "start_date", ("n'a pas été trouvée",)),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_an_error_that_names_value_and_rule(
    changes: dict[str, Any], code: str, field: str, told: tuple[str, ...]
) -> None:
    found, pictures = _issues(**changes)
    issue = found[code, field]
    assert issue.severity is Severity.ERROR
    assert [part for part in told if part not in issue.message] == []
    assert issue.box is not None
    assert min(_shown(pictures[field]).tobytes()) < 100, "something is printed there"


def test_a_number_of_another_length_is_a_warning_only() -> None:
    found, pictures = _issues(cnas_number="123456")
    assert [(key, i.severity) for key, i in found.items()] == [
        (("cnas-number-format", "cnas_number"), Severity.WARNING)
    ]
    assert list(pictures) == ["cnas_number"]


def _fact(name: str, value: str, normalised: str | None, source: Source = Source.OCR) -> Fact:
    return Fact(name, value, normalised, "0" * 64, 1, Box(10, 10, 60, 20), source, 0.5)


def _of(*facts: Fact, codes: dict[str, str] | None = None) -> dict[str, Issue]:
    """Issues of some facts alone, what is missing left out."""
    found = checks.issues(TEMPLATE, facts, codes or {}, {}, "se352-301", TODAY)
    return {i.code: i for i in found if i.code != checks.MISSING and i.field in {f.name for f in facts}}


@pytest.mark.parametrize("name", ["patient_birth_date", "start_date", "end_date"])
def test_a_date_that_cannot_be_understood_is_an_error(name: str) -> None:
    (issue,) = _of(_fact(name, "3?/02/20", None)).values()
    assert (issue.code, issue.severity) == ("unreadable", Severity.ERROR)
    assert "« 3?/02/20 » n'a pas pu être comprise comme attendu" in issue.message


@pytest.mark.parametrize(
    ("name", "value", "normalised", "sentence"),
    [
        ("end_date", "O1/O5/2026", "2026-05-01", "La date de fin a été lue {} et comprise « 01/05/2026 »"),
        ("amount", "12 3O5,67", "12305.67", "Le montant accordé a été lu {} et compris « 12\u202f305"),
        ("establishment_finess", "S90796975", "590796975", "a été lu {} et compris « 590796975 »"),
    ],
)  # fmt: skip
def test_a_repaired_value_is_told_with_what_was_seen(
    name: str, value: str, normalised: str, sentence: str
) -> None:
    (issue,) = _of(_fact(name, value, normalised), codes={name: REPAIRED}).values()
    assert (issue.code, issue.severity) == (REPAIRED, Severity.INFO)
    assert sentence.format(f"« {value} »") in issue.message
    assert REPAIRED not in checks.TO_COMPLETE, "the hospital is not asked to mend what was badly read"


def test_two_sources_that_disagree_are_told_with_both_values() -> None:
    facts = (
        _fact("amount", "800,00", "800.00", Source.ACROFORM),
        _fact("amount", "900,00", "900.00", Source.TEXT),
    )
    (issue,) = _of(*facts).values()
    assert (issue.code, issue.severity) == ("sources-disagree", Severity.WARNING)
    assert "« 800,00 » et « 900,00 »" in issue.message


@pytest.mark.parametrize(
    ("verdict", "code"), [("absent", "signature-absent"), ("illegible", "signature-illegible")]
)
def test_a_patient_who_did_not_sign_is_a_warning(verdict: str, code: str) -> None:
    (issue,) = _of(_fact("patient_signature", verdict, verdict)).values()
    assert (issue.code, issue.severity) == (code, Severity.WARNING)
    assert "cadre 4" in issue.message
    assert code in checks.TO_COMPLETE


def test_what_a_person_must_see_stays_and_what_is_wrong_is_never_sent_back() -> None:
    wrong = {
        "finess-check",
        "amount-not-a-number",
        "end-before-start",
        "birth-in-future",
        "sources-disagree",
    }
    assert wrong.isdisjoint(checks.TO_COMPLETE)
