"""Contestations in the database: lists once, versions, candidates, pages, figures."""

from __future__ import annotations

from typing import Any

from storage import cases, contestations
from storage.cases import Case
from storage.contestations import (
    Cause,
    Contestation,
    ContestationCandidate,
    ContestationList,
    ContestationState,
    Outcome,
    UnreadLine,
)
from storage.db import Database, Session
from tests.builders import rows
from tests.builders.rows import AT

CIRCUIT = "essai"


def _case(session: Session, name: str, number: int, caisse: str = "594") -> Case:
    rows.delivery(session, name)
    return cases.open_case(
        session,
        Case(
            reference=f"SPA-2026-{number:05d}",
            circuit=CIRCUIT,
            opened_at=AT,
            opened_by_delivery=name * 64,
            establishment_name="Hôpital",
            caisse=caisse,
        ),
    )


def _list(session: Session) -> ContestationList:
    rows.delivery(session, "f")
    document = rows.document(session, "f" * 64, name="liste.csv", media_type="text/csv")
    made = contestations.add_list(
        session,
        ContestationList(document_id=document.id or 0, delivery="f" * 64, circuit=CIRCUIT, read_at=AT),
    )
    assert made is not None
    return made


def _add(session: Session, listed: ContestationList, number: int, **more: Any) -> Contestation:
    return contestations.add(
        session,
        Contestation(
            reference=f"CTN-2026-{number:05d}",
            circuit=CIRCUIT,
            list_id=listed.id or 0,
            delivery="f" * 64,
            place=f"ligne {number}",
            received_at=AT,
            changed_at=AT,
            **{"reason": "dates", "claim_reference": f"F-{number}", **more},
        ),
    )


def test_a_list_is_read_once_and_its_lines_are_kept_once(database: Database) -> None:
    with database.transaction() as session:
        listed = _list(session)
        again = ContestationList(
            document_id=listed.document_id, delivery="f" * 64, circuit=CIRCUIT, read_at=AT
        )
        assert contestations.add_list(session, again) is None
        line = UnreadLine(list_id=listed.id or 0, place="ligne 4", cells=["é", ""], why="total")
        assert contestations.add_line(session, line)
        assert not contestations.add_line(session, line)
        assert [one.id for one in contestations.lists_of(session, "f" * 64)] == [listed.id]
        assert [one.cells for one in contestations.lines_of(session, [listed.id or 0])] == [["é", ""]]


def test_a_change_asks_for_the_version_its_author_saw(database: Database) -> None:
    with database.transaction() as session:
        made = _add(session, _list(session), 1)
        columns = {"state": ContestationState.CLOSED, "outcome": Outcome.WON}
        assert contestations.change(session, made.id or 0, 1, AT, columns)
        assert not contestations.change(session, made.id or 0, 1, AT, columns)
        found = contestations.get(session, " ctn-2026-00001 ")
        assert found is not None
        assert (found.version, found.state, found.outcome) == (2, ContestationState.CLOSED, Outcome.WON)
        assert contestations.get(session, "CTN-2026-00009") is None


def test_candidates_the_likeliest_first(database: Database) -> None:
    with database.transaction() as session:
        one, other = _case(session, "a", 1), _case(session, "b", 2)
        made = _add(session, _list(session), 1)
        for case, score in ((one, 0.4), (other, 0.8)):
            row = ContestationCandidate(contestation_id=made.id or 0, case_id=case.id or 0, score=score)
            assert contestations.add_candidate(session, row)
            assert not contestations.add_candidate(session, row)
        found = contestations.candidates(session, made.id or 0)
        assert [case.reference for _, case in found] == ["SPA-2026-00002", "SPA-2026-00001"]


def test_the_same_claim_of_the_same_case_is_found(database: Database) -> None:
    with database.transaction() as session:
        case, listed = _case(session, "a", 1), _list(session)
        first = _add(session, listed, 1, case_id=case.id, claim_reference="F-1")
        again = _add(session, listed, 2, case_id=case.id, claim_reference="F-1")
        alone = _add(session, listed, 3, claim_reference="F-1")
        assert contestations.same_claim(session, again) == first
        assert contestations.same_claim(session, alone) is None
        assert [c.id for c in contestations.of_case(session, case.id or 0)] == [first.id, again.id]
        assert len(contestations.of_delivery(session, "f" * 64)) == 3


def test_pages_filter_and_go_on_from_the_last(database: Database) -> None:
    everything = tuple(ContestationState)
    with database.transaction() as session:
        case, listed = _case(session, "a", 1), _list(session)
        for number in range(1, 6):
            _add(session, listed, number, reason="dates" if number % 2 else "amount")
        fault = _add(session, listed, 6, case_id=case.id, cause=Cause.HOSPITAL)
        _add(session, listed, 7, case_id=case.id, cause=Cause.OTHER)
        first = contestations.page(session, [CIRCUIT], everything, size=3)
        rest = contestations.page(session, [CIRCUIT], everything, after=first[-1][0].id, size=10)
        assert len(first) + len(rest) == 7
        amounts = contestations.page(session, [CIRCUIT], everything, reason="amount")
        assert [one.claim_reference for one, _ in amounts] == ["F-2", "F-4"]
        ours = contestations.page(session, [CIRCUIT], everything, caisses=["594"])
        assert [one.id for one, _ in ours] == [fault.id]
        assert contestations.page(session, [CIRCUIT], everything, caisses=["595"]) == []
        assert contestations.page(session, ["autre"], everything) == []
        assert contestations.counts(session, [CIRCUIT]) == {ContestationState.RECEIVED: 7}


def test_figures_name_the_hospital_of_the_case_else_of_the_list(database: Database) -> None:
    with database.transaction() as session:
        case, listed = _case(session, "a", 1), _list(session)
        _add(session, listed, 1, case_id=case.id, amount="10.00", outcome=Outcome.WON)
        _add(session, listed, 2, establishment="Clinique")
        found = contestations.figure_rows(session, [CIRCUIT])
        assert [(f.establishment, f.amount, f.outcome) for f in found] == [
            ("Hôpital", "10.00", Outcome.WON),
            ("Clinique", None, None),
        ]
        assert found[0].received_at == AT


def test_what_a_document_may_complete(database: Database) -> None:
    with database.transaction() as session:
        case, listed = _case(session, "a", 1), _list(session)
        waiting = _add(session, listed, 1, case_id=case.id, state=ContestationState.WAITING)
        _add(session, listed, 2, case_id=case.id, state=ContestationState.ANSWERED)
        found = contestations.waiting_in_cases(session, [case.id or 0])
        assert [one.id for one in found] == [waiting.id]
        assert contestations.letters(session, case.id or 0, {"contestation-demande"}) == []


def test_search_by_reference_claim_number_name_or_case_in_circuits_that_are_read(
    database: Database,
) -> None:
    with database.transaction() as session:
        case = _case(session, "a", 1)
        listed = _list(session)
        one = _add(session, listed, 1, last_name="BENALI", cnas_number="12 34 567", form_reference="DZ/77")
        other = _add(session, listed, 2, case_id=case.id, cause=Cause.HOSPITAL, claim_reference="100%_x")

        def found(words: str, **more: Any) -> list[str]:
            return [c.reference for c, _ in contestations.search(session, words, [CIRCUIT], **more)]

        assert (
            found("ctn-2026-00001") == found("f-1") == found("benali") == found("dz/77") == [one.reference]
        )
        assert found("1234567") == [one.reference]
        assert found("1234") == found("inconnu") == []
        assert found("0%_") == [other.reference]  # no wild card of a stranger's
        assert found("x", cases=[case.id or 0]) == [other.reference]
        assert contestations.search(session, "BENALI", ["autre"]) == []
        assert found("F-1", caisses=["594"]) == []
        assert found("100%", caisses=["594"]) == [other.reference]
        assert found("100%", caisses=["131"]) == found("100%", caisses=[]) == []
        assert found("2026", size=1) == []
