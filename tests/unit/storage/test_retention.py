"""What holds a case, and since when it is quiet."""

from __future__ import annotations

from datetime import date, timedelta

from storage import cases, retention
from storage.cases import Case, Item, Period, PeriodOrigin, PeriodStatus
from storage.db import Database, Session
from storage.deliveries import DeliveryState
from storage.retention import LegalHold
from tests.builders import rows
from tests.builders.rows import AT


def _case(session: Session, name: str, number: int) -> Case:
    rows.delivery(session, name)
    case = Case(
        reference=f"SPA-2026-{number:05d}", circuit="essai", opened_at=AT, opened_by_delivery=name * 64
    )
    return cases.open_case(session, case)


def test_a_hold_stands_until_it_is_lifted_once(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session, "a", 1)
        made = retention.place(
            session, LegalHold(case_id=case.id or 0, reason="litige", placed_by="sylvie", placed_at=AT)
        )
        assert [(h.reason, c.reference) for h, c in retention.holds(session)] == [
            ("litige", case.reference)
        ]
        assert retention.holds(session, 999) == []
        assert retention.lift(session, made.id or 0, "sylvie", AT)
        assert not retention.lift(session, made.id or 0, "sylvie", AT)
        assert retention.holds(session) == []
        kept = retention.hold(session, made.id or 0)
        assert kept is not None
        assert (kept.lifted_by, kept.lifted_at) == ("sylvie", AT)


def test_a_case_is_quiet_since_the_last_of_all_that_happened(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session, "a", 1)
        assert [q.since for q in retention.quiet_cases(session)] == [AT.date()]
        item = Item(
            delivery="a" * 64, circuit="essai", queue="q", case_id=case.id, kind="x", title="t",
            created_at=AT + timedelta(days=3),
        )  # fmt: skip
        session.add(item)
        assert [q.since for q in retention.quiet_cases(session)] == [AT.date() + timedelta(days=3)]
        document = rows.document(session, "a" * 64)
        period = Period(
            case_id=case.id or 0, document_id=document.id or 0, origin=PeriodOrigin.AUTHORISATION,
            status=PeriodStatus.GRANTED, starts=date(2027, 1, 1), ends=date(2027, 5, 31), at=AT,
        )  # fmt: skip
        cases.add_period(session, period)
        assert [q.since for q in retention.quiet_cases(session)] == [date(2027, 5, 31)]


def test_mails_of_no_case_are_those_that_gave_nothing(database: Database) -> None:
    with database.transaction() as session:
        case = _case(session, "a", 1)
        rows.delivery(session, "b", state=DeliveryState.SCHEDULED)
        rows.delivery(session, "c", state=DeliveryState.RECEIVED)
        rows.delivery(session, "d", state=DeliveryState.SET_ASIDE)
        rows.delivery(session, "e", state=DeliveryState.SCHEDULED)
        item = Item(
            delivery="e" * 64,
            circuit="essai",
            queue="q",
            case_id=case.id,
            kind="x",
            title="t",
            created_at=AT,
        )
        session.add(item)
        found = retention.homeless_mails(session, AT + timedelta(days=1))
        assert [mail.sha256[0] for mail in found] == ["b", "d"]
        assert retention.homeless_mails(session, AT) == []
