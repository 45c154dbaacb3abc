"""The pre-filled form says what the case says, says what it is, and our own reader reads it back."""

from __future__ import annotations

from gateway.outbound.prefilled import FORM_302, prefilled
from parsers import acroform
from tests.builders import shipped

VALUES = {
    "reference": "DZ-2026-117042",
    "cnas_number": "196112345678",
    "patient_name": "BENALI",
    "patient_first_names": "Mohamed",
    "patient_birth_date": "14/03/1961",
    "establishment_name": "CHU DE L'EXEMPLE",
    "establishment_finess": "750100042",
}


def test_every_field_is_read_back_by_its_name() -> None:
    template = shipped.circuit().templates[FORM_302]
    inside = acroform.contents(prefilled(template, VALUES))
    read = {field.name: field.value for field in inside.fields if field.value not in {"", "/Off", "Off"}}
    assert read == VALUES
    assert inside.active == ()


def test_a_blank_form_names_nobody() -> None:
    template = shipped.circuit().templates[FORM_302]
    blank = acroform.contents(prefilled(template, {}))
    assert {f.value for f in blank.fields} <= {"", "/Off", "Off", None}
    assert {f.name for f in blank.fields} >= set(VALUES)


def test_it_says_that_it_is_a_reconstruction_and_is_stable() -> None:
    template = shipped.circuit().templates[FORM_302]
    made = prefilled(template, VALUES)
    assert made == prefilled(template, VALUES)
