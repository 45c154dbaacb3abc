"""Due dates: started once, ended once, reminders taken once."""

from __future__ import annotations

from datetime import date, timedelta

from storage import cases, deadlines, turn
from storage.db import Database, Session
from storage.deadlines import Deadline, DeadlineState, Reminder
from tests.builders import rows
from tests.builders.rows import AT

TODAY = date(2026, 11, 23)


def _deadline(session: Session, origin: str, due: date, case_id: int | None = None) -> Deadline:
    made = deadlines.add(
        session,
        Deadline(
            kind="coverage-end",
            origin=origin,
            circuit="essai",
            delivery="a" * 64,
            case_id=case_id,
            title="Fin",
            due=due,
            basis="b",
            status="confirmed",
            created_at=AT,
        ),
        [
            Reminder(
                deadline_id=0, days_before=n, on=due - timedelta(days=n), letter="rappel", to="hospital"
            )
            for n in (30, 7)
        ],
    )
    assert made is not None
    assert made.id is not None
    return made


def test_one_origin_starts_one_delay_once(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        made = _deadline(session, "document:a:0", TODAY + timedelta(days=10))
        assert made.id is not None
        again = Deadline.model_validate({**made.model_dump(exclude={"id"}), "due": TODAY})
        assert deadlines.add(session, again) is None
        assert [r.days_before for r in deadlines.reminders(session, made.id)] == [30, 7]


def test_reminders_due_are_those_of_today_or_before_taken_once(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        _deadline(session, "document:a:0", TODAY + timedelta(days=10))
        ((reminder, deadline),) = turn.due_reminders(session, TODAY)
        assert (reminder.days_before, deadline.origin) == (30, "document:a:0")
        assert reminder.id is not None
        assert turn.take_reminder(session, reminder.id, AT, skipped="x" * 300)
        assert not turn.take_reminder(session, reminder.id, AT)
        assert turn.due_reminders(session, TODAY) == []
        assert len(turn.due_reminders(session, TODAY + timedelta(days=3))) == 1


def test_an_end_is_final_and_silences_its_reminders(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        made = _deadline(session, "document:a:0", TODAY - timedelta(days=1))
        assert made.id is not None
        assert turn.overdue(session, TODAY) == [made]
        assert turn.overdue(session, TODAY - timedelta(days=1)) == []
        assert deadlines.miss(session, made.id, AT)
        assert not deadlines.miss(session, made.id, AT)
        assert deadlines.end(session, made.id, DeadlineState.MET, "réponse reçue", AT)
        assert not deadlines.end(session, made.id, DeadlineState.CANCELLED, "", AT)
        ended = deadlines.get(session, made.id)
        assert ended is not None
        assert (ended.state, ended.ended_at) == (DeadlineState.MET, AT)
        assert turn.due_reminders(session, TODAY) == []
        assert {r.skipped for r in deadlines.reminders(session, made.id)} == {"réponse reçue"}


def test_the_next_due_date_of_a_case_and_of_a_delivery(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        case = cases.open_case(session, rows.case("a" * 64))
        assert case.id is not None
        late = _deadline(session, "document:a:0", TODAY + timedelta(days=10))
        near = _deadline(session, "document:a:1", TODAY + timedelta(days=5))
        assert deadlines.next_due(session, [case.id], ["a" * 64]) == {"a" * 64: near}
        assert deadlines.adopt(session, "a" * 64, case.id) == 2
        assert deadlines.adopt(session, "a" * 64, case.id) == 0
        assert deadlines.next_due(session, [case.id]) == {case.id: near}
        assert deadlines.pending_of_case(session, case.id) == [near, late]
        assert deadlines.pending_of_kinds(session, "essai", ["coverage-end"]) == [late, near]
        assert deadlines.pending_of_kinds(session, "autre", ["coverage-end"]) == []
        assert deadlines.next_due(session) == {}


def test_what_ended_waits_again_with_the_reminders_that_are_still_to_come(database: Database) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        made = _deadline(session, "document:a:0", TODAY + timedelta(days=29))
        number = made.id or 0
        assert turn.take_reminder(session, deadlines.reminders(session, number)[0].id or 0, AT)
        assert deadlines.end(session, number, DeadlineState.CANCELLED, "rejeté", AT)
        found = deadlines.get(session, number)
        assert found is not None
        again = {"ended": "rejeté", "today": TODAY}
        assert deadlines.reopen(session, found, DeadlineState.OPEN, AT, "de nouveau", **again)  # type: ignore[arg-type]
        assert (found.state, found.ended_at) == (DeadlineState.OPEN, None)
        told = [(r.days_before, r.done_at is None) for r in deadlines.reminders(session, number)]
        assert told == [(30, False), (7, True)]
        assert not deadlines.reopen(session, found, DeadlineState.OPEN, AT, "encore", **again)  # type: ignore[arg-type]
        whys = [version.why for version in deadlines.versions(session, number)]
        assert whys == ["échéance posée", "rejeté", "de nouveau"]
        assert deadlines.of_mail(session, "a" * 64) == [found]


def test_a_reminder_told_by_another_letter_is_planned_again_when_that_letter_stays(
    database: Database,
) -> None:
    with database.transaction() as session:
        rows.delivery(session, "a")
        case = cases.open_case(session, rows.case("a" * 64))
        made = _deadline(session, "document:a:0", TODAY + timedelta(days=30), case.id)
        over = _deadline(session, "document:a:1", TODAY + timedelta(days=30), case.id)
        for deadline in (made, over):
            first = deadlines.reminders(session, deadline.id or 0)[0]
            assert turn.take_reminder(session, first.id or 0, AT, skipped="réuni avec le rappel « Fin »")
        assert deadlines.end(session, over.id or 0, DeadlineState.MET, "venu", AT)
        assert deadlines.plan_again(session, case.id or 0, AT, "autre raison") == 0
        assert deadlines.plan_again(session, case.id or 0, AT, "réuni avec") == 1
        left = [r.days_before for r in deadlines.reminders(session, made.id or 0) if r.done_at is None]
        assert left == [30, 7]
