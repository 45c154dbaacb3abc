"""A rejected form gives nothing, its copy stands in; taken back, all is as before, in whatever order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.cases.history import coverage
from gateway.cases.struck import Forms, Struck, settle
from gateway.circuits.decision import DocumentSeen
from gateway.evidence.record import Kind
from parsers.facts import Source
from storage import cases, reviews
from storage.cases import Case, PeriodStatus
from storage.db import Database, Session
from storage.reviews import Review, Said
from tests.builders import rows
from tests.builders.seen import AT, authorisation, circuit, document, fact

GRANTED, REQUESTED, REFUSED = PeriodStatus.GRANTED, PeriodStatus.REQUESTED, PeriodStatus.REFUSED
STRUCK, TACIT = PeriodStatus.STRUCK, PeriodStatus.TACIT
ASKED = {"requested_start": "2027-02-27", "requested_end": "2027-05-31"}
ACCORD = {"answer": "accord", "granted_start": "2027-02-27", "granted_end": "2027-05-31"}
FIRST = (date(2026, 12, 1), date(2027, 2, 26))


class Desk:
    """A case whose documents are judged; what each says can be written anew."""

    def __init__(self, session: Session, *documents: DocumentSeen) -> None:
        self.session = session
        rows.delivery(session, "a")
        stored = rows.documents_of(session, "a" * 64, documents)
        self.numbers = [row.id or 0 for row in stored]
        self.case: Case = cases.open_case(session, rows.case("a" * 64))
        self.seen: dict[int, DocumentSeen] = dict(zip(self.numbers, documents, strict=True))
        self.rejected: set[int] = set()
        for number in self.numbers:
            cases.file_document(session, number, self.case.id or 0, AT, ["essai"])
        for place in range(len(documents)):
            self.settle(place)

    def settle(self, place: int) -> Struck:
        forms = Forms(self.seen, frozenset(self.rejected))
        return settle(self.session, circuit(), self.case, forms, self.numbers[place], at=AT)

    def judge(self, place: int, said: Said) -> list[tuple[Kind, object]]:
        """The kinds of what followed, with why."""
        number = self.numbers[place]
        reviews.add(self.session, Review(document_id=number, said=said, by="lille", at=AT))
        (self.rejected.add if said is Said.REJECTED else self.rejected.discard)(number)
        return [(kind, fields.get("why")) for kind, _, fields in self.settle(place).events]

    def write(self, place: int, facts: Mapping[str, str]) -> Struck:
        """A person writes values of a document."""
        number = self.numbers[place]
        found = self.seen[number]
        more = tuple(
            fact(name, value, source=Source.PERSON, confidence=1.0) for name, value in facts.items()
        )
        self.seen[number] = _with(found, (*found.facts, *more))
        return self.settle(place)

    @property
    def statuses(self) -> list[PeriodStatus]:
        return [period.status for period in cases.periods(self.session, self.case.id or 0)]

    @property
    def covered(self) -> Sequence[tuple[date, date]]:
        return coverage(self.session, self.case.id or 0)


def _with(found: DocumentSeen, facts: tuple[object, ...], kind: str | None = None) -> DocumentSeen:
    return replace(found, facts=facts, kind=kind or found.kind)  # type: ignore[arg-type]


def test_a_rejected_form_covers_no_more_and_comes_back(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session, authorisation())
        assert list(desk.covered) == [FIRST]
        ((kind, why),) = desk.judge(0, Said.REJECTED)
        assert (kind, why) == (Kind.PERIOD_STRUCK, "document rejeté par une personne")
        assert (desk.statuses, list(desk.covered)) == ([STRUCK], [])
        assert desk.settle(0).events == (), "said once"
        ((kind, _),) = desk.judge(0, Said.WITHDRAWN)
        assert kind is Kind.PERIOD_RESTORED
        assert (desk.statuses, desk.covered) == ([GRANTED], (FIRST,))


def test_a_copy_ignored_as_one_stands_in_and_stands_back(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session, authorisation(), authorisation(1, end_date="2027-02-20"))
        assert desk.statuses == [GRANTED]
        assert [kind for kind, _ in desk.judge(0, Said.REJECTED)] == [Kind.PERIOD_STRUCK, Kind.PERIOD_ADDED]
        assert desk.covered == ((FIRST[0], date(2027, 2, 20)),)
        told = desk.judge(0, Said.WITHDRAWN)
        assert [kind for kind, _ in told] == [Kind.PERIOD_RESTORED, Kind.PERIOD_STRUCK]
        assert told[1][1] == "autre exemplaire d'un formulaire déjà au dossier"
        assert (desk.statuses, desk.covered) == ([GRANTED, STRUCK], (FIRST,))
        assert desk.judge(1, Said.REJECTED) == []
        assert desk.judge(1, Said.WITHDRAWN) == []
        assert [kind for kind, _ in desk.judge(0, Said.REJECTED)] == [
            Kind.PERIOD_STRUCK,
            Kind.PERIOD_RESTORED,
        ]


def test_a_copy_that_was_rejected_stands_in_for_nothing(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session, authorisation(), authorisation(1))
        desk.judge(1, Said.REJECTED)
        desk.judge(0, Said.REJECTED)
        assert (desk.statuses, desk.covered) == ([STRUCK], ())
        desk.judge(1, Said.WITHDRAWN)
        assert (desk.statuses, desk.covered) == ([STRUCK, GRANTED], (FIRST,))


def test_a_form_of_another_person_or_period_is_not_touched(database: Database) -> None:
    other = document(1, "se352-302-answer", {**ACCORD, "granted_end": "2027-04-30"})
    twin = document(2, "se352-302-answer", {**ACCORD, "granted_end": "2027-03-31"})
    with database.transaction() as session:
        desk = Desk(session, authorisation(), other, twin)
        desk.judge(1, Said.REJECTED)
        assert desk.statuses == [GRANTED, STRUCK, GRANTED]


def test_a_tacit_acceptance_falls_with_the_request_it_was_founded_on(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session, document(0, "se352-302-request", ASKED))
        (asked,) = cases.periods(session, desk.case.id or 0)
        tacit = cases.Period.model_validate({**asked.model_dump(exclude={"id"}), "status": TACIT})
        assert cases.add_period(session, tacit)
        assert list(desk.covered) == [(date(2027, 2, 27), date(2027, 5, 31))]
        desk.judge(0, Said.REJECTED)
        assert (desk.statuses, list(desk.covered)) == ([STRUCK, STRUCK], [])
        desk.judge(0, Said.WITHDRAWN)
        assert desk.statuses == [REQUESTED, TACIT]


def test_an_answer_that_a_person_reads_as_a_refusal_grants_no_more(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session, document(0, "se352-302-answer", {**ASKED, **ACCORD}))
        assert desk.statuses == [GRANTED]
        kinds = [kind for kind, _, _ in desk.write(0, {"answer": "refus"}).events]
        assert kinds == [Kind.PERIOD_STRUCK, Kind.PERIOD_ADDED]
        assert (desk.statuses, desk.covered) == ([STRUCK, REFUSED], ())
        desk.write(0, {"answer": "accord"})
        assert desk.statuses == [GRANTED, STRUCK]


def test_two_machine_readings_of_an_answer_take_nothing_away(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session, document(0, "se352-302-answer", {**ASKED, **ACCORD}))
        number = desk.numbers[0]
        sure = fact("answer", "refus", confidence=0.99)
        desk.seen[number] = _with(desk.seen[number], (*desk.seen[number].facts, sure))
        assert desk.settle(0).events == ()
        assert desk.statuses == [GRANTED]


@pytest.mark.parametrize("kind", ["quote", "se352-302-request"])
def test_a_document_of_another_type_by_now_gives_what_that_type_gives(
    database: Database, kind: str
) -> None:
    with database.transaction() as session:
        desk = Desk(session, authorisation(0, **ASKED))
        number = desk.numbers[0]
        before = desk.seen[number]
        desk.seen[number] = _with(before, before.facts, kind)
        told = desk.settle(0).events
        assert told[0][0] is Kind.PERIOD_STRUCK
        assert "autre type" in str(told[0][2]["why"])
        assert desk.statuses == ([STRUCK] if kind == "quote" else [STRUCK, REQUESTED])
        desk.seen[number] = before
        desk.settle(0)
        assert desk.statuses == ([GRANTED] if kind == "quote" else [GRANTED, STRUCK])


def test_a_date_corrected_while_rejected_is_the_one_that_comes_back(database: Database) -> None:
    with database.transaction() as session:
        desk = Desk(session, authorisation())
        desk.judge(0, Said.REJECTED)
        assert desk.write(0, {"end_date": "2027-01-31"}).events == ()
        kinds = [kind for kind, _ in desk.judge(0, Said.WITHDRAWN)]
        assert kinds == [Kind.PERIOD_RESTORED, Kind.PERIOD_CORRECTED]
        assert desk.covered == ((FIRST[0], date(2027, 1, 31)),)


def test_a_date_corrected_on_one_copy_wakes_no_other(database: Database) -> None:
    copies = [document(n, "se352-302-answer", ACCORD) for n in range(2)]
    with database.transaction() as session:
        desk = Desk(session, *copies)
        desk.judge(0, Said.REJECTED)
        desk.judge(0, Said.WITHDRAWN)
        assert desk.statuses == [GRANTED, STRUCK]
        desk.write(0, {"granted_end": "2027-04-30"})
        assert desk.statuses == [GRANTED, STRUCK]


@given(words=st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=14))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_they_are_judged_what_counts_covers_and_nothing_else(
    sqlite_database: Database, words: list[tuple[int, bool]]
) -> None:
    """Three copies of one authorisation and an answer: judged in any order, the cover is what is left."""
    forms = [authorisation(n) for n in range(3)] + [document(3, "se352-302-answer", ACCORD)]
    with sqlite_database.transaction() as session:
        desk = Desk(session, *forms)
        for place, rejects in words:
            desk.judge(place, Said.REJECTED if rejects else Said.WITHDRAWN)
            left = {desk.numbers.index(n) for n in desk.numbers} - {
                desk.numbers.index(n) for n in desk.rejected
            }
            first = [FIRST] if left & {0, 1, 2} else []
            second = [(date(2027, 2, 27), date(2027, 5, 31))] if 3 in left else []
            whole = [(FIRST[0], date(2027, 5, 31))] if first and second else [*first, *second]
            assert list(desk.covered) == whole
            standing = [p.document_id for p in cases.periods(session, desk.case.id or 0) if p.stands]
            assert len(standing) == len(first) + len(second)
            assert not set(standing) & desk.rejected
        session.rollback()
