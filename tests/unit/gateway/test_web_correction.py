"""A correction is one more fact: the reading stays, the type is checked, the log names the field only."""

from __future__ import annotations

import re

import pytest
from httpx import Client, Response

from gateway.evidence.record import Kind
from storage import documents, sheets
from tests.worlds import web
from tests.worlds.programs import post, problem, program, tag_of
from tests.worlds.served import item_of
from tests.worlds.web import World


def _address(world: World, name: str, key: str = "form") -> str:
    return f"/elements/{world.office.items[key]}/documents/{world.office.documents[key]}/champs/{name}"


def _correct(
    world: World, client: Client, name: str, value: str, version: int | None = None, **more: str
) -> Response:
    seen = item_of(world, "form").version if version is None else version
    form = {"csrf": web.csrf(client, "/files"), "valeur": value, "version": str(seen), **more}
    return client.post(_address(world, name), data=form)


def _take(world: World, login: str) -> None:
    client, item = world.signed_in(login), item_of(world, "form")
    form = {"csrf": web.csrf(client, "/files"), "version": str(item.version)}
    assert client.post(f"/elements/{item.id}/actions/prendre", data=form).status_code == 303


def _written(world: World) -> list[tuple[str | None, str]]:
    with world.house.database.reading() as session:
        facts = documents.facts_of(session, [world.office.documents["form"]])
    return [(f.person, f.value) for f in facts if f.source == "person"]


def test_a_correction_is_added_and_settles_the_conflict(world: World) -> None:
    client = world.signed_in("lille")
    page = client.get(_address(world, "patient_name")).text
    assert "HADDAD" in page
    assert "HADAD" in page
    answer = _correct(world, client, "patient_name", "  Haddad ")
    place = re.search(r"#(champ-[0-9]+)$", answer.headers["location"])
    assert place is not None
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
    assert place[1] == f"champ-{facts[2].id}"
    shown = client.get(f"/elements/{world.office.items['form']}").text
    assert f'id="{place[1]}"' in shown
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


def test_nobody_corrects_what_a_colleague_holds(world: World) -> None:
    lille = world.signed_in("lille")
    _take(world, "sylvie")
    page = lille.get(f"/elements/{world.office.items['form']}").text
    assert "Corriger ce champ" not in page
    assert "Sylvie Nédélec tient cet élément" in page
    assert "Enregistrer la correction" not in lille.get(_address(world, "patient_name")).text
    answer = _correct(world, lille, "patient_name", "Haddade")
    assert answer.status_code == 409
    assert "Sylvie Nédélec tient cet élément" in answer.text
    assert 'value="Haddade"' in answer.text, "what was typed is kept"
    form = {"csrf": web.csrf(lille, "/files"), "version": str(item_of(world, "form").version)}
    chosen = {**form, "lecture": str(_reading(world, "HADAD"))}
    assert lille.post(_address(world, "patient_name") + "/choisir", data=chosen).status_code == 409
    assert _written(world) == []
    assert _correct(world, world.signed_in("sylvie"), "patient_name", "Haddad").status_code == 303


def test_of_two_who_correct_one_field_the_second_is_shown_what_the_first_wrote(world: World) -> None:
    lille, sylvie = world.signed_in("lille"), world.signed_in("sylvie")
    page = lille.get(_address(world, "patient_name")).text
    seen = dict(re.findall(r'name="(version|lu)" value="([0-9]+)"', page))
    assert _correct(world, sylvie, "patient_name", "SLIMANE").status_code == 303
    answer = _correct(world, lille, "patient_name", "SLIMANOV", int(seen["version"]), lu=seen["lu"])
    assert answer.status_code == 409
    assert "Sylvie Nédélec a écrit « SLIMANE » entre-temps." in answer.text
    assert 'value="SLIMANOV"' in answer.text
    assert _written(world) == [("sylvie", "SLIMANE")]
    again = dict(re.findall(r'name="(version|lu)" value="([0-9]+)"', answer.text))
    assert _correct(world, lille, "patient_name", "SLIMANOV", int(again["version"])).status_code == 303
    assert _written(world)[-1] == ("lille", "SLIMANOV")


def test_a_reading_chosen_on_an_old_page_is_shown_beside_what_was_written_since(world: World) -> None:
    lille, version = world.signed_in("lille"), item_of(world, "form").version
    reading = _reading(world, "HADAD")
    assert _correct(world, world.signed_in("sylvie"), "patient_name", "SLIMANE").status_code == 303
    form = {"csrf": web.csrf(lille, "/files"), "version": str(version), "lecture": str(reading)}
    answer = lille.post(_address(world, "patient_name") + "/choisir", data=form)
    assert answer.status_code == 409
    assert "« SLIMANE » entre-temps" in answer.text
    assert 'value="HADAD"' in answer.text
    assert _written(world) == [("sylvie", "SLIMANE")]


def test_a_value_that_is_too_long_is_asked_again_and_not_lost(world: World) -> None:
    answer = _correct(world, world.signed_in("lille"), "patient_name", "A" * 501)
    assert answer.status_code == 422
    assert "A" * 501 in answer.text


def test_a_program_corrects_the_version_it_saw_once(world: World) -> None:
    sylvie = program(world, "sylvie")
    item = f"/items/{world.office.items['form']}"
    path = f"{item}/documents/{world.office.documents['form']}/fields/patient_name"
    tag = tag_of(sylvie, item)
    first = post(sylvie, path, "k1", tag, value="SLIMANE")
    assert first.status_code == 200, first.text
    assert first.headers["etag"] != tag
    second = post(sylvie, path, "k2", tag, value="SLIMANOV")
    assert (second.status_code, problem(second)) == (412, "version-depassee")
    assert _written(world) == [("sylvie", "SLIMANE")]


def test_a_program_does_not_correct_what_a_colleague_holds(world: World) -> None:
    _take(world, "sylvie")
    lille = program(world, "lille")
    item = f"/items/{world.office.items['form']}"
    path = f"{item}/documents/{world.office.documents['form']}/fields/patient_name"
    answer = post(lille, path, "k1", tag_of(lille, item), value="SLIMANE")
    assert (answer.status_code, problem(answer)) == (409, "action-refusee")
    assert _written(world) == []


def _reading(world: World, value: str) -> int:
    with world.house.database.reading() as session:
        facts = documents.facts_of(session, [world.office.documents["form"]])
    return next(f.id or 0 for f in facts if f.name == "patient_name" and f.value == value)
