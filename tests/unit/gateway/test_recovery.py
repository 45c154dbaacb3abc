"""Article L. 133-4: three years from the payment, again from the notification, never guessed."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.circuits.model import Circuit
from gateway.contestations.recovery import check_days, clock_of, later
from gateway.errors import Refused

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        (date(2026, 3, 10), 36, date(2029, 3, 10)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 5), 1, date(2027, 1, 5)),
    ],
)
def test_months_end_on_the_same_day_or_the_last(day: date, months: int, due: date) -> None:
    assert later(day, months) == due


def test_the_clock_runs_from_the_payment_and_again_from_the_notification(circuit: Circuit) -> None:
    rules = circuit.contestations
    assert rules is not None
    assert clock_of(rules.recovery, None, None) is None
    first = clock_of(rules.recovery, date(2026, 3, 10), None)
    assert first is not None
    assert (first.due, first.interrupted) == (date(2029, 3, 10), False)
    again = clock_of(rules.recovery, date(2026, 3, 10), date(2026, 11, 2))
    assert again is not None
    assert (again.due, again.interrupted, len(again.explanation)) == (date(2029, 11, 2), True, 2)
    assert rules.recovery.status == "to be confirmed"


@pytest.mark.parametrize(
    ("paid", "notified"),
    [
        (date(2026, 11, 24), None),
        (None, date(2026, 11, 2)),
        (date(2026, 3, 10), date(2026, 3, 9)),
        (date(2026, 3, 10), date(2026, 11, 24)),
        (date(2023, 3, 10), date(2026, 3, 11)),
    ],
    ids=["paid tomorrow", "no payment", "before it", "notified tomorrow", "too late"],
)
def test_days_that_cannot_be_are_refused(
    circuit: Circuit, paid: date | None, notified: date | None
) -> None:
    rules = circuit.contestations
    assert rules is not None
    with pytest.raises(Refused):
        check_days(paid, notified, rules.recovery, TODAY)


def test_the_last_day_itself_is_in_time(circuit: Circuit) -> None:
    rules = circuit.contestations
    assert rules is not None
    check_days(date(2023, 11, 23), date(2026, 11, 23), rules.recovery, TODAY)
    check_days(None, None, rules.recovery, TODAY)
    assert later(date(2023, 11, 23), rules.recovery.delay) == TODAY
