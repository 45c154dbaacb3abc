"""One mail about two people whose hospitals belong to two caisses: each caisse has its own only."""

from __future__ import annotations

import pytest

from storage import sheets
from storage.cases import Case, CaseDocument, Item
from storage.deadlines import Deadline
from storage.documents import Document
from tests.builders import forms
from tests.builders.desk import CALANQUES, DUNES, PDF
from tests.builders.letters import Attached
from tests.worlds.house import Home

HERE, THERE = "cpam-594", "cpam-131"


@pytest.fixture
def carried(home: Home) -> Home:
    """Two attestations in one signed mail, at the end of its journey."""
    desk = home.desk
    one = forms.build_301(desk.form_301(1, DUNES, patient_name="ALPHAPATIENT"), "acroform")
    two = forms.build_301(desk.form_301(2, CALANQUES, patient_name="BETAPATIENT"), "acroform")
    home.carry(
        desk.sample(
            "deux",
            "deux 301",
            DUNES[2],
            "Deux attestations",
            "Ci-joint deux attestations.",
            (Attached("alpha.pdf", PDF, one), Attached("beta.pdf", PDF, two)),
            expect=HERE,
            protect=desk.signed(DUNES[2]),
        )
    )
    return home


def _names(home: Home, queue: str) -> set[str]:
    (item,) = home.rows(Item, queue=queue)
    with home.house.database.reading() as session:
        return {document.name for document in sheets.documents_of_item(session, item)}


def test_each_queue_holds_its_own_form_and_the_text_of_the_mail(carried: Home) -> None:
    alpha, beta = _names(carried, HERE), _names(carried, THERE)
    assert "alpha.pdf" in alpha
    assert "beta.pdf" in beta
    assert not {"beta.pdf"} & alpha
    assert not {"alpha.pdf"} & beta
    assert alpha & beta  # the text of the mail


def test_each_case_is_of_its_own_caisse(carried: Home) -> None:
    found = {case.patient_name: case for case in carried.rows(Case)}
    assert {name: case.caisse for name, case in found.items()} == {
        "ALPHAPATIENT": "594",
        "BETAPATIENT": "131",
    }
    items = {item.queue: item.case_id for item in carried.rows(Item)}
    assert items == {HERE: found["ALPHAPATIENT"].id, THERE: found["BETAPATIENT"].id}


def test_a_document_lies_where_its_own_case_is(carried: Home) -> None:
    (delivery,) = {item.delivery for item in carried.rows(Item)}
    names = {document.position: document.name for document in carried.rows(Document)}
    with carried.house.database.reading() as session:
        places = sheets.places_of_documents(session, delivery)
    queues = {names[position]: {queue for _, queue in at} for position, at in places.items()}
    assert queues["alpha.pdf"] == {HERE}
    assert queues["beta.pdf"] == {THERE}
    filed = {row.document_id for row in carried.rows(CaseDocument)}
    assert len(filed) == 2


def test_due_dates_and_letters_of_one_are_not_shown_to_the_other(carried: Home) -> None:
    for item in carried.rows(Item):
        with carried.house.database.reading() as session:
            sheet = sheets.item_sheet(session, item.id or 0)
        assert {due.case_id for due in sheet.deadlines} <= {None, item.case_id}
        assert {mailed.letter.case_id for mailed in sheet.letters} <= {None, item.case_id}
        dates = [due.due for due in carried.rows(Deadline) if due.case_id == item.case_id]
        assert item.next_due == min(dates)
