"""Delays that no mail starts: an event of a case, a letter that left, an action, a confirmed acceptance.

Looked for at each turn of the clock; what was already started is started once for ever (its origin).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.circuits.directory import Directory
from gateway.circuits.model import START_ACTIONS, Circuit, DeadlineRule, Start, in_force
from gateway.clock import paris_date
from gateway.deadlines.calendar import Calendars, place_of
from gateway.deadlines.compute import set_due
from gateway.deadlines.recompute import reminders_rows, row_of, set_event
from gateway.deadlines.terms import terms_of
from gateway.evidence.record import Kind
from storage import cases, deadlines, happenings, proposals, turn
from storage.cases import Case, PeriodStatus
from storage.db import Session
from storage.proposals import Proposal, ProposalState

Event = tuple[Kind, str, Mapping[str, Any]]
_ACTIONS = "item-actions"
"""Mark of the last action of the log that was looked at."""


@dataclass(frozen=True, slots=True)
class Started:
    """Something that starts a delay of ``rule``, about ``case`` when it has one."""

    circuit: Circuit
    rule: DeadlineRule
    origin: str
    on: date
    at: datetime
    why: str
    case: Case | None
    delivery: str | None = None


def start_all(
    session: Session,
    circuits: Mapping[str, Circuit],
    directory: Directory,
    calendars: Calendars,
    at: datetime,
) -> tuple[Event, ...]:
    """Set every due date that waits to be; the entries to record. Repeatable without harm."""
    events: list[Event] = []
    for circuit in circuits.values():
        for rule in circuit.deadlines:
            for one in (*_events(session, circuit, rule), *_letters(session, circuit, rule)):
                events.extend(_set(session, one, directory, calendars, at))
        for one in _accepted(session, circuit):
            events.extend(_set(session, one, directory, calendars, at))
    for one in _actions(session, circuits):
        events.extend(_set(session, one, directory, calendars, at))
    return tuple(events)


def _events(session: Session, circuit: Circuit, rule: DeadlineRule) -> Iterator[Started]:
    if rule.start is not Start.EVENT or rule.start_event is None:
        return
    title = next((e.title for e in circuit.events if e.name == rule.start_event), rule.start_event)
    for one, case in happenings.without(session, circuit.name, rule.kind, rule.start_event):
        why = f"point de départ : {title} le {one.on:%d/%m/%Y}, inscrit par {one.by}"
        yield Started(circuit, rule, f"event:{one.id}", one.on, one.at, why, case)


def _letters(session: Session, circuit: Circuit, rule: DeadlineRule) -> Iterator[Started]:
    if rule.start is not Start.LETTER_SENT:
        return
    for entry in turn.letters_without(session, circuit.name, rule.kind, rule.start_letters):
        if entry.sent_at is None:
            continue
        day = paris_date(entry.sent_at)
        why = f"point de départ : lettre « {entry.letter} » partie le {day:%d/%m/%Y} à {entry.recipient}"
        case = cases.by_id(session, entry.case_id) if entry.case_id is not None else None
        origin = f"letter:{entry.id}"
        yield Started(circuit, rule, origin, day, entry.sent_at, why, case, entry.delivery)


def _accepted(session: Session, circuit: Circuit) -> Iterator[Started]:
    """A tacit acceptance that a person confirmed grants a period: its end is watched as any other."""
    rules = [
        rule
        for rule in circuit.deadlines
        if rule.start in {Start.PERIOD_END, Start.CARE_END}
        and set(rule.document_kinds) & set(circuit.answers)
    ]
    for proposal in proposals.in_states(session, [ProposalState.ACCEPTED]):
        case = cases.by_id(session, proposal.case_id)
        ends = proposal.bundle.get("ends")
        if case is None or case.circuit != circuit.name or not ends or proposal.decided_at is None:
            continue
        if _struck(session, proposal):
            continue  # the request it is founded on was rejected
        day = date.fromisoformat(ends)
        why = f"point de départ : dernier jour de la prolongation tacite confirmée, {day:%d/%m/%Y}"
        for rule in rules:
            origin = f"proposal:{proposal.id}"
            yield Started(circuit, rule, origin, day, proposal.decided_at, why, case)


def _struck(session: Session, proposal: Proposal) -> bool:
    """Whether the tacit period of a confirmed acceptance was struck since."""
    given = cases.periods_of_document(session, int(proposal.bundle.get("document") or 0))
    return any(period.given is PeriodStatus.TACIT and not period.stands for period in given)


def _actions(session: Session, circuits: Mapping[str, Circuit]) -> list[Started]:
    rules = [
        (circuit, rule)
        for circuit in circuits.values()
        for rule in circuit.deadlines
        if rule.start is Start.ITEM_ACTION and rule.start_action is not None
    ]
    if not rules:
        return []
    looked, last = turn.mark(session, _ACTIONS), str(turn.last_position(session))
    if looked != last:
        turn.set_mark(session, _ACTIONS, last)
    if looked is None:
        return []  # what was done before the rule existed starts nothing
    wanted = {START_ACTIONS[rule.start_action or ""] for _, rule in rules}
    found: list[Started] = []
    for acted in turn.actions_after(session, int(looked), sorted(wanted)):
        day = paris_date(acted.at)
        items = cases.items_of(session, acted.delivery)
        for circuit, rule in rules:
            mine = [i for i in items if i.circuit == circuit.name and i.kind in rule.document_kinds]
            if not mine or START_ACTIONS[rule.start_action or ""] != acted.kind:
                continue
            case = cases.by_id(session, mine[0].case_id) if mine[0].case_id is not None else None
            why = f"point de départ : travail fait par une personne le {day:%d/%m/%Y}"
            origin = f"action:{acted.delivery}"
            found.append(Started(circuit, rule, origin, day, acted.at, why, case, acted.delivery))
    return found


def _set(
    session: Session, one: Started, directory: Directory, calendars: Calendars, at: datetime
) -> tuple[Event, ...]:
    if not in_force(one.rule.effective_from, one.rule.effective_to, one.on):
        return ()
    case = one.case
    place = place_of(case.establishment_finess, case.caisse, directory) if case is not None else None
    terms = terms_of(one.rule, one.on, one.why, place, one.at)
    due = set_due(one.rule, terms, one.origin, paris_date(at), calendars)
    row = row_of(due, one.circuit.name, one.delivery, case.id if case is not None else None, at)
    made = deadlines.add(session, row, reminders_rows(due))
    return () if made is None else (set_event(made),)
