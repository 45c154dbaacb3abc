"""Pictures of figures: bars in their frame, lists of bars, medians."""

from __future__ import annotations

from datetime import date, timedelta

from gateway.web.supervision import pictures
from gateway.web.supervision.pictures import HIGH, WIDE, Row

FIRST = date(2026, 11, 1)


def test_a_bar_a_day_in_the_frame() -> None:
    drawn = pictures.series({FIRST: 2, FIRST + timedelta(days=2): 4}, FIRST, FIRST + timedelta(days=3))
    assert [bar.number for bar in drawn.bars] == [2, 0, 4, 0]
    assert (drawn.total, drawn.most, drawn.weekly) == (6, 4, False)
    assert [bar.height for bar in drawn.bars] == [HIGH / 2, 0, HIGH, 0]
    assert all(bar.y + bar.height == HIGH for bar in drawn.bars)
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDE for bar in drawn.bars)


def test_a_bar_a_week_over_a_year_and_nothing_counted_twice() -> None:
    counted = {FIRST + timedelta(days=n): 1 for n in range(-3, 400)}
    drawn = pictures.series(counted, FIRST, FIRST + timedelta(days=364))
    assert drawn.weekly
    assert len(drawn.bars) == 53
    assert drawn.total == 365
    assert (drawn.bars[-1].first, drawn.bars[-1].last) == (
        FIRST + timedelta(days=364),
        FIRST + timedelta(days=364),
    )


def test_a_small_number_beside_a_large_one_is_still_seen() -> None:
    drawn = pictures.series({FIRST: 1, FIRST + timedelta(days=1): 10_000}, FIRST, FIRST + timedelta(days=1))
    assert drawn.bars[0].height == 1.5


def test_nothing_at_all_is_drawn_flat() -> None:
    drawn = pictures.series({}, FIRST, FIRST)
    assert (drawn.most, drawn.bars[0].height) == (0, 0)
    assert pictures.scaled([]) == ()
    assert pictures.scaled([Row("a", "/a", 0, "rien")])[0].length == 0


def test_the_longest_bar_fills_its_frame() -> None:
    drawn = pictures.scaled([Row("a", "/a", 8, "8", part=2), Row("b", "/b", 2, "2")])
    assert [(row.length, row.part_length) for row in drawn] == [(100, 25), (25, 0)]
