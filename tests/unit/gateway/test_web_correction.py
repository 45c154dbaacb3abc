"""A correction is one more fact: the reading stays, the type is checked, the log names the field only."""

from __future__ import annotations

import pytest
from httpx import Client, Response

from gateway.evidence.record import Kind
from storage import documents, sheets
from tests.worlds import web
from tests.worlds.web import World


def _address(world: World, name: str, key: str = "form") -> str:
    return f"/elements/{world.office.items[key]}/documents/{world.office.documents[key]}/champs/{name}"


def _correct(world: World, client: Client, name: str, value: str) -> Response:
    form = {"csrf": web.csrf(client, "/files"), "valeur": value}
    return client.post(_address(world, name), data=form)


def test_a_correction_is_added_and_settles_the_conflict(world: World) -> None:
    client = world.signed_in("lille")
    page = client.get(_address(world, "patient_name")).text
    assert "HADDAD" in page
    assert "HADAD" in page
    answer = _correct(world, client, "patient_name", "  Haddad ")
    assert answer.headers["location"].endswith(f"#document-{world.office.documents['form']}")
    with world.house.database.reading() as session:
        facts = [
            f
            for f in documents.facts_of(session, [world.office.documents["form"]])
            if f.name == "patient_name"
        ]
        event = sheets.journal(session, None, 1)[0]
    assert [(f.source, f.value) for f in facts[:2]] == [("acroform", "HADDAD"), ("ocr", "HADAD")]
    assert (facts[2].source, facts[2].person, facts[2].normalised) == ("person", "lille", "HADDAD")
    assert event.kind == Kind.CORRECTION
    assert (event.fields or {})["field"] == "patient_name"
    assert "Haddad" not in str(event.fields)
    shown = client.get(f"/elements/{world.office.items['form']}").text
    assert shown.count("sources en désaccord") == 2  # the two dates of start, still


@pytest.mark.parametrize(
    ("name", "value", "normalised"),
    [("end_date", "31/12/2026", "2026-12-31"), ("amount", "12 345,60", "12345.60")],
)
def test_the_value_is_typed_as_the_field_is(world: World, name: str, value: str, normalised: str) -> None:
    assert _correct(world, world.signed_in("lille"), name, value).status_code == 303
    with world.house.database.reading() as session:
        facts = documents.facts_of(session, [world.office.documents["form"]])
    assert [f.normalised for f in facts if f.source == "person"] == [normalised]


@pytest.mark.parametrize(("name", "value"), [("end_date", "la semaine prochaine"), ("end_date", "  ")])
def test_a_value_of_another_type_is_asked_again_and_not_lost(world: World, name: str, value: str) -> None:
    answer = _correct(world, world.signed_in("lille"), name, value)
    assert answer.status_code == 422
    assert "une date (jj/mm/aaaa)" in answer.text
    assert f'value="{value}"' in answer.text
    with world.house.database.reading() as session:
        facts = documents.facts_of(session, [world.office.documents["form"]])
    assert all(f.source != "person" for f in facts)


def test_nobody_corrects_what_they_may_not_read(world: World) -> None:
    supervisor = world.signed_in("sylvie")
    assert supervisor.get(_address(world, "conclusion", "report")).status_code == 403
    assert world.signed_in("marseille").get(_address(world, "patient_name")).status_code == 404


def test_a_field_or_a_document_of_elsewhere_does_not_exist(world: World) -> None:
    client = world.signed_in("lille")
    assert client.get(_address(world, "inconnu")).status_code == 404
    other = _address(world, "patient_name").replace(
        f"/documents/{world.office.documents['form']}/", f"/documents/{world.office.documents['request']}/"
    )
    assert client.get(other).status_code == 404
