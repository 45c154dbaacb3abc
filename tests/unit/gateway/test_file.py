"""From a decision to a case: opened once, joined when sure, asked when not, never by a stranger."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from gateway.cases.file import Filed, file_delivery
from gateway.cases.history import coverage
from gateway.circuits.decision import Decision, DocumentSeen, MailKind, MailSeen, Route
from gateway.circuits.model import Circuit
from gateway.evidence.record import Kind
from parsers.facts import Confidentiality
from storage import cases, documents, items
from storage.cases import Candidate, CaseState, PeriodStatus
from storage.db import Database, Session
from storage.deliveries import Delivery
from tests.builders import rows
from tests.builders.rows import AT
from tests.builders.seen import FINESS, authorisation, circuit, decision, directory, document, mail

PERSON = {
    "patient_name": "BENALI",
    "patient_first_names": "MOHAMED",
    "patient_birth_date": "1961-03-14",
    "establishment_finess": FINESS,
}
REQUEST = {
    **PERSON,
    "reference": "DZ2026117",
    "requested_start": "2027-02-27",
    "requested_end": "2027-05-31",
}


def _file(
    session: Session,
    letter: str,
    papers: Sequence[DocumentSeen],
    *,
    model: Circuit | None = None,
    seen: MailSeen | None = None,
    decided: Decision | None = None,
) -> Filed:
    sha = letter * 64
    seen = replace(seen or mail(*papers), sha256=sha, documents=tuple(papers))
    delivery = rows.delivery(session, letter, sender=seen.sender or "")
    stored = rows.documents_of(session, sha, papers)
    return file_delivery(
        session, delivery, stored, seen, decided or decision(seen), model or circuit(), directory(), AT
    )


def _kinds(filed: Filed) -> list[Kind]:
    return [kind for kind, _, _ in filed.events]


def test_an_authorisation_opens_a_case_with_its_period(database: Database) -> None:
    with database.transaction() as session:
        filed = _file(session, "a", [authorisation()])
        assert filed.case is not None
        assert (filed.opened, filed.joined, filed.candidates) == (True, False, 0)
        assert filed.case.reference == "PSR-2026-00001"
        assert filed.case.sender_domain == "chu.example"
        assert (filed.case.form_reference, filed.case.patient_birth_date) == (
            "DZ2026117",
            date(1961, 3, 14),
        )
        assert _kinds(filed) == [Kind.CASE_OPENED, Kind.PERIOD_ADDED, Kind.ITEM_FILED]
        assert filed.case.id is not None
        assert coverage(session, filed.case.id) == ((date(2026, 12, 1), date(2027, 2, 26)),)
        assert filed.items[0].case_id == filed.case.id


def test_filing_again_changes_nothing_and_says_nothing(database: Database) -> None:
    with database.transaction() as session:
        first = _file(session, "a", [authorisation()])
    with database.transaction() as session:
        seen = replace(mail(authorisation()), sha256="a" * 64)
        stored = list(cases.documents(session, (first.case and first.case.id) or 0))
        delivery = rows.stored_delivery(session, "a" * 64)
        again = file_delivery(
            session,
            delivery,
            stored,
            seen,
            decision(seen),
            circuit(),
            directory(),
            AT,
        )
        assert again.events == ()
        assert again.case == first.case
        assert again.opened
        assert [i.id for i in again.items] == [i.id for i in first.items]
        assert cases.next_reference(session, "PSR", 2026) == "PSR-2026-00002"


def test_several_copies_are_one_authorisation(database: Database) -> None:
    with database.transaction() as session:
        filed = _file(session, "a", [authorisation(0, copy="1"), authorisation(1, copy="2")])
        later = _file(session, "b", [authorisation(0, copy="3", end_date="2027-02-28")])
        assert filed.case is not None
        assert later.case is not None
        assert later.case.id == filed.case.id
        assert (later.opened, later.joined) == (False, True)
        assert filed.case.id is not None
        assert len(cases.periods(session, filed.case.id)) == 1
        assert len(cases.documents(session, filed.case.id)) == 3
        assert _kinds(later) == [Kind.CASE_JOINED, Kind.ITEM_FILED]


def test_an_unreadable_first_copy_leaves_the_period_to_the_second(database: Database) -> None:
    with database.transaction() as session:
        first = _file(session, "a", [authorisation(end_date="")])
        second = _file(session, "b", [authorisation()])
        assert first.case is not None
        assert first.case.id is not None
        assert Kind.PERIOD_ADDED not in _kinds(first)
        assert Kind.PERIOD_ADDED in _kinds(second)


def test_a_request_then_its_answers_add_periods_and_rewrite_nothing(database: Database) -> None:
    with database.transaction() as session:
        case = _file(session, "a", [authorisation()]).case
        assert case is not None
        assert case.id is not None
        _file(session, "b", [document(0, "se352-302-request", REQUEST)])
        assert coverage(session, case.id) == ((date(2026, 12, 1), date(2027, 2, 26)),)
        granted = {"answer": "accord-partiel", "granted_start": "2027-02-27", "granted_end": "2027-04-30"}
        _file(session, "c", [document(0, "se352-302-answer", {**REQUEST, **granted})])
        _file(session, "d", [document(0, "se352-302-answer", {**REQUEST, "answer": "refus"})])
        assert [p.status for p in cases.periods(session, case.id)] == [
            PeriodStatus.GRANTED,
            PeriodStatus.REQUESTED,
            PeriodStatus.GRANTED,
            PeriodStatus.REFUSED,
        ]
        assert coverage(session, case.id) == ((date(2026, 12, 1), date(2027, 4, 30)),)


def test_transliterated_names_join_with_the_birth_date_and_the_hospital(database: Database) -> None:
    with database.transaction() as session:
        case = _file(session, "a", [authorisation()]).case
        report = document(
            0,
            "medical-report",
            {**PERSON, "patient_name": "Ben Ali", "patient_first_names": "Muhammad"},
            confidentiality=Confidentiality.MEDICAL,
        )
        filed = _file(session, "b", [report])
        assert filed.case == case
        assert not filed.opened


def test_a_mail_that_joins_a_closed_case_reopens_it_with_its_reason(database: Database) -> None:
    with database.transaction() as session:
        opened = _file(session, "a", [authorisation()]).case
        assert opened is not None
        assert cases.move(session, opened, CaseState.CLOSED, AT)
        filed = _file(session, "b", [document(0, "se352-302-request", REQUEST)])
        assert filed.case is not None
        assert (filed.case.id, filed.case.state, filed.case.closed_at) == (opened.id, CaseState.OPEN, None)
        told = next(fields for kind, _, fields in filed.events if kind is Kind.CASE_REOPENED)
        assert (told["delivery"], told["reason"]) == ("b" * 64, "un message rejoint le dossier")


def test_what_a_person_took_out_of_a_case_no_machine_puts_back(database: Database) -> None:
    with database.transaction() as session:
        opened = _file(session, "a", [authorisation()]).case
        asked = _file(session, "b", [document(0, "se352-302-request", REQUEST)])
        (item,) = asked.items
        assert opened is not None
        assert item.case_id == opened.id
        filed = [row.id or 0 for row in cases.documents(session, opened.id or 0)]
        left = Candidate(item_id=item.id or 0, case_id=opened.id or 0, score=0.9)
        items.leave_candidate(session, left)
        cases.unfile(session, filed[1:], opened.id or 0)
        cases.change_item(session, item.id or 0, item.version, case_id=None)
        delivery = session.get_one(Delivery, "b" * 64)
        stored = documents.of_delivery(session, "b" * 64)
        seen = replace(mail(document(0, "se352-302-request", REQUEST)), sha256="b" * 64)
        again = file_delivery(session, delivery, stored, seen, decision(seen), circuit(), directory(), AT)
        assert again.case is None
        assert cases.case_of_document(session, stored[0].id or 0) is None


def test_below_the_threshold_a_person_decides_with_the_candidates(database: Database) -> None:
    with database.transaction() as session:
        case = _file(session, "a", [authorisation()]).case
        assert case is not None
        facts = {"patient_name": "BENALI", "patient_birth_date": "1961-03-14"}
        filed = _file(session, "b", [document(0, "medical-report", facts)])
        assert (filed.case, filed.candidates) == (None, 1)
        (candidate,) = cases.candidates(session, filed.items[0].id or 0)
        assert candidate.case_id == case.id
        assert "même date de naissance" in candidate.reasons
        assert cases.case_of_document(session, cases.documents(session, case.id or 0)[0].id or 0) == case.id
        assert len(cases.documents(session, case.id or 0)) == 1


@pytest.mark.parametrize("sender", ["curieux@ailleurs.example", "curieux@sous.chu.example", None])
def test_a_foreign_sender_never_joins_whatever_it_quotes(database: Database, sender: str | None) -> None:
    """Lessons, row 13: quoting the number of a case must not disclose it."""
    with database.transaction() as session:
        case = _file(session, "a", [authorisation()]).case
        assert case is not None
        stranger = replace(
            mail(), sender=sender, envelope_from=sender or "", subject=f"Re: {case.reference}"
        )
        filed = _file(session, "b", [authorisation()], seen=stranger)
        assert (filed.case, filed.joined, filed.opened) == (None, False, False)
        assert filed.candidates == 1
        assert any("étranger" in reason for reason in filed.items[0].reasons)
        assert len(cases.documents(session, case.id or 0)) == 1


def test_the_domain_that_opened_a_case_may_quote_it(database: Database) -> None:
    with database.transaction() as session:
        clinic = replace(mail(), sender="a@clinique.example", envelope_from="a@clinique.example")
        case = _file(session, "a", [authorisation()], seen=clinic).case
        assert case is not None
        reply = replace(
            clinic, sender="b@CLINIQUE.example", subject=f"RE: dossier {case.reference.lower()}"
        )
        filed = _file(session, "b", [document(0, "question")], seen=reply)
        assert filed.case == case


def test_two_patients_in_one_mail_are_two_cases(database: Database) -> None:
    with database.transaction() as session:
        other = authorisation(
            1,
            reference="DZ2026955",
            cnas_number="198812345678",
            patient_name="MEZIANE",
            patient_first_names="NADIA",
            patient_birth_date="1988-07-01",
        )
        filed = _file(session, "a", [authorisation(0), other])
        assert [c.reference for c in filed.cases] == ["PSR-2026-00001", "PSR-2026-00002"]
        assert all(len(cases.periods(session, c.id or 0)) == 1 for c in filed.cases)
        assert any("PSR-2026-00002" in reason for reason in filed.items[0].reasons)


def test_a_new_authorisation_of_a_known_patient_opens_its_own_case(database: Database) -> None:
    with database.transaction() as session:
        first = _file(session, "a", [authorisation()]).case
        second = _file(session, "b", [authorisation(reference="DZ2027900")])
        assert second.opened
        assert second.case != first


def test_a_reference_one_figure_away_asks_a_person(database: Database) -> None:
    with database.transaction() as session:
        _file(session, "a", [authorisation()])
        second = _file(session, "b", [authorisation(reference="DZ2026118")])
        assert (second.case, second.candidates) == (None, 1)


def test_a_request_may_open_only_without_any_likeness(database: Database) -> None:
    model = circuit(opens_case=("se352-301", "se352-302-request"))
    with database.transaction() as session:
        alone = _file(session, "a", [document(0, "se352-302-request", REQUEST)], model=model)
        assert alone.opened
        other = {**REQUEST, "reference": "DZ2026555"}
        doubtful = _file(session, "b", [document(0, "se352-302-request", other)], model=model)
        assert (doubtful.case, doubtful.candidates) == (None, 1)


@pytest.mark.parametrize("kind", [MailKind.DELIVERY_REPORT, MailKind.AUTO_REPLY])
def test_reports_and_quarantine_touch_no_case(database: Database, kind: MailKind) -> None:
    with database.transaction() as session:
        report = _file(session, "a", [authorisation()], seen=replace(mail(), kind=kind))
        assert (report.case, len(report.items)) == (None, 1)
        seen = mail(authorisation())
        held = _file(session, "b", [authorisation()], decided=decision(seen, queue="quarantaine"))
        assert (held.case, held.candidates) == (None, 0)
        flagged = _file(session, "c", [authorisation()], decided=decision(seen, quarantined=True))
        assert flagged.case is None


def test_each_route_is_an_item_and_titles_are_safe(database: Database) -> None:
    with database.transaction() as session:
        documents = [authorisation(0), authorisation(1, copy="2"), document(2, "medical-report")]
        seen = mail(*documents)
        routes = (
            Route("cpam-131", (0, 1), "se352-301", ("ri@cpam.example",), ("au lieu de soins",)),
            Route("cnse-medical", (2,), "medical-report", (), ("secret médical",)),
        )
        filed = _file(session, "a", documents, decided=decision(seen, routes=routes))
        assert [(i.queue, i.title) for i in filed.items] == [
            ("cpam-131", "Attestation de droits aux soins programmés (SE 352-301) et 1 autre document"),
            ("cnse-medical", "Compte rendu médical"),
        ]
        assert {i.case_id for i in filed.items} == {filed.case.id if filed.case else None}
        assert filed.items[0].forward_to == ["ri@cpam.example"]


def test_no_event_quotes_the_person(database: Database) -> None:
    with database.transaction() as session:
        text = str(
            _file(session, "a", [authorisation()]).events + _file(session, "b", [authorisation()]).events
        )
        assert not any(word in text for word in ("BENALI", "MOHAMED", "1961", "DZ2026117"))


def test_copies_that_arrive_together_open_one_case(database: Database) -> None:
    letters = "abcdef"
    with database.transaction() as session:
        for letter in letters:
            rows.delivery(session, letter)
            rows.documents_of(session, letter * 64, [authorisation()])

    def file_one(letter: str) -> str | None:
        seen = replace(mail(authorisation()), sha256=letter * 64)
        with database.transaction() as session:
            (stored,) = rows.stored_documents(session, letter * 64)
            delivery = rows.stored_delivery(session, letter * 64)
            filed = file_delivery(
                session, delivery, [stored], seen, decision(seen), circuit(), directory(), AT
            )
            return filed.case.reference if filed.case else None

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(file_one, letters)) == {"PSR-2026-00001"}
