"""Periods are added, never rewritten; coverage is their union."""

from __future__ import annotations

from datetime import date

from gateway.cases.history import Event, add_period, coverage
from gateway.circuits.decision import DocumentSeen
from gateway.evidence.record import Kind
from storage import cases
from storage.cases import Case, PeriodOrigin, PeriodStatus
from storage.db import Database, Session
from tests.builders import rows
from tests.builders.seen import AT, authorisation, circuit, document

ANSWER = {
    "answer": "accord",
    "granted_start": "2027-03-01",
    "granted_end": "2027-04-30",
    "granted_amount": "10.00",
}


def _add(session: Session, case: Case, seen: DocumentSeen) -> Event | None:
    stored = rows.stored_documents(session, "a" * 64)
    return add_period(session, circuit(), case, seen, stored[seen.position].id or 0, at=AT)


def _opened(session: Session, *documents: DocumentSeen) -> Case:
    rows.delivery(session, "a")
    rows.documents_of(session, "a" * 64, documents)
    return cases.open_case(session, rows.case("a" * 64))


def test_each_form_adds_its_own_period_once(database: Database) -> None:
    answer, copy = document(1, "se352-302-answer", ANSWER), document(2, "se352-302-answer", ANSWER)
    with database.transaction() as session:
        case = _opened(session, authorisation(), answer, copy)
        added = _add(session, case, authorisation())
        assert added is not None
        kind, subject, fields = added
        assert (kind, subject) == (Kind.PERIOD_ADDED, "case:PSR-2026-00001")
        assert (fields["starts"], fields["ends"], fields["status"]) == (
            "2026-12-01",
            "2027-02-26",
            "granted",
        )
        assert _add(session, case, answer) is not None
        assert _add(session, case, copy) is None
        assert _add(session, case, answer) is None
        kept = [(p.origin, p.status, p.ends, p.amount) for p in cases.periods(session, case.id or 0)]
        assert kept == [
            (PeriodOrigin.AUTHORISATION, PeriodStatus.GRANTED, date(2027, 2, 26), "12500.00"),
            (PeriodOrigin.EXTENSION, PeriodStatus.GRANTED, date(2027, 4, 30), "10.00"),
        ]


def test_coverage_keeps_the_gap_between_two_periods_and_ignores_what_was_not_granted(
    database: Database,
) -> None:
    asked = {"requested_start": "2027-02-27", "requested_end": "2027-12-31"}
    request, answer = document(1, "se352-302-request", asked), document(2, "se352-302-answer", ANSWER)
    refusal = document(3, "se352-302-answer", {**asked, "answer": "refus"})
    with database.transaction() as session:
        case = _opened(session, authorisation(), request, answer, refusal)
        for seen in (authorisation(), request, answer, refusal):
            _add(session, case, seen)
        assert coverage(session, case.id or 0) == (
            (date(2026, 12, 1), date(2027, 2, 26)),
            (date(2027, 3, 1), date(2027, 4, 30)),
        )


def test_a_form_that_writes_no_period_adds_none(database: Database) -> None:
    with database.transaction() as session:
        case = _opened(session, document(0, "quote"))
        assert _add(session, case, document(0, "quote")) is None
