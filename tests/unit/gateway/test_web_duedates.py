"""Due dates parted for people: what waits first, what is over folded, the same ones together."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from gateway.web.cases.duedates import FIRST, due_dates
from storage.deadlines import Deadline, DeadlineState

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)


def _due(
    number: int, days: int, state: DeadlineState = DeadlineState.OPEN, kind: str = "", mail: str = "a"
) -> Deadline:
    return Deadline(
        id=number,
        kind=kind or f"k{number}",
        origin=str(number),
        circuit="essai",
        delivery=mail,
        due=DAY + timedelta(days=days),
        basis="b",
        status="confirmed",
        state=state,
        created_at=AT,
        ended_at=AT + timedelta(days=number) if state is DeadlineState.MET else None,
    )


def test_the_nearest_pending_come_first_and_the_rest_is_folded() -> None:
    found = [_due(n, 10 - n) for n in range(5)] + [_due(9, -2, DeadlineState.MISSED)]
    parted = due_dates(found)
    assert [group[0].id for group in parted.first] == [9, 4, 3]
    assert [group[0].id for group in parted.later] == [2, 1, 0]
    assert parted.ended == ()
    assert len(parted.first) == FIRST


def test_what_is_met_or_cancelled_is_over_the_latest_first() -> None:
    found = [
        _due(1, 1, DeadlineState.MET),
        _due(2, 0, DeadlineState.MET),
        _due(3, 5, DeadlineState.CANCELLED),
    ]
    parted = due_dates(found)
    assert parted.first == ()
    assert [group[0].id for group in parted.ended] == [2, 1, 3]


def test_the_same_delay_of_several_mails_is_one_line() -> None:
    parted = due_dates([_due(1, 1, kind="k"), _due(2, 1, kind="k"), _due(3, 2, kind="k")])
    assert [[d.id for d in group] for group in parted.first] == [[1, 2], [3]]


def test_those_of_the_mail_come_before_those_of_its_case() -> None:
    parted = due_dates([_due(1, 1, mail="b"), _due(2, 9)], "a")
    assert [group[0].id for group in parted.first] == [2, 1]


def test_nothing() -> None:
    assert due_dates([]) == due_dates([], "a")
    assert due_dates([]).first == ()
