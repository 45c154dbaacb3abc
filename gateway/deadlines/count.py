"""Counting days, pure: same terms, same calendars, same day, with every step written out.

A delay counts from the day after its start (so a delay of one working day that starts on a Friday is due
on Monday in France). Working days are *jours ouvrés*. A month ends on the same day number, or on the last
day of a shorter month; ``end-of-month`` on the last day of the month reached. Nothing is shifted silently.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.circuits.model import Unit
from gateway.deadlines.calendar import AnyCalendar, Calendars
from gateway.deadlines.terms import Pause, Terms

_UNITS = {
    Unit.DAY: ("jour", "jours"),
    Unit.WORKING_DAY: ("jour ouvré", "jours ouvrés"),
    Unit.MONTH: ("mois", "mois"),
    Unit.END_OF_MONTH: ("mois, à la fin du mois", "mois, à la fin du mois"),
}


@dataclass(frozen=True, slots=True)
class Computed:
    due: date
    explanation: tuple[str, ...]
    """French lines: the rule's count, each skipped day."""


def calculate(terms: Terms, pauses: Sequence[Pause], calendars: Calendars) -> Computed:
    """The due date of ``terms``, explained from its start to its last skipped day.

    A suspension that lasts counts for nothing yet: the date is the one that would hold without it.
    """
    calendar = calendars.named(terms.calendar, terms.place)
    counted = compute_due(terms.start, terms.delay, terms.unit, calendar, pauses)
    lines = (terms.why, terms.rule, *counted.explanation)
    if pauses and pauses[-1].until is None:
        since = (
            f"délai suspendu depuis le {pauses[-1].on:%d/%m/%Y} ({pauses[-1].why}) : aucune date ne court"
        )
        lines = (*lines, since)
    return Computed(counted.due, lines)


def compute_due(
    start: date, delay: int, unit: Unit, calendar: AnyCalendar, pauses: Sequence[Pause] = ()
) -> Computed:
    """The day ``delay`` units after ``start`` (before it when negative), and how it was counted.

    ``pauses``: in order, without overlap; those that last are left out.
    """
    ended = [pause for pause in pauses if pause.until is not None and pause.until > start]
    if unit is Unit.WORKING_DAY:
        return _working_days(start, delay, calendar, ended)
    due = start + timedelta(days=delay) if unit is Unit.DAY else _months(start, delay, unit)
    lines = (
        []
        if not delay and unit is Unit.DAY
        else [f"{start:%d/%m/%Y} + {_amount(delay, unit)} = {due:%d/%m/%Y}"]
    )
    if unit is Unit.MONTH and due.day != start.day:
        lines.append(f"le mois n'a pas de {start.day} : dernier jour du mois")
    for pause in ended:
        first = max(pause.on, start)
        if pause.until is None or first >= due:
            break
        stopped = (pause.until - first).days
        due += timedelta(days=stopped)
        if unit is Unit.END_OF_MONTH:
            due = _months(due, 0, unit)
        more = f"{_amount(stopped, Unit.DAY)} de plus, {due:%d/%m/%Y}"
        lines.append(f"{_span(first, pause.until)} : délai suspendu ({pause.why}), {more}")
    return Computed(due, tuple(lines))


def last_working_day(day: date, calendar: AnyCalendar) -> date:
    """``day`` itself when it is worked, else the nearest worked day before it."""
    return next(d for d in _days(day, -1) if calendar.off(d) is None)


def next_working_day(day: date, calendar: AnyCalendar) -> date:
    """``day`` itself when it is worked, else the nearest worked day after it."""
    return next(d for d in _days(day, 1) if calendar.off(d) is None)


def _months(start: date, delay: int, unit: Unit) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + delay, 12)
    last = months.monthrange(year, month + 1)[1]
    return date(year, month + 1, last if unit is Unit.END_OF_MONTH else min(start.day, last))


def _working_days(start: date, delay: int, calendar: AnyCalendar, pauses: Sequence[Pause]) -> Computed:
    step = 1 if delay >= 0 else -1
    # A delay of zero is the start itself, or the first worked day that follows it.
    first = start if delay == 0 else start + timedelta(days=step)
    left, lines, due = max(abs(delay), 1), [f"{_amount(delay, Unit.WORKING_DAY)} ({calendar.title})"], start
    told: set[Pause] = set()
    for day in _days(first, step):
        pause = next((p for p in pauses if p.until is not None and p.on < day <= p.until), None)
        if pause is not None and pause.until is not None:
            if pause not in told:
                lines.append(f"{_span(max(pause.on, start), pause.until)} : délai suspendu ({pause.why})")
                told.add(pause)
            continue
        reason = calendar.off(day)
        if reason is not None:
            lines.append(f"{day:%d/%m/%Y} non compté : {reason}")
            continue
        left -= 1
        if left == 0:
            due = day
            break
    return Computed(due, tuple(lines))


def _span(on: date, until: date) -> str:
    return f"du {on + timedelta(days=1):%d/%m/%Y} au {until:%d/%m/%Y}"


def _days(first: date, step: int) -> Iterator[date]:
    # Ten years: more than any delay, and an end should a calendar have no worked day at all.
    return (first + timedelta(days=step * n) for n in range(3653))


def _amount(delay: int, unit: Unit) -> str:
    one, many = _UNITS[unit]
    return f"{delay} {one if abs(delay) <= 1 else many}"
