"""Whatever shows something medical is written down before it is shown: pages, answers, letters, notes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.evidence.record import Kind
from storage import sheets
from tests.builders import seed
from tests.worlds import web
from tests.worlds.programs import program
from tests.worlds.served import item_of
from tests.worlds.web import World

Access = tuple[str, str, str]
READ = [("medard", "opened", "reading")] * 2
"""The mail of the report: its text and the report, both covered by the secret."""


def _accesses(world: World) -> list[Access]:
    """Who, the outcome, which piece; the oldest first."""
    with world.house.database.reading() as session:
        events = [e for e in sheets.journal(session, None, 200) if e.kind == Kind.ACCESS]
    return [
        (str(e.fields["person"]), str(e.fields["outcome"]), str(e.fields.get("piece", "")))
        for e in reversed(events)
    ]


def _item(world: World, key: str = "report") -> str:
    return f"/elements/{world.office.items[key]}"


def _field(world: World) -> str:
    return f"{_item(world)}/documents/{world.office.documents['report']}/champs/conclusion"


def test_the_page_of_a_report_opens_it_once_a_day_for_each_person(world: World) -> None:
    medard = world.signed_in("medard")
    assert seed.REPORT_NAME in medard.get(_item(world)).text
    assert _accesses(world) == READ
    assert medard.get(_item(world)).status_code == 200
    assert medard.get(_field(world)).status_code == 200
    assert _accesses(world) == READ, "a field is of the reading already told"
    world.clock.turn(timedelta(hours=24))
    world.signed_in("medard").get(_item(world))
    assert _accesses(world) == READ * 2


def test_a_day_ends_at_midnight_in_paris(world: World) -> None:
    world.signed_in("medard").get(_item(world))  # 10:00 in Paris
    world.clock.turn(timedelta(hours=13, minutes=50))
    world.signed_in("medard").get(_item(world))  # 23:50 in Paris, the same day
    assert _accesses(world) == READ
    world.clock.turn(timedelta(minutes=20))
    world.signed_in("medard").get(_item(world))  # 00:10 in Paris
    assert _accesses(world) == READ * 2


def test_a_page_that_seals_the_report_opens_nothing(world: World) -> None:
    assert world.signed_in("sylvie").get(_item(world)).status_code == 200
    assert world.signed_in("lille").get(f"/dossiers/{seed.CASE}").status_code == 200
    assert _accesses(world) == []


def test_a_field_that_is_refused_is_written_down(world: World) -> None:
    sylvie = world.signed_in("sylvie")
    assert sylvie.get(_field(world)).status_code == 403
    assert _accesses(world) == [("sylvie", "refused", "")]


def test_the_names_of_files_on_the_case_are_an_opening(world: World) -> None:
    page = world.signed_in("medard").get(f"/dossiers/{seed.CASE}").text
    assert seed.REPORT_NAME in page
    assert _accesses(world) == [("medard", "opened", "name")]
    again = world.signed_in("medard").get(f"/dossiers/{seed.CASE}").text
    assert "Médard Kervella" in again[again.index('id="ouvertures"') :]


@pytest.mark.parametrize(("path", "opened"), [(f"/cases/{seed.CASE}", READ[:1]), ("/items/{report}", READ)])
def test_a_program_opens_what_it_reads(world: World, path: str, opened: list[Access]) -> None:
    medard = program(world, "medard")
    answer = medard.get("/api/v1" + path.format(report=world.office.items["report"]))
    assert answer.status_code == 200, answer.text
    assert seed.SECRET in answer.text
    assert _accesses(world) == opened


def test_nothing_is_shown_that_cannot_be_written_down(world: World) -> None:
    medard = world.signed_in("medard")
    with world.house.database.transaction() as session:
        session.execute(text("DROP TABLE audit_head"))
    answer = medard.get(_item(world))
    assert answer.status_code >= 500
    assert seed.SECRET not in answer.text


def test_notes_of_the_medical_pole_are_read_in_the_log(world: World) -> None:
    medard = world.signed_in("medard")
    form = {"csrf": web.csrf(medard, "/files"), "texte": "à revoir avec le patient"}
    assert medard.post(f"{_item(world)}/notes", data=form).status_code == 303
    assert medard.get(_item(world)).text.count("à revoir avec le patient") == 1
    assert ("medard", "opened", "notes") in _accesses(world)
    before = _accesses(world)
    assert "à revoir" not in world.signed_in("sylvie").get(_item(world)).text
    assert _accesses(world) == before


def test_notes_of_the_medical_pole_are_read_in_the_log_by_a_program_too(world: World) -> None:
    medard = world.signed_in("medard")
    form = {"csrf": web.csrf(medard, "/files"), "texte": "à revoir avec le patient"}
    medard.post(f"{_item(world)}/notes", data=form)
    item = item_of(world, "report")
    answer = program(world, "medard").get(f"/api/v1/items/{item.id}/notes")
    assert "à revoir" in answer.text
    assert _accesses(world) == [("medard", "opened", "notes")]


def test_the_page_of_a_forwarding_names_files_in_the_log(world: World) -> None:
    page = world.signed_in("medard").get(f"{_item(world)}/transmission")
    assert page.status_code == 200
    assert _accesses(world) == [("medard", "opened", "name")]
