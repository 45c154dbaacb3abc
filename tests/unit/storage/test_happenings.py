"""Events of a case: said twice, kept once; each starts a delay once."""

from __future__ import annotations

from datetime import date

from storage import cases, deadlines, happenings
from storage.db import Database, Session
from storage.deadlines import Deadline
from storage.happenings import Happening
from tests.builders import rows
from tests.builders.rows import AT

DAY = date(2026, 11, 20)


def _case(session: Session) -> int:
    rows.delivery(session, "a")
    opened = cases.open_case(session, rows.case("a" * 64))
    assert opened.id is not None
    return opened.id


def _happening(case_id: int, key: str = "2026-11-20") -> Happening:
    return Happening(case_id=case_id, name="payment", key=key, on=DAY, at=AT, by="camille", note="n° 12")


def test_an_event_said_twice_is_kept_once_and_two_keys_are_two(database: Database) -> None:
    with database.transaction() as session:
        case_id = _case(session)
        first = happenings.add(session, _happening(case_id))
        assert first is not None
        assert happenings.add(session, _happening(case_id)) is None
        second = happenings.add(session, _happening(case_id, "F-2"))
        assert second is not None
        assert [h.key for h in happenings.of_case(session, case_id)] == ["2026-11-20", "F-2"]
        assert happenings.cases_after(session, first.id or 0) == [(second.id, case_id)]


def test_an_event_that_started_a_delay_does_not_start_it_again(database: Database) -> None:
    with database.transaction() as session:
        case_id = _case(session)
        made = happenings.add(session, _happening(case_id))
        assert made is not None
        ((found, case),) = happenings.without(session, "essai", "three-years", "payment")
        assert (found.id, case.id) == (made.id, case_id)
        assert happenings.without(session, "autre", "three-years", "payment") == []
        assert happenings.without(session, "essai", "three-years", "ailleurs") == []
        deadlines.add(
            session,
            Deadline(
                kind="three-years",
                origin=f"event:{made.id}",
                circuit="essai",
                case_id=case_id,
                due=DAY,
                basis="b",
                status="confirmed",
                created_at=AT,
            ),
        )
        assert happenings.without(session, "essai", "three-years", "payment") == []
        assert len(happenings.without(session, "essai", "autre-delai", "payment")) == 1
