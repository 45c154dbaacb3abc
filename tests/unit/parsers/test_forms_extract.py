"""Both forms, in four layouts: every field, ticks, combs, signatures, issues, pictures."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from io import BytesIO

import pytest
from PIL import Image

from parsers.facts import Box, FormField, Page, Severity, Source, Word
from parsers.forms.extract import extract
from tests.builders import forms, reports, xfa
from tests.builders.sheet import Style
from tests.builders.truth import truth
from tests.unit.parsers.reading_world import TEMPLATES, TODAY, by_name, read

STYLES: tuple[Style, ...] = ("acroform", "flat", "table", "comb")
FONTS = ("Helvetica", "Times-Roman", "Courier")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", [2, 3, 5])
def test_every_field_of_a_301(style: Style, seed: int) -> None:
    rights = date(2026, 5, 4)
    data = forms.sample_301(
        seed,
        admission_date=rights,
        stay_number="900123",
        provisional_nir="556112345678921",
        rights_start=rights,
        rights_end=rights + timedelta(days=30),
    )
    (only,) = read(forms.build_301(data, style=style, font=FONTS[seed % 3], seed=seed, copy=2))
    got = {name: fact.normalised for name, fact in by_name(only.facts).items()}
    wanted = truth(data, TEMPLATES["se352-301"]) | {
        "copy": "2",
        "patient_signature": "present",
        "issuer_signature": "present",
    }
    assert got == wanted
    assert all(fact.page == 1 and fact.box is not None for fact in only.facts)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("answered", [False, True])
def test_every_field_of_a_302(style: Style, answered: bool) -> None:
    data = forms.sample_302(7, answered=answered)
    (only,) = read(forms.build_302(data, style=style, seed=7))
    got = {name: fact.normalised for name, fact in by_name(only.facts).items()}
    wanted = truth(data, TEMPLATES["se352-302"]) | {
        "request_signature": "present",
        "answer_signature": "present" if answered else "absent",
    }
    assert got == wanted


def test_fields_named_as_ours_are_taken_by_name() -> None:
    data = forms.sample_301(4)
    (only,) = read(forms.build_301(data, named=True), bitmaps=False)
    got = by_name(only.facts)
    assert got["care_type"].normalised == data.care_type
    assert got["amount"].source is Source.ACROFORM
    assert got["amount"].confidence == pytest.approx(0.99)


def test_an_empty_place_is_absent_not_its_neighbour() -> None:
    for style in STYLES:
        data = forms.sample_301(
            6, patient_first_names=None, quote_date=None, end_date=None, care_nature=None
        )
        (only,) = read(forms.build_301(data, style=style))
        missing = {"patient_first_names", "quote_date", "end_date", "care_nature"}
        assert not missing & set(by_name(only.facts)), style


@pytest.mark.parametrize("style", STYLES)
def test_an_unsigned_box_4_is_a_warning_with_its_picture(style: Style) -> None:
    (only,) = read(forms.build_301(forms.sample_301(8), style=style, signed=False))
    assert by_name(only.facts)["patient_signature"].normalised == "absent"
    issue = next(i for i in only.issues if i.code == "signature-absent")
    assert (issue.field, issue.severity) == ("patient_signature", Severity.WARNING)
    assert "cadre 4" in issue.message
    (picture,) = only.pictures
    image = Image.open(BytesIO(picture.png))
    assert image.width > 300
    assert image.height > 60


def test_without_an_image_a_signature_is_unknown_not_absent() -> None:
    (only,) = read(forms.build_301(forms.sample_301(8), style="flat", signed=False), bitmaps=False)
    assert "patient_signature" not in by_name(only.facts)
    assert [i.code for i in only.issues] == ["unreadable"]


def test_missing_fields_are_errors_for_the_case_worker() -> None:
    data = forms.sample_301(9, amount=None, patient_name=None, establishment_finess=None)
    (only,) = read(forms.build_301(data, style="table"))
    errors = {i.field for i in only.issues if i.severity is Severity.ERROR and i.code == "missing"}
    assert errors == {"amount", "patient_name"}, "the establishment's name is enough without its FINESS"
    assert {p.field for p in only.pictures} == errors


def test_no_establishment_at_all_is_an_error() -> None:
    data = forms.sample_301(9, establishment_name=None, establishment_finess=None)
    (only,) = read(forms.build_301(data, style="table"))
    assert ("missing", "establishment_finess") in {(i.code, i.field) for i in only.issues}


def test_contradictions_name_the_value_and_the_rule() -> None:
    data = forms.sample_301(
        10,
        start_date=date(2026, 5, 10),
        end_date=date(2026, 5, 1),
        patient_birth_date=TODAY + timedelta(days=40),
        establishment_finess="130783294",
        amount="douze mille",
        cnas_number="123456",
    )
    (only,) = read(forms.build_301(data, style="flat"))
    seen = {i.code: i for i in only.issues}
    assert set(seen) == {
        "end-before-start",
        "birth-in-future",
        "finess-check",
        "amount-not-a-number",
        "cnas-number-format",
    }
    assert "01/05/2026" in seen["end-before-start"].message
    assert "10/05/2026" in seen["end-before-start"].message
    assert "130783294" in seen["finess-check"].message
    assert seen["cnas-number-format"].severity is Severity.WARNING
    assert seen["finess-check"].severity is Severity.ERROR
    assert by_name(only.facts)["amount"].normalised is None


def test_two_sources_that_disagree_are_both_kept() -> None:
    template = TEMPLATES["se352-301"]
    field = forms.build_301(forms.sample_301(1), named=True)
    (only,) = read(field, bitmaps=False)
    assert not any(i.code == "sources-disagree" for i in only.issues)
    page = Page(
        1,
        595,
        842,
        _words(("Autorisation de soins", 40, 700), ("Montant accordé", 40, 650), ("900,00", 160, 650)),
        Source.TEXT,
    )
    filled = [replace(f, page=1, box=None) for f in _widget("amount", "800,00")]
    found = extract(template, [page], filled, {}, "0" * 64, TODAY)
    amounts = [(f.source, f.normalised) for f in found.facts if f.name == "amount"]
    assert amounts == [(Source.ACROFORM, "800.00"), (Source.TEXT, "900.00")]
    assert any(i.code == "sources-disagree" and i.field == "amount" for i in found.issues)


def test_labels_above_their_values_and_a_missing_heading() -> None:
    words = _words(
        ("Institution compétente et assuré", 40, 760),
        ("Nom", 40, 740), ("Prénom(s)", 200, 740),
        ("HADDAD", 40, 728), ("Nadia", 200, 728),
        ("Nom", 40, 700), ("Prénom(s)", 200, 700),
        ("HADDAD", 40, 688), ("Yacine", 200, 688),
    )  # fmt: skip
    found = extract(
        TEMPLATES["se352-301"], [Page(1, 595, 842, words, Source.TEXT)], (), {}, "0" * 64, TODAY
    )
    got = {f.name: f.value for f in found.facts}
    assert got["insured_first_names"] == "Nadia"
    assert got["patient_first_names"] == "Yacine"


def test_printed_ticks_of_a_typed_form() -> None:
    words = _words(
        ("Demande de l'établissement", 40, 700),
        ("[X]", 40, 680), ("Poursuite des soins", 60, 680),
        ("☐", 200, 680), ("Modification des soins", 215, 680),
        ("Rapport médical joint", 40, 660),
        ("☐", 160, 660), ("oui", 172, 660), ("☒", 200, 660), ("non", 212, 660),
    )  # fmt: skip
    found = extract(
        TEMPLATES["se352-302"], [Page(1, 595, 842, words, Source.TEXT)], (), {}, "0" * 64, TODAY
    )
    got = {f.name: f.normalised for f in found.facts}
    assert got["request_type"] == "poursuite"
    assert got["medical_report_joined"] == "no"
    assert found.kind == "se352-302-request"


def test_a_colon_with_nothing_after_it_is_empty() -> None:
    words = _words(
        ("Bénéficiaire des soins", 40, 760),
        ("Adresse en Algérie :", 40, 740),
        ("Une phrase imprimée du formulaire.", 40, 727),
    )
    found = extract(
        TEMPLATES["se352-301"], [Page(1, 595, 842, words, Source.TEXT)], (), {}, "0" * 64, TODAY
    )
    assert found.facts == ()


def test_a_report_has_no_facts() -> None:
    assert all(r.facts == () for r in read(reports.medical_report()))


def _words(*runs: tuple[str, float, float]) -> tuple[Word, ...]:
    """Text set at 10 points, five points a character."""
    words = []
    for text, x, y in runs:
        at = x
        for part in text.split():
            words.append(Word(part, Box(at, y, at + 5 * len(part), y + 10)))
            at += 5 * len(part) + 3
    return tuple(words)


def _widget(name: str, value: str) -> list[FormField]:
    return [FormField(name, value, 1, None, Source.ACROFORM)]


@pytest.mark.parametrize("whole", [False, True])
def test_values_kept_only_as_xfa_data(whole: bool) -> None:
    data = forms.sample_302(3, request_type=("poursuite", "modification"))
    wanted = truth(data, TEMPLATES["se352-302"])
    blank = {f.name: None for f in fields(data) if f.name != "request_type"}
    empty = forms.build_302(replace(data, request_type=(), **blank), "flat")
    (only,) = read(xfa.with_data(empty, wanted, whole))
    got = {f.name: f.normalised for f in only.facts if f.source is Source.XFA}
    assert got == wanted


def test_what_a_hand_wrote_is_never_said_with_confidence() -> None:
    """The engine may be as sure as it likes of a place and a date of box 4: it was trained on print."""
    words = _words(
        ("Autorisation de soins", 40, 760), ("Du", 40, 740), ("05/05/2026", 60, 740),
        ("au", 200, 740), ("05/06/2026", 220, 740),
        ("Déclaration du bénéficiaire", 40, 700), ("Fait à", 40, 680), ("ORAN", 80, 680),
        ("le", 200, 680), ("03/05/2026", 220, 680),
        ("Cadre 5", 40, 640), ("Date d'admission", 40, 620), ("07/05/2026", 140, 620),
    )  # fmt: skip
    found = extract(TEMPLATES["se352-301"], [Page(1, 595, 842, words, Source.OCR)], (), {}, "0" * 64, TODAY)
    sure = {f.name: f.confidence for f in found.facts}
    assert sure["start_date"] > 0.9
    assert {n: c for n, c in sure.items() if n.startswith(("declaration", "admission")) and c > 0.8} == {}
    assert {"declaration_place", "declaration_date", "admission_date"} <= set(sure)
