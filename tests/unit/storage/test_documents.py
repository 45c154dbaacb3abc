"""Documents: replaced whole on a second run, corrected by adding."""

from __future__ import annotations

import pytest

from gateway.clock import TurnableClock
from storage import cases, deliveries, documents
from storage.cases import Case
from storage.db import Database
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document, FactRow, IssueRow

SHA = "c" * 64


@pytest.fixture(autouse=True)
def _delivery(database: Database, clock: TurnableClock) -> None:
    row = Delivery(
        sha256=SHA,
        size=1,
        state=DeliveryState.OPENED,
        received_at=clock.now(),
        mailbox="soins@exemple.fr",
        envelope_from="hopital@exemple.dz",
        circuit="soins-programmes-algerie",
    )
    with database.transaction() as session:
        deliveries.insert(session, row)


def _document(position: int, name: str) -> Document:
    return Document(
        delivery=SHA,
        position=position,
        path=str(position),
        name=name,
        media_type="application/pdf",
        sha256="d" * 64,
        size=10,
    )


def _fact(clock: TurnableClock, value: str, source: str = "text") -> FactRow:
    return FactRow(
        document_id=0,
        name="patient.birth-date",
        value=value,
        page=1,
        box=[1.0, 2.5, 3.0, 4.0],
        source=source,
        confidence=0.8,
        at=clock.now(),
    )


def _issue() -> IssueRow:
    return IssueRow(document_id=0, code="missing", severity="error", message="Le cadre 4 n'est pas signé.")


def test_a_second_run_replaces_what_the_first_left(database: Database, clock: TurnableClock) -> None:
    with database.transaction() as session:
        first = documents.replace(session, SHA, [_document(0, "a.pdf"), _document(1, "b.pdf")])
        documents.add_facts(session, first[0].id or 0, [_fact(clock, "01/02/1950")])
        documents.add_issues(session, first[0].id or 0, [_issue()])
    with database.transaction() as session:
        second = documents.replace(session, SHA, [_document(0, "c.pdf")])
    with database.reading() as session:
        assert [row.name for row in documents.of_delivery(session, SHA)] == ["c.pdf"]
        everything = [row.id or 0 for row in (*first, *second)]
        assert documents.facts_of(session, everything) == []
        assert documents.issues_of(session, everything) == []


def test_documents_keep_the_order_of_the_mail(database: Database) -> None:
    with database.transaction() as session:
        documents.replace(session, SHA, [_document(1, "b.pdf"), _document(0, "a.pdf")])
    with database.reading() as session:
        assert [row.name for row in documents.of_delivery(session, SHA)] == ["a.pdf", "b.pdf"]


def test_a_correction_is_added_and_survives_a_second_reading(
    database: Database, clock: TurnableClock
) -> None:
    with database.transaction() as session:
        (document,) = documents.replace(session, SHA, [_document(0, "a.pdf")])
        key = document.id or 0
        documents.add_facts(session, key, [_fact(clock, "01/02/1950")])
        documents.add_issues(session, key, [_issue()])
        documents.correct(
            session, key, "patient.birth-date", "01/02/1951", "1951-02-01", "agent1", clock.now()
        )
    with database.transaction() as session:
        read = documents.facts_of(session, [key])
        assert [(row.value, row.person) for row in read] == [("01/02/1950", None), ("01/02/1951", "agent1")]
        assert read[0].box == [1.0, 2.5, 3.0, 4.0]
        documents.clear_reading(session, [key])
    with database.reading() as session:
        assert [row.source for row in documents.facts_of(session, [key])] == ["person"]
        assert documents.issues_of(session, [key]) == []
        found = documents.get(session, key)
        assert found is not None
        assert found.name == "a.pdf"


def _other(position: int, name: str) -> Document:
    row = _document(position, name)
    row.sha256 = "e" * 64
    return row


def test_a_corrected_document_is_found_again_at_its_new_place(
    database: Database, clock: TurnableClock
) -> None:
    with database.transaction() as session:
        (first,) = documents.replace(session, SHA, [_document(0, "a.pdf")])
        key = first.id or 0
        documents.add_facts(session, key, [_fact(clock, "01/02/1950")])
        documents.correct(session, key, "amount", "12,50", "12.50", "agent1", clock.now())
    with database.transaction() as session:
        again = documents.replace(session, SHA, [_other(0, "texte"), _document(1, "a2.pdf")])
        assert [row.id == key for row in again] == [False, True]
    with database.reading() as session:
        assert [row.name for row in documents.of_delivery(session, SHA)] == ["texte", "a2.pdf"]
        assert [row.person for row in documents.facts_of(session, [key])] == ["agent1"]


def test_a_document_in_a_case_stays_after_those_that_replace_it(
    database: Database, clock: TurnableClock
) -> None:
    with database.transaction() as session:
        first = documents.replace(session, SHA, [_document(0, "smime.p7m"), _other(1, "autre")])
        key = first[0].id or 0
        case = cases.open_case(
            session,
            Case(reference="C-1", circuit="essai", opened_at=clock.now(), opened_by_delivery=SHA),
        )
        cases.file_document(session, key, case.id or 0, clock.now(), ["choisi par agent1"])
    news = [_document(0, "a.pdf"), _document(1, "b.pdf")]
    for row, digit in zip(news, "12", strict=True):
        row.sha256 = digit * 64
    with database.transaction() as session:
        documents.replace(session, SHA, news)
    with database.reading() as session:
        found = documents.of_delivery(session, SHA)
        assert [row.name for row in found] == ["a.pdf", "b.pdf", "smime.p7m"]
        assert cases.case_of_document(session, key) == case.id
        assert found[2].id == key
