"""Due dates of one mail become rows; those it answers end. Same transaction as the move of the mail.

The order in which mails are processed does not matter: a delay ends when the case holds a document that
stops it and that arrived after what started it, whichever of the two was written first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.circuits.decision import MailSeen
from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.deadlines.compute import DueDate
from gateway.evidence.record import Kind
from storage import cases, deadlines, documents
from storage.db import Session
from storage.deadlines import Deadline, DeadlineState, Reminder
from storage.deliveries import Delivery

Event = tuple[Kind, str, Mapping[str, Any]]


def schedule(
    session: Session,
    delivery: Delivery,
    seen: MailSeen,
    dues: Sequence[DueDate],
    circuit: Circuit,
    at: datetime,
) -> tuple[Event, ...]:
    """Write ``dues`` and end what this mail answers; the entries to record. Repeatable without harm."""
    rows = {row.position: row.id for row in documents.of_delivery(session, delivery.sha256) if row.id}
    concerned = [case.id for case in cases.of_delivery(session, delivery.sha256) if case.id is not None]
    events: list[Event] = []
    for due in dues:
        case_id = _case_of(session, due, seen, rows, concerned)
        if due.of_period and case_id is not None and not _period_stands(session, due, rows):
            continue
        made = deadlines.add(session, _row(due, delivery, circuit, case_id, at), _reminders(due))
        if made is not None:
            events.append((Kind.DEADLINE_SET, f"delivery:{delivery.sha256}", _fields(made)))
    for case_id in concerned:
        events.extend(settle_case(session, circuit, case_id, at))
    return tuple(events)


def stop_deadlines(
    session: Session, case_id: int, kinds: Collection[str], at: datetime, reason: str
) -> tuple[Event, ...]:
    """End the delays of ``case_id`` that bear one of these rule names."""
    waiting = (d for d in deadlines.pending_of_case(session, case_id) if d.kind in kinds)
    return end_all(session, waiting, reason, at)


def settle_case(session: Session, circuit: Circuit, case_id: int, at: datetime) -> tuple[Event, ...]:
    """End each delay of the case that a later document of it answers."""
    stops = {rule.kind: rule.stopped_by for rule in circuit.deadlines}
    arrived = deadlines.arrivals_in_case(session, case_id)
    events: list[Event] = []
    for deadline in deadlines.pending_of_case(session, case_id):
        started = next((when for _, sha, when in arrived if sha == deadline.delivery), deadline.created_at)
        answer = next(
            (
                kind
                for kind, sha, when in arrived
                if kind in stops.get(deadline.kind, ()) and sha != deadline.delivery and when >= started
            ),
            None,
        )
        if answer is not None:
            reason = f"« {circuit.title_of(answer)} » est au dossier"
            events.extend(end_all(session, [deadline], reason, at))
    return tuple(events)


def end_all(session: Session, waiting: Iterable[Deadline], reason: str, at: datetime) -> tuple[Event, ...]:
    """End these delays as met, late or not, and silence their reminders."""
    events: list[Event] = []
    for deadline in waiting:
        if deadline.id is None or not deadlines.end(session, deadline.id, DeadlineState.MET, reason, at):
            continue
        fields = {
            "deadline": deadline.id,
            "kind": deadline.kind,
            "due": deadline.due.isoformat(),
            "reason": reason,
            "late": paris_date(at) > deadline.due,
        }
        subject = f"delivery:{deadline.delivery}" if deadline.delivery else f"deadline:{deadline.id}"
        events.append((Kind.DEADLINE_ENDED, subject, fields))
    return tuple(events)


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


def _row(due: DueDate, delivery: Delivery, circuit: Circuit, case_id: int | None, at: datetime) -> Deadline:
    return Deadline(
        kind=due.kind,
        origin=due.origin,
        circuit=circuit.name,
        delivery=delivery.sha256,
        case_id=case_id,
        title=due.title[:200],
        due=due.due,
        basis=due.basis,
        status=due.status,
        explanation=list(due.explanation),
        created_at=at,
    )


def _reminders(due: DueDate) -> list[Reminder]:
    return [
        Reminder(deadline_id=0, days_before=r.days_before, on=r.on, letter=r.letter, to=r.to)
        for r in due.reminders
    ]


def _fields(deadline: Deadline) -> dict[str, Any]:
    return {
        "deadline": deadline.id,
        "kind": deadline.kind,
        "due": deadline.due.isoformat(),
        "status": deadline.status,
        "case": deadline.case_id,
        "explanation": deadline.explanation,
    }
