"""The words a form is found by are those written in it: neither its labels, nor what every copy prints."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.triage.read import ReadDocument
from gateway.triage.wording import template_of, wording
from storage.documents import Document, FactRow
from tests.builders import seed
from tests.builders.office import CIRCUIT

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _read(kind: str, **values: str) -> ReadDocument:
    row = Document(
        delivery="d",
        position=0,
        path="0",
        name="d",
        media_type="application/pdf",
        sha256="a",
        size=1,
        kind=kind,
    )
    facts = tuple(
        FactRow(document_id=0, name=name, value=value, source="ocr", confidence=1, at=AT)
        for name, value in values.items()
    )
    return ReadDocument(row, facts, ())


def test_names_and_values_are_told_from_the_print() -> None:
    circuit = seed.circuits().by_name[CIRCUIT]
    found = wording(
        _read(
            "se352-301",
            patient_name="Domicile",
            patient_first_names="Aïcha",
            patient_address="12 rue Lepic",
            care_type="had",
        ),
        circuit,
    )
    assert {"HAD", "HOSPITALISATION", "ATTESTATION", "ALGERIEN", "CADRE"} <= found.printed
    assert set(found.names) == {"DOMICILE", "AICHA"}
    assert set(found.values) == {"DOMICILE", "AICHA", "12", "RUE", "LEPIC"}
    assert "DOMICILE" not in found.printed


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("se352-301", "se352-301"),
        ("se352-302-request", "se352-302"),
        ("se352-302-answer", "se352-302"),
        ("question", None),
        (None, None),
    ],
)
def test_each_kind_has_the_print_of_its_form(kind: str | None, form: str | None) -> None:
    template = template_of(kind, seed.circuits().by_name[CIRCUIT])
    assert (template.name if template else None) == form


def test_what_has_no_form_keeps_its_words() -> None:
    circuit = seed.circuits().by_name[CIRCUIT]
    assert wording(_read("question", patient_name="Haddad"), circuit).printed == frozenset()
