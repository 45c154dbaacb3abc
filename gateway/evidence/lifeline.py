"""The life-line of a case: periods granted, asked and refused, the days no one covers, due dates, today.

Pure geometry: dates in, positions out, 1000 units wide; a page draws it as SVG, an evidence file as PDF.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH = 1000.0
MARGIN = 12.0
ROW = 26.0
TOP = 30.0
_DAY = timedelta(days=1)
_MONTHS = (
    "janv.",
    "févr.",
    "mars",
    "avr.",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
)
STRUCK = "struck"
"""Status of a period whose form gives it no more."""


@dataclass(frozen=True, slots=True)
class Frame:
    """How wide the drawing is, how tall a row, how many months are named at most."""

    width: float = WIDTH
    row: float = ROW
    ticks: int = 12


WIDE = Frame()
NARROW = Frame(440.0, 44.0, 3)
"""For a telephone or a magnified page: what a row shows is named above it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A period to draw; ``status`` is that of the period, or ``uncovered``.

    One that is ``struck`` is drawn with a line through it.
    """

    status: str
    label: str
    starts: date
    ends: date
    short: str = ""
    """Written in the bar when there is room."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point in time; ``kind`` is ``deadline``, ``late`` or ``document``."""

    kind: str
    label: str
    on: date


@dataclass(frozen=True, slots=True)
class Bar:
    span: Span
    x: float
    y: float
    width: float

    @property
    def struck(self) -> bool:
        """Whether a line goes through it: it was given, and is no more."""
        return self.span.status == STRUCK


@dataclass(frozen=True, slots=True)
class Point:
    mark: Mark
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    label: str
    x: float


@dataclass(frozen=True, slots=True)
class Lifeline:
    """What to draw; heights in the same units as the width."""

    bars: tuple[Bar, ...]
    points: tuple[Point, ...]
    ticks: tuple[Tick, ...]
    today: float | None
    height: float
    axis: float


def lifeline(
    spans: Sequence[Span], marks: Sequence[Mark], today: date, frame: Frame = WIDE
) -> Lifeline | None:
    """Lay out the case. ``None`` when there is nothing to draw."""
    if not spans and not marks:
        return None
    first, last = _extent(spans, marks, today)
    scale = (frame.width - 2 * MARGIN) / max((last - first).days, 1)

    def x(day: date) -> float:
        return round(MARGIN + (day - first).days * scale, 1)

    rows = [span for span in spans if span.status != "uncovered"]
    bars = []
    for place, span in enumerate([*rows, *(s for s in spans if s.status == "uncovered")]):
        row = place if span.status != "uncovered" else 0
        width = max(x(span.ends + _DAY) - x(span.starts), 4.0)
        bars.append(Bar(span, x(span.starts), TOP + row * frame.row, round(width, 1)))
    axis = TOP + max(len(rows), 1) * frame.row + 8
    points = tuple(Point(mark, x(mark.on), axis + 14) for mark in marks)
    return Lifeline(
        bars=tuple(bars),
        points=points,
        ticks=tuple(_ticks(first, last, x, frame.ticks)),
        today=x(today),
        height=axis + 34,
        axis=axis,
    )


def uncovered(granted: Iterable[tuple[date, date]], until: date | None = None) -> list[tuple[date, date]]:
    """The days no granted period covers, from the first grant to the last one or to ``until``."""
    gaps: list[tuple[date, date]] = []
    reach: date | None = None
    for starts, ends in sorted(granted):
        if reach is not None and starts > reach + _DAY:
            gaps.append((reach + _DAY, starts - _DAY))
        reach = ends if reach is None else max(reach, ends)
    if reach is not None and until is not None and until > reach:
        gaps.append((reach + _DAY, until))
    return gaps


def watched_until(
    today: date, asked: Iterable[date], closed: date | None = None, discharged: date | None = None
) -> date:
    """The last day that cover is looked for: today, or the end of what is asked; never after the discharge
    of the beneficiary, nor after the case was closed."""
    return min(max([today, *asked]), *(day for day in (closed or date.max, discharged or date.max)))


def _extent(spans: Sequence[Span], marks: Sequence[Mark], today: date) -> tuple[date, date]:
    days = [today, *(s.starts for s in spans), *(s.ends for s in spans), *(m.on for m in marks)]
    first, last = min(days), max(days)
    room = max((last - first).days // 30, 3)
    return first - timedelta(days=room), last + timedelta(days=room)


def _ticks(first: date, last: date, x: Callable[[date], float], most: int) -> Iterator[Tick]:
    """The first day of each month, thinned so that labels do not touch."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = max(1, -(-months // most))
    year, month = first.year, first.month
    for number in range(months + 1):
        index = month - 1 + number
        day = date(year + index // 12, index % 12 + 1, 1)
        if number % step == 0 and first <= day <= last:
            yield Tick(f"{_MONTHS[day.month - 1]} {day.year}", x(day))
