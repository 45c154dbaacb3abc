"""What one page shows, on both databases: everything of an item or a case, and nothing of another's."""

from __future__ import annotations

import pytest

from gateway.evidence.record import Kind, Recorder
from storage import sheets
from storage.db import Database
from storage.vault import Vault
from tests.builders import seed
from tests.builders.office import CIRCUIT, Office


@pytest.fixture
def office(database: Database, vault: Vault, recorder: Recorder) -> Office:
    return seed.furnish(database, vault, recorder)


def test_the_sheet_of_an_item(database: Database, office: Office) -> None:
    with database.reading() as session:
        sheet = sheets.item_sheet(session, office.items["form"])
        question = sheets.item_sheet(session, office.items["question"])
    assert sheet.delivery.sha256 == sheet.item.delivery
    assert [p.document.kind for p in sheet.papers] == ["se352-301"]
    assert len(sheet.papers[0].facts) > 10
    assert [i.code for i in sheet.papers[0].issues] == ["signature-absent"]
    assert sheet.case is not None
    assert sheet.case.reference == seed.CASE
    assert [(m.letter.state, len(m.receipts)) for m in sheet.letters] == [("delivered", 1)]
    assert len(sheet.deadlines) == 2
    assert question.case is None
    assert [case.reference for _, case in question.candidates] == [seed.CASE]
    assert [p.document.kind for p in question.papers] == ["question"]


def test_the_sheet_of_a_case_with_its_story(database: Database, office: Office) -> None:
    with database.reading() as session:
        sheet = sheets.case_sheet(session, seed.CASE)
        assert sheets.case_sheet(session, "SPA-2026-99999") is None
    assert sheet is not None
    assert len(sheet.papers) == len(sheet.items) == 3
    assert len(sheet.periods) == len(sheet.letters) == 2
    kinds = [e.kind for e in sheet.events]
    assert kinds == [Kind.DEADLINE_SET, Kind.LETTER_SENT, Kind.CASE_OPENED, Kind.DECISION, Kind.ARRIVAL]
    assert office.deliveries["poison"] not in {d.sha256 for d in sheet.deliveries}


def test_where_the_documents_of_a_mail_and_a_case_are_read(database: Database, office: Office) -> None:
    everywhere = {(CIRCUIT, "cpam-595"), (CIRCUIT, "cnse-administratif"), (CIRCUIT, "cnse-medical")}
    with database.reading() as session:
        places = {
            key: sheets.places_of_documents(session, office.deliveries[key])
            for key in ("report", "question", "poison")
        }
        assert places == {
            "report": {0: {(CIRCUIT, "cnse-medical")}, 1: everywhere},  # its text is in no case
            "question": {1: {(CIRCUIT, "cnse-administratif")}},
            "poison": {},
        }
        assert sheets.places_of_case(session, 1) == everywhere


def test_documents_cut_from_the_same_bytes(database: Database, office: Office) -> None:
    with database.reading() as session:
        quote = sheets.item_sheet(session, office.items["mixed"]).papers[0].document
        same = sheets.same_bytes(session, quote.sha256)
    assert [d.kind for d in same] == ["quote", "medical-report"]


def test_the_journal_page_by_page(database: Database, office: Office) -> None:
    with database.reading() as session:
        first = sheets.journal(session, None, 4)
        rest = sheets.journal(session, first[-1].position, 100)
        assert sheets.last_checkpoint(session) is None
    assert [e.position for e in first + rest] == [5, 4, 3, 2, 1, 0]
    assert (first[0].fields or {})["step"] == "unpack"
