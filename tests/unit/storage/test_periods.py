"""Periods on both databases: each arrow and no other, two periods of one form struck together."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import cases, periods
from storage.db import Database, Session
from storage.periods import ARROWS, STRUCK_FROM, Period, PeriodOrigin, PeriodStatus
from tests.builders import rows

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
REQUESTED, TACIT, STRUCK = PeriodStatus.REQUESTED, PeriodStatus.TACIT, PeriodStatus.STRUCK


def _period(session: Session, *statuses: PeriodStatus) -> list[Period]:
    """Periods that one document gave, in a case of their own."""
    rows.delivery(session, "a")
    document = rows.document(session, "a" * 64)
    case = cases.open_case(session, rows.case("a" * 64))
    for status in statuses:
        period = Period(
            case_id=case.id or 0,
            document_id=document.id or 0,
            origin=PeriodOrigin.EXTENSION,
            status=status,
            starts=date(2027, 1, 1),
            ends=date(2027, 2, 1),
            at=AT,
        )
        assert periods.add_period(session, period)
        assert not periods.add_period(session, period), "a document writes a status once"
    return periods.periods(session, case.id or 0)


def test_the_drawing_of_the_module_is_the_table() -> None:
    drawn = re.findall(r"^    (\w)  (\w+) ─ (\w+) ─▶ (\w+)", periods.__doc__ or "", re.MULTILINE)
    verbs = {before: "restore" if before is STRUCK else "strike" for before in PeriodStatus}
    assert drawn == [(letter, b.value, verbs[b], a.value) for letter, (b, a) in ARROWS.items()]
    assert {before for before, _ in ARROWS.values()} == set(PeriodStatus)


@pytest.mark.parametrize("status", sorted(STRUCK_FROM))
def test_a_period_is_struck_and_comes_back_as_it_was(database: Database, status: PeriodStatus) -> None:
    with database.transaction() as session:
        (period,) = _period(session, status)
        assert not periods.restore(session, period)
        assert periods.strike(session, period)
        assert (period.status, period.given, period.stands) == (STRUCK, status, False)
        assert not periods.strike(session, period)
        assert periods.period_of_document(session, period.document_id) is None
        assert periods.restore(session, period)
        assert (period.status, period.was, period.stands) == (status, "", True)


def test_a_request_and_its_tacit_acceptance_are_struck_together_and_come_back(database: Database) -> None:
    with database.transaction() as session:
        both = _period(session, REQUESTED, TACIT)
        assert [periods.strike(session, period) for period in both] == [True, True]
        number = both[0].document_id
        kept = periods.periods_of_document(session, number)
        assert [(p.status, p.given) for p in kept] == [(STRUCK, REQUESTED), (STRUCK, TACIT)]
        assert [periods.restore(session, period) for period in both] == [True, True]
        assert periods.period_of_document(session, number) == both[0]


@given(
    verbs=st.lists(st.sampled_from(["strike", "restore"]), max_size=8),
    start=st.sampled_from(sorted(STRUCK_FROM)),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_only_the_arrows_are_followed(
    sqlite_database: Database, verbs: list[str], start: PeriodStatus
) -> None:
    with sqlite_database.transaction() as session:
        (period,) = _period(session, start)
        for verb in verbs:
            before = period.status
            moved = getattr(periods, verb)(session, period)
            asked = [pair for pair in ARROWS.values() if pair[0] is before]
            assert moved is ((verb == "restore") == (before is STRUCK))
            assert ((before, period.status) in asked) is moved
            assert period.given is start
        session.rollback()
