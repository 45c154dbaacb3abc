"""Templates are checked word by word; every refusal is one French sentence."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from parsers.errors import Malformed
from parsers.forms.load import load_template
from parsers.forms.template import FieldType
from tests.unit.parsers.reading_world import FOLDER, TEMPLATES

_LISTED = {
    "se352-301": (
        "copy reference issue_date institution insured_quality cnas_number insured_name "
        "insured_first_names insured_birth_date patient_name patient_first_names patient_sex "
        "patient_birth_date patient_address establishment_name establishment_finess care_nature "
        "care_type start_date end_date quote_reference quote_date amount issuer_signature "
        "declaration_place declaration_date patient_signature admission_date stay_number "
        "provisional_nir rights_start rights_end "
    ),
    "se352-302": (
        "reference patient_name patient_first_names patient_birth_date cnas_number establishment_name "
        "establishment_finess request_type request_reason requested_start requested_end "
        "requested_care additional_amount medical_report_joined physician request_date "
        "request_signature answer granted_start granted_end granted_amount answer_reason answer_date "
        "answer_signature "
    ),
}


@pytest.mark.parametrize("name", sorted(_LISTED))
def test_every_field_of_the_reference_is_there(name: str) -> None:
    assert {f.name for f in TEMPLATES[name].fields} == set(_LISTED[name].split())
    assert TEMPLATES[name].status == "reconstructed"


def test_every_required_field_has_a_title_for_people() -> None:
    for template in TEMPLATES.values():
        for field in template.fields:
            assert field.title, field.name
            assert field.labels, field.name
            assert (field.type is FieldType.CHOICE) == bool(field.choices)


def _set(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        data[key] = value

    return change


def _set_field(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        data["field"][0][key] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("status", "draft"), "statut"),
        (_set("colour", "blue"), "colour"),
        (_set("titles", "one"), "titles"),
        (_set("name", ""), "name"),
        (_set_field("type", "integer"), "integer|inconnu"),
        (_set_field("box", "99"), "99"),
        (_set_field("pattern", "("), "pattern"),
        (_set_field("required", "perhaps"), "required"),
        (_set_field("after", "nobody"), "nobody"),
        (_set_field("choices", [{"value": "a", "labels": ["A"]}]), "choix"),
        (_set_field("name", "reference"), "deux fois"),
        (_set("check", [{"rule": "sum", "code": "x", "fields": []}]), "sum"),
        (_set("check", [{"rule": "order", "code": "x", "fields": ["start_date"]}]), "2 champ"),
        (_set("variant", [{"kind": "k", "when": ["nobody"]}]), "nobody"),
        (_set("field", {"name": "x"}), "tables"),
    ],
)
def test_a_fault_is_named(change: Callable[[dict[str, Any]], None], said: str) -> None:
    data = copy.deepcopy(tomllib.loads((FOLDER / "se352-301.toml").read_text("utf-8")))
    change(data)
    with pytest.raises(Malformed, match=said):
        load_template(data)
