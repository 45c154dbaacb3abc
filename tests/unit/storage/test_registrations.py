"""Registrations are added, never rewritten; a number already taken is said; the end of retention erases."""

from __future__ import annotations

from datetime import date

from storage import cases, registrations
from storage.db import Database, Session
from storage.registrations import Registration
from tests.builders import rows
from tests.builders.rows import AT


def _case(session: Session, letter: str = "a", reference: str = "PSR-2026-00001") -> int:
    rows.delivery(session, letter)
    return cases.open_case(session, rows.case(letter * 64, reference)).id or 0


def _entry(case_id: int, number: int, nir: str = "6159500000001") -> Registration:
    return Registration(
        case_id=case_id,
        number=number,
        nir=nir,
        starts=date(2026, 10, 5),
        ends=date(2026, 11, 20),
        checks=[{"name": "key", "holds": True, "status": "confirmed"}],
        by="lille",
        at=AT,
    )


def test_entries_of_a_case_in_order_and_one_number_once(database: Database) -> None:
    with database.transaction() as session:
        case_id = _case(session)
        assert registrations.add(session, _entry(case_id, 1))
        assert registrations.add(session, _entry(case_id, 2))
        assert not registrations.add(session, _entry(case_id, 2))
        assert [e.number for e in registrations.of_case(session, case_id)] == [1, 2]
        assert registrations.of_case(session, case_id)[0].checks[0]["holds"] is True


def test_the_same_number_in_another_case_is_found(database: Database) -> None:
    with database.transaction() as session:
        first, second = _case(session), _case(session, "b", "PSR-2026-00002")
        registrations.add(session, _entry(first, 1))
        registrations.add(session, _entry(second, 1))
        assert [c.id for c in registrations.cases_with(session, "6159500000001", first)] == [second]
        assert registrations.cases_with(session, "5159500000001", first) == []


def test_the_end_of_retention_leaves_nothing(database: Database) -> None:
    with database.transaction() as session:
        case_id = _case(session)
        registrations.add(session, _entry(case_id, 1))
        registrations.erase(session, case_id)
        assert registrations.of_case(session, case_id) == []
