"""A due date computed again: a feast corrected, a delay suspended. Old date, new date and why are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from gateway.circuits.model import Circuit, DeadlineRule, in_force
from gateway.clock import paris_date
from gateway.deadlines.calendar import AnyCalendar, Calendars
from gateway.deadlines.compute import DueDate, reminder_day
from gateway.deadlines.count import calculate
from gateway.deadlines.terms import Pause, lasting, pauses_from, terms_from
from gateway.evidence.record import Kind
from storage import deadlines
from storage.db import Session
from storage.deadlines import Deadline, DeadlineState, Reminder

Event = tuple[Kind, str, Mapping[str, Any]]


def rule_of(circuit: Circuit, deadline: Deadline) -> DeadlineRule | None:
    """The rule a due date was set by: of its name, in force on its starting day."""
    terms = terms_from(deadline.terms)
    named = [rule for rule in circuit.deadlines if rule.kind == deadline.kind]
    if terms is not None:
        held = [r for r in named if in_force(r.effective_from, r.effective_to, terms.start)]
        named = held or named
    return named[-1] if named else None


def recompute(
    session: Session,
    circuit: Circuit,
    deadline: Deadline,
    calendars: Calendars,
    at: datetime,
    *,
    pauses: Sequence[Pause] | None = None,
    why: str = "",
) -> tuple[Event, ...]:
    """Compute a waiting due date again and write what changed; nothing when nothing did.

    ``pauses``: its suspensions as they are now, those it has when not given. ``why``: what made somebody
    ask (French); by default, the days that count otherwise. A reminder already sent is never sent again.
    """
    terms = terms_from(deadline.terms)
    if terms is None:
        return ()
    known = pauses_from(deadline.pauses)
    now = known if pauses is None else tuple(pauses)
    computed = calculate(terms, now, calendars)
    state = _state(deadline, computed.due, now, paris_date(at))
    if (computed.due, state, now) == (deadline.due, deadline.state, known):
        return ()
    reason = why or _difference(deadline.explanation, computed.explanation)
    before = deadline.due
    calendar = calendars.named(terms.calendar, terms.place)
    planned = _planned(session, deadline, rule_of(circuit, deadline), computed.due, calendar, at)
    deadlines.rewrite(
        session,
        deadline,
        at,
        reason,
        planned,
        due=computed.due,
        state=state,
        pauses=[pause.row() for pause in now],
        explanation=list(computed.explanation),
        escalated_at=deadline.escalated_at if state is deadline.state else None,
    )
    fields = {
        "deadline": deadline.id,
        "kind": deadline.kind,
        "old": before.isoformat(),
        "due": computed.due.isoformat(),
        "state": str(state),
        "reason": reason,
    }
    return ((Kind.DEADLINE_MOVED, subject_of(deadline), fields),)


def row_of(due: DueDate, circuit: str, delivery: str | None, case_id: int | None, at: datetime) -> Deadline:
    """A due date as its row, not yet inserted."""
    return Deadline(
        kind=due.kind,
        origin=due.origin,
        circuit=circuit,
        delivery=delivery,
        case_id=case_id,
        title=due.title[:200],
        due=due.due,
        basis=due.basis,
        status=due.status,
        explanation=list(due.explanation),
        created_at=at,
        terms=due.terms.row(),
    )


def reminders_rows(due: DueDate) -> list[Reminder]:
    return [
        Reminder(
            deadline_id=0, days_before=r.days_before, on=r.on, letter=r.letter, to=r.to, attach=r.attach
        )
        for r in due.reminders
    ]


def set_event(made: Deadline) -> Event:
    """The entry that tells a due date was set."""
    fields = {
        "deadline": made.id,
        "kind": made.kind,
        "due": made.due.isoformat(),
        "status": made.status,
        "case": made.case_id,
        "explanation": made.explanation,
    }
    return Kind.DEADLINE_SET, subject_of(made), fields


def subject_of(deadline: Deadline) -> str:
    return f"delivery:{deadline.delivery}" if deadline.delivery else f"deadline:{deadline.id}"


def _state(deadline: Deadline, due: date, pauses: Sequence[Pause], today: date) -> DeadlineState:
    if lasting(pauses):
        return DeadlineState.PAUSED
    if deadline.state is DeadlineState.PAUSED or due >= today:
        return DeadlineState.OPEN
    return deadline.state


def _planned(
    session: Session,
    deadline: Deadline,
    rule: DeadlineRule | None,
    due: date,
    calendar: AnyCalendar,
    at: datetime,
) -> list[Reminder]:
    """The reminders of the new date: those that wait, moved, and those it has room for again."""
    there = deadlines.reminders(session, deadline.id or 0)
    waiting = [r for r in there if r.done_at is None]
    planned = [
        Reminder(
            deadline_id=0,
            days_before=r.days_before,
            on=reminder_day(due, r.days_before, calendar),
            letter=r.letter,
            to=r.to,
            attach=r.attach,
        )
        for r in waiting
    ]
    have = {r.days_before for r in there}
    for asked in rule.reminders if rule is not None else ():
        on = reminder_day(due, asked.days_before, calendar)
        if asked.days_before not in have and on >= paris_date(at):
            planned.append(
                Reminder(
                    deadline_id=0,
                    days_before=asked.days_before,
                    on=on,
                    letter=asked.letter,
                    to=asked.to,
                    attach=asked.attach,
                )
            )
    return planned


def _difference(old: Sequence[str], new: Sequence[str]) -> str:
    """The days that count otherwise, in French."""
    gained = [line for line in new if line not in old and "non compté" in line]
    lost = [line for line in old if line not in new and "non compté" in line]
    told = [*gained, *(line.replace("non compté", "à nouveau compté, n'est plus") for line in lost)]
    return "calendrier corrigé : " + (" ; ".join(told) if told else "autre compte des jours")
