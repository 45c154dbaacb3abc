"""The life-line: everything inside the picture, in order of time, gaps where no grant covers."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.evidence.lifeline import ROW, WIDTH, Mark, Span, lifeline, uncovered, watched_until
from gateway.evidence.lifeline_drawing import Drawing

DAYS = st.dates(date(2019, 1, 1), date(2030, 12, 31))
DAY = timedelta(days=1)


def test_nothing_to_draw() -> None:
    assert lifeline([], [], date(2026, 1, 1)) is None


@given(
    st.lists(st.tuples(DAYS, st.integers(0, 400)), min_size=1, max_size=6), st.lists(DAYS, max_size=4), DAYS
)
def test_everything_is_inside_and_time_goes_right(
    periods: list[tuple[date, int]], dues: list[date], today: date
) -> None:
    spans = [Span("granted", "x", first, first + days * DAY) for first, days in periods]
    line = lifeline(spans, [Mark("deadline", "y", d) for d in dues], today)
    assert line is not None
    assert line.today is not None
    places = [b.x for b in line.bars] + [p.x for p in line.points] + [line.today]
    assert all(0 <= x <= WIDTH for x in places)
    assert all(b.x + b.width <= WIDTH + 1 and b.width > 0 for b in line.bars)
    assert all(b.y + 16 < line.axis < line.height for b in line.bars)
    assert len(line.ticks) <= 14
    ordered = sorted(line.bars, key=lambda b: b.span.starts)
    assert [b.x for b in ordered] == sorted(b.x for b in ordered)


def test_a_struck_period_is_drawn_with_a_line_through_it_and_covers_nothing() -> None:
    first = date(2026, 1, 1)
    spans = [Span("granted", "a", first, first + DAY), Span("struck", "b", first, first + 9 * DAY)]
    line = lifeline(spans, [], first)
    assert line is not None
    assert [bar.struck for bar in line.bars] == [False, True]
    assert Drawing(line, 480).height > ROW, "it is drawn and named on paper too"


def test_gaps_between_grants_and_up_to_what_was_asked() -> None:
    first, second = date(2026, 1, 1), date(2026, 3, 1)
    granted = [(first, first + 30 * DAY), (second, second + 9 * DAY)]
    assert uncovered(granted) == [(date(2026, 2, 1), date(2026, 2, 28))]
    assert uncovered(granted, date(2026, 3, 20)) == [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 11), date(2026, 3, 20)),
    ]


def test_periods_that_touch_or_overlap_leave_no_gap() -> None:
    first = date(2026, 1, 1)
    assert uncovered([(first, first + 9 * DAY), (first + 10 * DAY, first + 20 * DAY)]) == []
    assert uncovered([(first, first + 30 * DAY), (first + 5 * DAY, first + 6 * DAY)]) == []
    assert uncovered([]) == []
    assert uncovered([], date(2026, 1, 1)) == []


@given(st.lists(st.tuples(DAYS, st.integers(0, 100)), max_size=6))
def test_a_gap_is_a_day_no_grant_covers(periods: list[tuple[date, int]]) -> None:
    granted = [(first, first + days * DAY) for first, days in periods]
    covered = {first + n * DAY for first, days in periods for n in range(days + 1)}
    for first, last in uncovered(granted):
        assert first <= last
        assert not any(first + n * DAY in covered for n in range((last - first).days + 1))
        assert first - DAY in covered
        assert last + DAY in covered


def test_cover_is_looked_for_up_to_today_the_discharge_or_the_closing() -> None:
    today, asked = date(2026, 11, 23), date(2026, 12, 31)
    assert watched_until(today, []) == today
    assert watched_until(today, [asked]) == asked
    assert watched_until(today, [asked], closed=date(2026, 11, 10)) == date(2026, 11, 10)
    assert watched_until(today, [], discharged=date(2026, 11, 2)) == date(2026, 11, 2)
    both = watched_until(today, [], closed=date(2026, 11, 10), discharged=date(2026, 11, 2))
    assert both == date(2026, 11, 2)
