"""Due dates of one mail become rows; those it answers end. Same transaction as the move of the mail.

The order in which mails are processed does not matter: a delay ends when the case holds a document that
stops it and that arrived after what started it, whichever of the two was written first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.circuits.decision import MailSeen
from gateway.circuits.model import GRANTED, Circuit, DeadlineRule
from gateway.clock import paris_date
from gateway.deadlines.calendar import Calendars
from gateway.deadlines.compute import DueDate, set_due
from gateway.deadlines.ending import end_all
from gateway.deadlines.progress import Fact, Progress, progress
from gateway.deadlines.recompute import (
    recompute,
    reminders_rows,
    row_of,
    rule_of,
    set_event,
)
from gateway.deadlines.story import story
from gateway.deadlines.tacit import supersede
from gateway.deadlines.terms import pauses_from, terms_from, terms_of
from gateway.evidence.record import Kind
from storage import cases, deadlines, documents
from storage.db import Session
from storage.deadlines import Deadline, DeadlineState
from storage.deliveries import Delivery

__all__ = ["end_all", "progress_of", "reschedule", "schedule", "settle_case", "stop_deadlines"]

Event = tuple[Kind, str, Mapping[str, Any]]
RESTARTED = "délai reparti"
"""How the end of a delay begins when it starts anew."""
_RESTARTS = 20
"""Restarts followed in one go: more events of one case in one minute would be a fault."""


def schedule(
    session: Session,
    delivery: Delivery,
    seen: MailSeen,
    dues: Sequence[DueDate],
    circuit: Circuit,
    at: datetime,
    calendars: Calendars | None = None,
) -> tuple[Event, ...]:
    """Write ``dues`` and end what this mail answers; the entries to record. Repeatable without harm."""
    rows = {row.position: row.id for row in documents.of_delivery(session, delivery.sha256) if row.id}
    concerned = [case.id for case in cases.of_delivery(session, delivery.sha256) if case.id is not None]
    events: list[Event] = []
    for due in dues:
        case_id = _case_of(session, due, seen, rows, concerned)
        if due.of_period and case_id is not None and not _period_stands(session, due, rows):
            continue
        row = row_of(due, circuit.name, delivery.sha256, case_id, at)
        made = deadlines.add(session, row, reminders_rows(due))
        if made is not None:
            events.append(set_event(made))
    for case_id in concerned:
        events.extend(settle_case(session, circuit, case_id, at, calendars))
    return tuple(events)


def reschedule(
    session: Session,
    circuit: Circuit,
    case_id: int,
    dues: Sequence[DueDate],
    at: datetime,
    calendars: Calendars,
) -> tuple[Event, ...]:
    """Move the due dates of the case that wait to the days ``dues`` now give them, after a correction.

    Same kind and same origin: the same delay, whose start was misread. What is over stays over; a reminder
    already sent is never sent again; what stops or pauses it counts from the same instant as before.
    """
    now = {(due.kind, due.origin): due.terms for due in dues}
    events: list[Event] = []
    for deadline in deadlines.pending_of_case(session, case_id):
        terms, kept = now.get((deadline.kind, deadline.origin)), terms_from(deadline.terms)
        if terms is None or kept is None or terms.start == kept.start:
            continue
        deadline.terms = replace(terms, since=kept.since).row()
        session.add(deadline)
        why = f"point de départ corrigé par une personne : {terms.why}"
        events.extend(recompute(session, circuit, deadline, calendars, at, why=why))
    return tuple(events)


def stop_deadlines(
    session: Session, case_id: int, kinds: Collection[str], at: datetime, reason: str
) -> tuple[Event, ...]:
    """End the delays of ``case_id`` that bear one of these rule names."""
    waiting = (d for d in deadlines.pending_of_case(session, case_id) if d.kind in kinds)
    return end_all(session, waiting, reason, at)


def settle_case(
    session: Session, circuit: Circuit, case_id: int, at: datetime, calendars: Calendars | None = None
) -> tuple[Event, ...]:
    """End, replace, suspend or restart each delay of the case by what came to it later.

    Without ``calendars`` nothing is computed again: suspensions and restarts wait for the next sweep.
    """
    events: list[Event] = []
    told = story(session, circuit, case_id)
    for _ in range(_RESTARTS):
        restarted = False
        for deadline in deadlines.pending_of_case(session, case_id):
            rule = rule_of(circuit, deadline)
            if rule is None:
                continue
            went = progress_of(rule, deadline, told)
            events.extend(_follow(session, circuit, rule, deadline, went, calendars, at))
            restarted = restarted or (went.restarted is not None and calendars is not None)
        if not restarted:
            break
    events.extend(supersede(session, circuit, case_id, at))
    return tuple(events)


def progress_of(rule: DeadlineRule, deadline: Deadline, told: Sequence[Fact]) -> Progress:
    """What became of a delay by what was told of its case."""
    terms = terms_from(deadline.terms)
    arrived = next((f.at for f in told if f.delivery and f.delivery == deadline.delivery), None)
    since = terms.since if terms is not None else (arrived or deadline.created_at)
    family, _, number = deadline.origin.partition(":")
    own = int(number) if family == "event" and number.isdigit() else 0
    if family == "proposal":  # the acceptance that started it does not replace it
        told = [f for f in told if not (f.name == GRANTED and f.delivery is None and f.at <= since)]
    return progress(rule, told, since, delivery=deadline.delivery, number=own)


def _follow(
    session: Session,
    circuit: Circuit,
    rule: DeadlineRule,
    deadline: Deadline,
    went: Progress,
    calendars: Calendars | None,
    at: datetime,
) -> Iterable[Event]:
    if went.stopped is not None:
        return end_all(session, [deadline], went.stopped.title, at)
    if went.replaced is not None:
        reason = f"remplacée : {went.replaced.title}"
        return end_all(session, [deadline], reason, at, DeadlineState.CANCELLED)
    if calendars is None:
        return ()
    if went.restarted is not None:
        return _restart(session, circuit, rule, deadline, went.restarted, calendars, at)
    if went.pauses == pauses_from(deadline.pauses):
        return ()
    paused = went.pauses and went.pauses[-1].until is None
    why = ("délai suspendu : " if paused else "délai repris : ") + (
        went.pauses[-1].why if went.pauses else ""
    )
    return recompute(session, circuit, deadline, calendars, at, pauses=went.pauses, why=why)


def _restart(
    session: Session,
    circuit: Circuit,
    rule: DeadlineRule,
    deadline: Deadline,
    fact: Fact,
    calendars: Calendars,
    at: datetime,
) -> tuple[Event, ...]:
    """The whole delay again from the day of the event: a due date of its own, so that both are kept."""
    kept = terms_from(deadline.terms)
    why = f"point de départ : {fact.title} (le délai repart en entier)"
    terms = terms_of(rule, fact.on, why, kept.place if kept else None, fact.at)
    due = set_due(rule, terms, f"event:{fact.number}", paris_date(at), calendars)
    ended = end_all(session, [deadline], f"{RESTARTED} : {fact.title}", at, DeadlineState.CANCELLED)
    row = row_of(due, circuit.name, deadline.delivery, deadline.case_id, at)
    made = deadlines.add(session, row, reminders_rows(due))
    return (*ended, *([set_event(made)] if made is not None else []))


def _case_of(
    session: Session, due: DueDate, seen: MailSeen, rows: Mapping[int, int], concerned: list[int]
) -> int | None:
    """The case of the document that started the delay, else the one of the mail's first filed document."""
    if due.position is not None:
        return cases.case_of_document(session, rows[due.position])
    for document in seen.documents:
        case_id = cases.case_of_document(session, rows[document.position])
        if case_id is not None:
            return case_id
    return concerned[0] if concerned else None


def _period_stands(session: Session, due: DueDate, rows: Mapping[int, int]) -> bool:
    """False for a further copy of a form whose period is already in the case."""
    return due.position is not None and cases.period_of_document(session, rows[due.position]) is not None
