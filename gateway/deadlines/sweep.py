"""The clock's turn: start what waits, end what is answered, flag what is missed, remind, hand over.

Each part can be run again at once, or after an outage of any length: a reminder is taken once for ever,
and what was held back goes out as one letter a case and person, which says what it replaces. A clock that
ran ahead and came back does no lasting harm: what it called missed or lapsed waits again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gateway.circuits.directory import Directory
from gateway.circuits.model import ACKNOWLEDGED, DONE, LETTER, Circuit, DeadlineRule
from gateway.clock import Clock, paris_date
from gateway.deadlines.calendar import Calendars
from gateway.deadlines.ending import end_all
from gateway.deadlines.escalate import escalate, escalation_day, queue_of
from gateway.deadlines.recompute import recompute, rule_of, subject_of
from gateway.deadlines.remind import Post, Reminders
from gateway.deadlines.schedule import settle_case
from gateway.deadlines.starts import start_all
from gateway.deadlines.tacit import propose, withdraw
from gateway.evidence.record import Kind, Recorder
from storage import cases, deadlines, happenings, outbox, turn
from storage.cases import ItemState
from storage.db import Database, Session
from storage.deadlines import Deadline, DeadlineState

Event = tuple[Kind, str, Mapping[str, Any]]

_CALENDARS, _HAPPENINGS, _REVIEWED = "calendars", "happenings", "reviewed-on"
_SLICE = 200
"""Due dates computed again in one transaction."""
_OVERLAP = 100
"""Numbers looked at twice: a row may be committed after one with a higher number."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one turn did."""

    ended: int = 0
    missed: int = 0
    letters: int = 0
    started: int = 0
    moved: int = 0
    proposed: int = 0
    escalated: int = 0
    lapsed: int = 0


class Sweeper:
    """One turn at a time; several may run on one database without doubling anything."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        clock: Clock,
        circuits: Mapping[str, Circuit],
        directory: Directory,
        calendars: Calendars,
        *,
        post: Post,
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._circuits = circuits
        self._directory = directory
        self._calendars = calendars
        self._reminders = Reminders(database, recorder, circuits, directory, post)

    def once(self) -> Swept:
        """Sweep everything that is due now."""
        at = self._clock.now()
        moved = self._correct(at)
        started = self._in_one(start_all, self._circuits, self._directory, self._calendars, at)
        ended = self._end_answered(at)
        self._review(at)
        self._call_back(at)
        missed = self._flag_missed(at)
        self._in_one(withdraw, self._circuits, at)
        proposed, escalated = self._hand_over(at)
        letters = self._reminders.write(at)
        lapsed = self._lapse(at)
        return Swept(ended, missed, letters, started, moved, proposed, escalated, lapsed)

    def _correct(self, at: datetime) -> int:
        """When a calendar was corrected, compute again every due date that waits."""
        asked = self._calendars.fingerprint
        with self._database.reading() as session:
            known = turn.mark(session, _CALENDARS)
        if known == asked:
            return 0
        moved, after = 0, 0
        while True:
            with self._database.transaction() as session:
                found = turn.waiting(session, after, _SLICE)
                events = [
                    event
                    for deadline in found
                    if deadline.circuit in self._circuits
                    for event in recompute(
                        session, self._circuits[deadline.circuit], deadline, self._calendars, at
                    )
                ]
                self._record(session, events)
            moved += len(events)
            if not found:
                break
            after = found[-1].id or after
        with self._database.transaction() as session:
            turn.set_mark(session, _CALENDARS, asked)
        return moved

    def _end_answered(self, at: datetime) -> int:
        """Delays that a sent acknowledgement or finished work ends."""
        ended = 0
        for circuit in self._circuits.values():
            sent_ends = [r.kind for r in circuit.deadlines if ACKNOWLEDGED in r.stopped_by]
            done_ends = [r.kind for r in circuit.deadlines if DONE in r.stopped_by]
            with self._database.transaction() as session:
                events = (
                    *_acknowledged(session, circuit.name, sent_ends),
                    *_done(session, circuit.name, done_ends, at),
                )
                self._record(session, events)
            ended += len(events)
        return ended

    def _review(self, at: datetime) -> None:
        """Cases to which something came since the last turn; all of those that wait, once a day."""
        today = paris_date(at).isoformat()
        with self._database.reading() as session:
            every = turn.mark(session, _REVIEWED) != today
            last = int(turn.mark(session, _HAPPENINGS) or 0)
            told = happenings.cases_after(session, max(last - _OVERLAP, 0))
            concerned = {
                circuit.name: self._concerned(session, circuit, at, every=every)
                for circuit in self._circuits.values()
            }
            of_events = {case_id for n, case_id in told if n > last or every}
            homes = {n: c.circuit for n in of_events if (c := cases.by_id(session, n)) is not None}
        for circuit in self._circuits.values():
            mine = {n for n, home in homes.items() if home == circuit.name}
            for case_id in sorted(mine | concerned[circuit.name]):
                with self._database.transaction() as session:
                    self._record(session, settle_case(session, circuit, case_id, at, self._calendars))
        reached = max([last, *(n for n, _ in told)])
        if every or reached > last:
            with self._database.transaction() as session:
                turn.set_mark(session, _REVIEWED, today)
                turn.set_mark(session, _HAPPENINGS, str(reached))

    def _concerned(self, session: Session, circuit: Circuit, at: datetime, *, every: bool) -> set[int]:
        waited = {trigger for rule in circuit.deadlines for trigger in rule.triggers}
        if every:
            kinds = [rule.kind for rule in circuit.deadlines if rule.triggers]
            return set(turn.cases_waiting(session, circuit.name, kinds))
        letters = [name.removeprefix(LETTER) for name in waited if name.startswith(LETTER)]
        if not letters:
            return set()
        return set(turn.cases_written_to(session, circuit.name, letters, at - timedelta(days=1)))

    def _call_back(self, at: datetime) -> None:
        """What a clock that ran ahead called missed or lapsed waits again."""
        with self._database.transaction() as session:
            for deadline in turn.called_too_soon(session, paris_date(at)):
                why = "l'horloge était en avance : l'échéance est encore à venir"
                if deadline.id is not None and deadlines.move(
                    session, deadline.id, deadline.state, DeadlineState.OPEN, at, why
                ):
                    fields = {"old": deadline.due.isoformat(), "state": "open", "reason": why}
                    self._record(session, [_moved(deadline, fields)])

    def _flag_missed(self, at: datetime) -> int:
        with self._database.transaction() as session:
            events = [
                _missed(deadline)
                for deadline in turn.overdue(session, paris_date(at))
                if deadline.id is not None
                and not self._lapses(deadline)
                and deadlines.miss(session, deadline.id, at)
            ]
            self._record(session, events)
        return len(events)

    def _hand_over(self, at: datetime) -> tuple[int, int]:
        """Propose what silence may mean, and hand over what stays missed."""
        proposed, escalated = 0, 0
        for circuit in self._circuits.values():
            kinds = [r.kind for r in circuit.deadlines if r.escalation is not None or r.silence is not None]
            with self._database.transaction() as session:
                for deadline in turn.missed_of(session, circuit.name, kinds):
                    rule = rule_of(circuit, deadline)
                    if rule is None:
                        continue
                    meant = self._propose(session, circuit, rule, deadline, at)
                    handed = self._escalate(session, circuit, rule, deadline, at)
                    self._record(session, (*meant, *handed))
                    proposed, escalated = proposed + len(meant), escalated + len(handed)
        return proposed, escalated

    def _propose(
        self, session: Session, circuit: Circuit, rule: DeadlineRule, deadline: Deadline, at: datetime
    ) -> tuple[Event, ...]:
        if rule.silence is None or rule.escalation is None:
            return ()
        case = cases.by_id(session, deadline.case_id) if deadline.case_id is not None else None
        queue = queue_of(circuit, rule.escalation.queue, case)
        return propose(session, circuit, rule, deadline, self._directory, queue, at)

    def _escalate(
        self, session: Session, circuit: Circuit, rule: DeadlineRule, deadline: Deadline, at: datetime
    ) -> tuple[Event, ...]:
        if rule.escalation is None or deadline.escalated_at is not None:
            return ()
        if paris_date(at) < escalation_day(deadline, rule.escalation, self._calendars):
            return ()
        return escalate(session, circuit, rule, deadline, self._directory, at)

    def _lapse(self, at: datetime) -> int:
        """Periods that are over, once the letter that says so has left."""
        today = paris_date(at)
        with self._database.transaction() as session:
            events: list[Event] = []
            for deadline in turn.overdue(session, today):
                if deadline.id is None or not self._lapses(deadline) or _unsaid(session, deadline, today):
                    continue
                why = "arrivée à son terme"
                if deadlines.move(session, deadline.id, DeadlineState.OPEN, DeadlineState.LAPSED, at, why):
                    events.append(_ended(deadline, "lapsed"))
            self._record(session, events)
        return len(events)

    def _lapses(self, deadline: Deadline) -> bool:
        circuit = self._circuits.get(deadline.circuit)
        rule = rule_of(circuit, deadline) if circuit is not None else None
        return rule is not None and rule.lapses

    def _in_one(self, work: Any, *words: Any) -> int:
        """``work(session, *words)`` and its entries in one transaction; how many entries."""
        with self._database.transaction() as session:
            events: tuple[Event, ...] = work(session, *words)
            self._record(session, events)
        return len(events)

    def _record(self, session: Session, events: Iterable[Event]) -> None:
        for kind, subject, fields in events:
            self._recorder.add(session, kind, subject, **fields)


def _acknowledged(session: Session, circuit: str, kinds: list[str]) -> tuple[Event, ...]:
    waiting = deadlines.pending_of_kinds(session, circuit, kinds)
    sent = outbox.first_sent(session, [d.delivery for d in waiting if d.delivery])
    events: list[Event] = []
    for deadline in waiting:
        when = sent.get(deadline.delivery or "")
        if when is not None:
            events.extend(end_all(session, [deadline], "accusé parti", when))
    return tuple(events)


def _done(session: Session, circuit: str, kinds: list[str], at: datetime) -> tuple[Event, ...]:
    finished = []
    for deadline in deadlines.pending_of_kinds(session, circuit, kinds):
        items = cases.items_of(session, deadline.delivery) if deadline.delivery else []
        if items and all(item.state is ItemState.DONE for item in items):
            finished.append(deadline)
    return end_all(session, finished, "travail terminé par une personne", at)


def _unsaid(session: Session, deadline: Deadline, today: date) -> bool:
    """Whether a reminder of it is still to leave (too many letters that day)."""
    there = deadlines.reminders(session, deadline.id or 0)
    return any(r.done_at is None and r.on <= today for r in there)


def _missed(deadline: Deadline) -> Event:
    return _ended(deadline, "missed")


def _ended(deadline: Deadline, state: str) -> Event:
    fields = {
        "deadline": deadline.id,
        "kind": deadline.kind,
        "due": deadline.due.isoformat(),
        "state": state,
    }
    return Kind.DEADLINE_ENDED, subject_of(deadline), fields


def _moved(deadline: Deadline, fields: Mapping[str, Any]) -> Event:
    told = {"deadline": deadline.id, "kind": deadline.kind, "due": deadline.due.isoformat(), **fields}
    return Kind.DEADLINE_MOVED, subject_of(deadline), told
