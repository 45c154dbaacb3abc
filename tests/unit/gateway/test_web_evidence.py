"""The evidence file from the page of a case: to whom, with what in it, what the log keeps."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.evidence.record import Kind
from gateway.evidence.verify import Check
from gateway.web.cases.evidence import NONE_HERE
from storage import sheets
from storage.audit import Event
from storage.cases import Case
from tests.builders import mails_medical
from tests.builders.office import Office
from tests.worlds import contest
from tests.worlds.house import Home
from tests.worlds.web import World


@pytest.fixture
def world(sqlite_home: Home) -> Iterator[World]:
    """A mail with a form and a report in one PDF, carried; its case has work for a caisse and the pole."""
    sqlite_home.carry(mails_medical.mixed_pdf(sqlite_home.desk))
    contest.people(sqlite_home)
    with sqlite_home.house.database.reading() as session:
        office = Office(session, sqlite_home.house.vault)
    built = World(contest.web_house(sqlite_home), office, sqlite_home.clock)
    built.start()
    yield built
    built.stop()


@pytest.fixture
def case(world: World, sqlite_home: Home) -> str:
    return f"/dossiers/{sqlite_home.rows(Case)[0].reference}"


def _journal(world: World, kind: Kind) -> list[Event]:
    with world.house.database.reading() as session:
        return [event for event in sheets.journal(session, None, 200) if event.kind == kind]


def _names(raw: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return archive.namelist()


def test_the_staff_get_it_without_any_medical_document(world: World, case: str) -> None:
    answer = world.signed_in("sylvie").get(f"{case}/preuve.zip")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert f'filename="preuve-{case[10:]}.zip"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert Check(answer.content).faults == []
    assert not [n for n in _names(answer.content) if n.startswith(("documents/", "messages/"))]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["medical"] is False
    held = [one for one in manifest["withheld"] if one["what"] == "document"]
    assert held
    assert all({"type", "received", "pages", "sha256"} <= set(one) for one in held)
    (told,) = _journal(world, Kind.EXPORT)
    assert told.fields["person"] == "sylvie"
    assert told.fields["size"] == len(answer.content)
    assert told.fields["medical"] is False
    assert _journal(world, Kind.ACCESS) == []


def test_the_medical_pole_gets_it_with_them_and_each_reading_is_told(world: World, case: str) -> None:
    answer = world.signed_in("medard").get(f"{case}/preuve.zip")
    assert answer.status_code == 200
    assert Check(answer.content).faults == []
    without = world.signed_in("sylvie").get(f"{case}/preuve.zip")
    more = set(_names(answer.content)) - set(_names(without.content))
    assert any(name.startswith("documents/") for name in more)
    readings = _journal(world, Kind.ACCESS)
    assert {event.fields["person"] for event in readings} == {"medard"}
    assert {event.fields["outcome"] for event in readings} == {"exported"}
    assert {event.fields["medical"] for event in _journal(world, Kind.EXPORT)} == {True, False}


@pytest.mark.parametrize("login", ["lille", "marseille", "audrey", "adam", "personne"])
def test_nobody_else_gets_it(world: World, case: str, login: str) -> None:
    answer = world.signed_in(login).get(f"{case}/preuve.zip")
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert _journal(world, Kind.EXPORT) == []


def test_a_case_that_is_not_theirs_does_not_exist(world: World, case: str) -> None:
    for path in ("/dossiers/SPA-2026-09999", "/dossiers/x", "/dossiers/1"):
        assert world.signed_in("sylvie").get(f"{path}/preuve.zip").status_code == 404
    # the administrative service has no work about this case
    assert world.signed_in("agathe").get(f"{case}/preuve.zip").status_code == 404
    assert _journal(world, Kind.EXPORT) == []


def test_one_click_on_the_page_of_the_case_for_those_who_may(world: World, case: str) -> None:
    for login, there, words in (
        ("sylvie", True, "sans les pièces médicales"),
        ("medard", True, "avec les pièces médicales"),
        ("lille", False, ""),
    ):
        page = world.signed_in(login).get(case)
        assert (f"{case}/preuve.zip" in page.text) is there
        assert words in page.text


def test_without_an_exporter_the_page_says_so(world: World, case: str) -> None:
    world.app.state.house = replace(world.house, exporter=None)
    answer = world.signed_in("sylvie").get(f"{case}/preuve.zip")
    assert answer.status_code == 409
    assert NONE_HERE in answer.text
