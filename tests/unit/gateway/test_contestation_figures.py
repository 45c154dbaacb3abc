"""Figures: every contestation counted once, ages by their class."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.contestations.figures import AGES, UNKNOWN, age_of, figures
from storage.contestations import ContestationState, Figure, Outcome

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def _row(days: int = 0, **changes: object) -> Figure:
    row = Figure("dates", ContestationState.MATCHED, None, "Hôpital", NOW - timedelta(days=days), "10.00")
    return row._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "label"),
    [(0, 0), (29, 0), (30, 1), (89, 1), (90, 2), (180, 3), (364, 3), (365, 4), (4000, 4)],
)
def test_ages(days: int, label: int) -> None:
    assert age_of(_row(days), TODAY) == AGES[label][1]


def test_every_contestation_is_counted_in_each_table() -> None:
    rows = [
        _row(),
        _row(100, reason="amount", establishment=None, amount=None),
        _row(200, state=ContestationState.CLOSED, outcome=Outcome.WON),
        _row(400, state=ContestationState.ACCEPTED, outcome=Outcome.ACCEPTED, amount="x"),
    ]
    found = figures(rows, {"dates": "Dates", "amount": "Montant"}, TODAY)
    assert [(b.label, b.count, b.share) for b in found.by_reason] == [
        ("Dates", 3, 1.0),
        ("Montant", 1, 1 / 3),
    ]
    assert [(b.label, b.count) for b in found.by_hospital] == [("Hôpital", 3), (UNKNOWN, 1)]
    assert [b.label for b in found.by_age] == [AGES[0][1], AGES[2][1], AGES[4][1]]
    total = found.total
    assert (total.count, total.still_open, total.won, total.accepted) == (4, 3, 1, 1)
    assert total.amount == Decimal("20.00")


def test_nothing_gives_empty_tables() -> None:
    found = figures([], {}, TODAY)
    assert (found.by_reason, found.by_hospital, found.by_age) == ((), (), ())
    assert (found.total.count, found.total.share) == (0, 0.0)
