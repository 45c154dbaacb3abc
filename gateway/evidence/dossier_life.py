"""The life-line of a case for its evidence file: the drawing of the page, as of the day it was sealed.

Nothing here looks at a clock: the day drawn is the one of the last checkpoint, so that the same state of
the case always gives the same drawing.
"""

from __future__ import annotations

from datetime import date

from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.evidence.cover import covering, discharges
from gateway.evidence.dossier_gather import Gathered
from gateway.evidence.dossier_words import answer, day, state
from gateway.evidence.lifeline import Lifeline, Mark, Span, lifeline, uncovered, watched_until
from gateway.evidence.record import Kind
from storage.cases import PeriodStatus
from storage.deadlines import DeadlineState


def life(found: Gathered, circuit: Circuit | None = None) -> Lifeline | None:
    """Periods, days without cover and pending due dates; ``None`` when the case has none."""
    sealed = paris_date(found.last.at)
    spans: list[Span] = []
    for period in found.holding.periods:
        if period.starts is None or period.ends is None or period.starts > period.ends:
            continue
        what = f"{state(period.origin.value)}, {answer(period)}"
        label = f"{what} : du {day(period.starts)} au {day(period.ends)}"
        spans.append(Span(period.status.value, label, period.starts, period.ends, what))
    asked = [span.ends for span in spans if span.status == PeriodStatus.REQUESTED]
    closed = found.holding.case.closed_at
    until = watched_until(
        sealed, asked, paris_date(closed) if closed else None, _discharged(found, circuit)
    )
    for first, last in uncovered(covering(found.holding.periods), until):
        spans.append(Span("uncovered", f"sans couverture : du {day(first)} au {day(last)}", first, last))
    marks = [
        Mark(
            "late" if due.due < sealed else "deadline",
            f"{due.title or due.kind} : {day(due.due)}",
            due.due,
        )
        for due in found.holding.deadlines
        if due.state in {DeadlineState.OPEN, DeadlineState.MISSED}
    ]
    return lifeline(sorted(spans, key=lambda span: span.starts), marks, sealed)


def _discharged(found: Gathered, circuit: Circuit | None) -> date | None:
    """The last day that the log gives for the end of care."""
    names = discharges(circuit)
    events = (event.fields for event in found.events if event.kind == Kind.CASE_EVENT)
    days = (date.fromisoformat(str(one["on"])) for one in events if one.get("event") in names)
    return max(days, default=None)
