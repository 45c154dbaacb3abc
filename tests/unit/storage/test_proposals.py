"""Proposals: made once about one due date, moved along their arrows only."""

from __future__ import annotations

from datetime import date

import pytest

from storage import cases, deadlines, proposals
from storage.db import Database, Session
from storage.deadlines import Deadline
from storage.proposals import ARROWS, Proposal, ProposalState
from tests.builders import rows
from tests.builders.rows import AT

DAY = date(2026, 12, 14)


def _proposal(session: Session, due: date = DAY) -> Proposal | None:
    case = cases.get(session, "PSR-2026-00001")
    if case is None:
        rows.delivery(session, "a")
        case = cases.open_case(session, rows.case("a" * 64))
        waited = deadlines.add(
            session,
            Deadline(
                kind="cnas-answer",
                origin="delivery:a",
                circuit="essai",
                case_id=case.id,
                due=DAY,
                basis="b",
                status="to be confirmed",
                created_at=AT,
            ),
        )
        assert waited is not None
    (deadline,) = deadlines.of_case(session, case.id or 0)
    return proposals.add(
        session,
        Proposal(
            case_id=case.id or 0,
            deadline_id=deadline.id or 0,
            kind="tacit-acceptance",
            queue="cnse-administratif",
            due=due,
            computed_at=AT,
            bundle={"ends": "2027-05-31"},
        ),
    )


def test_one_proposal_a_due_date(database: Database) -> None:
    with database.transaction() as session:
        made = _proposal(session)
        assert made is not None
        assert _proposal(session) is None
        later = _proposal(session, date(2026, 12, 20))
        assert later is not None
        assert [p.id for p in proposals.of_case(session, made.case_id)] == [later.id, made.id]
        assert [p.id for p in proposals.of_deadline(session, made.deadline_id)] == [made.id, later.id]
        assert proposals.get(session, made.id or 0) == made


@pytest.mark.parametrize("before", list(ProposalState))
@pytest.mark.parametrize("after", list(ProposalState))
def test_only_the_arrows_are_followed(
    sqlite_database: Database, before: ProposalState, after: ProposalState
) -> None:
    with sqlite_database.transaction() as session:
        made = _proposal(session)
        assert made is not None
        made.state = before
        session.add(made)
        session.flush()
        assert proposals.move(session, made, after, reason="essai") is (after in ARROWS[before])
        assert made.state is (after if after in ARROWS[before] else before)
        assert [p.id for p in proposals.in_states(session, [made.state])] == [made.id]


def test_the_second_of_two_decisions_is_refused(database: Database) -> None:
    with database.transaction() as session:
        made = _proposal(session)
        assert made is not None
        stale = Proposal.model_validate(made.model_dump())
        assert proposals.move(session, made, ProposalState.ACCEPTED, decided_by="a")
        stale.state = ProposalState.PROPOSED
        before = proposals.get(session, made.id or 0)
        assert before is not None
        assert not proposals.move(session, before, ProposalState.REJECTED, decided_by="b")
        assert before.decided_by == "a"
