"""What a case says of its beneficiary follows the document it came from; two that disagree are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from gateway.cases.matching import name_key
from gateway.clock import TurnableClock
from gateway.evidence.record import Kind
from gateway.web.items.corrected import Event, follow_up
from storage import cases, documents, reviews, sheets
from storage.cases import Case
from storage.db import Database
from storage.reviews import Review, Said
from tests.builders import seed
from tests.worlds import web
from tests.worlds.served import running
from tests.worlds.web import World


@pytest.fixture
def world(database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    yield from running(web.build(database, tmp_path, clock))


def _write(world: World, name: str, value: str, key: str = "form", by: str = "lille") -> list[Event]:
    """Correct one value as the page does; the events of what follows."""
    number = world.office.documents[key]
    with world.house.database.transaction() as session:
        documents.correct(session, number, name, value, value, by, world.clock.now())
        document = documents.get(session, number)
        assert document is not None
        events = follow_up(world.house, session, document)
        world.house.recorder.add_all(session, events)
        return [event for event in events if event[0] is Kind.CASE_CORRECTED]


def _case(world: World) -> Case:
    with world.house.database.reading() as session:
        found = cases.get(session, seed.CASE)
        assert found is not None
        return found


def test_a_corrected_name_reaches_the_case_its_key_its_search_and_the_log(world: World) -> None:
    ((_, subject, fields),) = _write(world, "patient_name", "BENKACIM")
    case = _case(world)
    assert (case.patient_name, case.name_key) == ("BENKACIM", name_key("BENKACIM", "Fatima Zohra"))
    assert (subject, fields["fields"], fields["by"]) == (f"case:{seed.CASE}", ["patient_name"], "lille")
    assert "BENKACIM" not in str(fields), "the event names the field, never the value"
    client = world.signed_in("lille")
    assert "BENKACIM" in client.get(f"/dossiers/{seed.CASE}").text
    assert seed.CASE in client.get("/recherche?q=benkacim").text
    assert "Dossier corrigé selon une personne" in client.get(f"/dossiers/{seed.CASE}").text
    with world.house.database.reading() as session:
        key = name_key("BENKACIM", "Fatima Zohra")
        assert [c.id for c in cases.possible(session, case.circuit, name_key=key)] == [case.id]


def test_between_two_persons_the_latest_of_the_document_holds(world: World) -> None:
    _write(world, "patient_birth_date", "1971-09-04")
    _write(world, "patient_birth_date", "1972-09-04", by="sylvie")
    assert _case(world).patient_birth_date == date(1972, 9, 4)
    assert _write(world, "patient_birth_date", "1972-09-04", by="sylvie") == []


def test_two_documents_that_disagree_do_not_flip_the_case_and_the_page_says_both(world: World) -> None:
    _write(world, "cnas_number", "86 1234 5678 91")
    assert _case(world).cnas_number == "861234567891"
    assert _write(world, "cnas_number", "999999999999", key="request") == []
    assert _case(world).cnas_number == "861234567891"
    page = world.signed_in("agathe").get(f"/dossiers/{seed.CASE}").text
    assert "Deux valeurs pour" in page
    assert "999999999999" in page
    assert "861234567891" in page


def test_a_rejected_document_says_nothing_of_its_case(world: World) -> None:
    with world.house.database.transaction() as session:
        number = world.office.documents["form"]
        reviews.add(
            session,
            Review(
                document_id=number, said=Said.REJECTED, reason="x", facts=[], by="a", at=world.clock.now()
            ),
        )
    assert _write(world, "patient_name", "AUTRE") == []
    assert _case(world).patient_name == "HADDAD"


def test_the_filters_of_its_items_follow_the_establishment(world: World) -> None:
    _write(world, "establishment_finess", "750712184")
    assert _case(world).establishment_finess == "750712184"
    with world.house.database.reading() as session:
        sheet = sheets.case_sheet(session, seed.CASE)
    assert sheet is not None
    assert {item.finess for item in sheet.items} == {"750712184"}
