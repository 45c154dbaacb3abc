"""Rows of a case that people move: closed once, corrected with its items, left by its opener, its dates."""

from __future__ import annotations

from datetime import date

from sqlmodel import col, select

from storage import cases, deadlines, items
from storage.cases import Candidate, Case, CaseState, Item
from storage.db import Database, Session
from storage.deadlines import Deadline
from storage.releases import release
from tests.builders import rows
from tests.builders.rows import AT


def _case(session: Session) -> Case:
    rows.delivery(session, "a")
    return cases.open_case(
        session, Case(reference="PSR-2026-00001", circuit="psr", opened_at=AT, opened_by_delivery="a" * 64)
    )


def _item(session: Session, case: Case) -> Item:
    made, _ = cases.add_item(
        session,
        Item(
            delivery="a" * 64,
            circuit="psr",
            queue="cpam-594",
            case_id=case.id,
            kind="question",
            title="Essai",
            created_at=AT,
        ),
    )
    return made


def test_a_case_is_closed_as_it_was_seen_and_once(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session)
        old = case.model_copy()
        assert cases.move(session, case, CaseState.CLOSED, AT)
        assert (case.state, case.closed_at, case.version) == (CaseState.CLOSED, AT, old.version + 1)
        case.version, case.state = old.version, old.state
        with session.no_autoflush:
            assert not cases.move(session, case, CaseState.CLOSED, AT), "somebody was first"


def test_a_correction_overwrites_and_its_items_follow(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session)
        item = _item(session, case)
        assert cases.correct(session, case.id or 0, {"establishment_finess": "590796975"}) == (
            "establishment_finess",
        )
        assert cases.correct(session, case.id or 0, {"establishment_finess": "590796975"}) == ()
        session.refresh(item)
        assert item.finess == "590796975"


def test_the_document_that_opened_a_case_may_open_another(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session)
        assert case.opener == "a" * 64
        cases.forget_opener(session, case)
        assert not case.opener
        other = cases.open_case(
            session,
            Case(reference="PSR-2026-00002", circuit="psr", opened_at=AT, opened_by_delivery="a" * 64),
        )
        assert other.id != case.id


def test_due_dates_leave_with_their_mail_and_the_item_forgets_their_day(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session)
        item = _item(session, case)
        rows.delivery(session, "b")
        made = [
            deadlines.add(
                session,
                Deadline(
                    kind="essai",
                    origin=f"delivery:{letter * 64}",
                    circuit="psr",
                    delivery=letter * 64,
                    case_id=case.id,
                    due=date(2026, 12, day),
                    basis="",
                    status="confirmed",
                    created_at=AT,
                ),
            )
            for letter, day in (("b", 1), ("a", 9))
        ]
        gone = [row.id or 0 for row in made if row is not None]
        session.refresh(item)
        assert item.next_due == date(2026, 12, 1)
        assert release(session, case.id or 0, gone[:1]) == 1
        assert release(session, case.id or 0, gone[:1]) == 0
        session.refresh(item)
        assert item.next_due == date(2026, 12, 9)
        kept = session.exec(select(Deadline.case_id).order_by(col(Deadline.id))).all()
        assert kept == [None, case.id]


def test_a_case_that_was_left_stays_among_the_candidates(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session)
        item = _item(session, case)
        number = item.id or 0
        shown = Candidate(item_id=number, case_id=case.id or 0, score=0.4)
        assert items.add_candidate(session, shown)
        assert items.left_by(session, number) == frozenset()
        again = Candidate(item_id=number, case_id=case.id or 0, score=0.0, reasons=["détaché"])
        items.leave_candidate(session, again)
        session.expire_all()
        assert items.left_by(session, number) == items.cases_left(session, "a" * 64) == {case.id}
        assert [(one.score, one.reasons) for one in items.candidates(session, number)] == [
            (0.4, ["détaché"])
        ]
