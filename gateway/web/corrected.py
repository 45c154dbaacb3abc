"""What follows a correction: the form gives its period, or corrects it, and its due dates follow.

No other form ever rewrites a period (domain, 10.2); a date that was misread was never history. The reading
stays beside the correction, and the log keeps both dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gateway.cases.history import add_period, correct_period
from gateway.circuits.decision import Decision, MailSeen
from gateway.circuits.model import Circuit
from gateway.deadlines.compute import due_dates
from gateway.deadlines.schedule import reschedule, schedule, settle_case
from gateway.evidence.record import Kind
from gateway.triage.seen import mail_seen
from gateway.web.house import WebHouse
from storage import cases, sheets
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import Document

Event = tuple[Kind, str, Mapping[str, Any]]
_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


def follow_up(rooms: WebHouse, session: Session, document: Document) -> list[Event]:
    """Add or correct the period that the form now writes, with the due dates it starts."""
    number = document.id or 0
    case_id = cases.case_of_document(session, number)
    case = cases.by_id(session, case_id) if case_id is not None else None
    circuit = rooms.circuits.by_name.get(case.circuit) if case is not None else None
    if case is None or circuit is None or not _writes_periods(circuit, document):
        return []
    cases.lock_circuit(session, circuit.name)
    at, delivery = rooms.clock.now(), session.get_one(Delivery, document.delivery)
    papers = sheets.papers_of_delivery(session, document.delivery)
    mail = mail_seen(delivery, [(paper.document, paper.facts, paper.issues) for paper in papers])
    seen = next((one for one in mail.documents if one.position == document.position), None)
    if seen is None:
        return []
    known = cases.period_of_document(session, number) is not None
    event = (
        correct_period(session, circuit, case, seen, number)
        if known
        else add_period(session, circuit, case, seen, number, at=at)
    )
    if event is None:
        return []
    dues = _scheduled(rooms, session, circuit, delivery, mail, case.id or 0)
    return [event, *dues, *settle_case(session, circuit, case.id or 0, at, rooms.calendars)]


def _writes_periods(circuit: Circuit, document: Document) -> bool:
    return document.kind in {*circuit.authorises, *circuit.requests, *circuit.answers}


def _scheduled(
    rooms: WebHouse, session: Session, circuit: Circuit, delivery: Delivery, mail: MailSeen, case_id: int
) -> list[Event]:
    """The due dates this mail starts now; those that wait move with the date they start from."""
    if rooms.calendars is None:
        return []
    try:
        decision = _DECISION.validate_python(delivery.decision)
    except ValidationError:  # a mail that people filed before any rule decided
        return []
    at = rooms.clock.now()
    dues = due_dates(circuit, mail, decision, at, rooms.calendars, rooms.circuits.directory)
    moved = reschedule(session, circuit, case_id, dues, at, rooms.calendars)
    return [*moved, *schedule(session, delivery, mail, dues, circuit, at, rooms.calendars)]
