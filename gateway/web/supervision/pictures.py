"""Pictures of figures, drawn on the server: shapes in the units of their own frame. Pure.

Each picture stands beside the numbers it shows: nobody needs to see it to know what it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

WIDE = 600
HIGH = 96
_GAP = 0.18
"""Part of a day's width left between two bars."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a series: where, how high, and what it says."""

    x: float
    y: float
    width: float
    height: float
    first: date
    last: date
    number: int


@dataclass(frozen=True, slots=True)
class Series:
    """A number a day (or a week), as bars in a frame of ``WIDE`` by ``HIGH``."""

    bars: tuple[Bar, ...]
    total: int
    most: int
    weekly: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list of bars. ``part`` of ``value`` is late; ``said`` says it in words."""

    label: str
    address: str
    value: float
    said: str
    part: float = 0
    length: float = 0
    """Percent of the longest of the list, as ``part_length``."""
    part_length: float = 0


def series(counted: Mapping[date, int], first: date, last: date, most_bars: int = 92) -> Series:
    """Bars from ``first`` to ``last``, included: a day each, or seven when there would be too many."""
    step = 1 if (last - first).days < most_bars else 7
    days = (last - first).days + 1
    starts = [first + timedelta(days=n) for n in range(0, days, step)]
    numbers = [
        sum(
            counted.get(start + timedelta(days=n), 0)
            for n in range(step)
            if start + timedelta(days=n) <= last
        )
        for start in starts
    ]
    most = max(numbers, default=0)
    width = WIDE / max(len(starts), 1)
    bars = []
    for place, (start, number) in enumerate(zip(starts, numbers, strict=True)):
        height = 0.0 if not number else max(HIGH * number / most, 1.5)
        end = min(start + timedelta(days=step - 1), last)
        bars.append(
            Bar(
                round(place * width + width * _GAP / 2, 2),
                round(HIGH - height, 2),
                round(width * (1 - _GAP), 2),
                round(height, 2),
                start,
                end,
                number,
            )
        )
    return Series(tuple(bars), sum(numbers), most, step == 7)


def scaled(found: Sequence[Row]) -> tuple[Row, ...]:
    """The lines with the lengths of their bars, the longest filling its frame."""
    most = max((row.value for row in found), default=0) or 1
    return tuple(
        replace(row, length=round(100 * row.value / most, 1), part_length=round(100 * row.part / most, 1))
        for row in found
    )
