"""Due dates of contestations: what the hospital was asked, and the time left to claim back (L. 133-4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from gateway.circuits.contested import Delay
from gateway.clock import paris_date
from gateway.contestations.recovery import Clock
from gateway.contesting.rooms import Contesting
from gateway.deadlines.count import compute_due, last_working_day
from gateway.deadlines.schedule import end_all
from gateway.evidence.record import Kind
from storage import deadlines
from storage.contestations import Contestation
from storage.db import Session
from storage.deadlines import Deadline, Reminder

Event = tuple[Kind, str, Mapping[str, Any]]
REQUEST, RECOVERY = "contestation-request", "contestation-recovery"


def ask_by(
    session: Session,
    rooms: Contesting,
    rule: Delay,
    found: Contestation,
    mail: str,
    letter: str,
    at: datetime,
) -> tuple[date, list[Event]]:
    """Set the day by which the hospital should have sent what it is asked, with reminders to it.

    ``mail`` is the SHA-256 of the hospital's mail, through which its address is found again.
    """
    today = paris_date(at)
    calendar = rooms.calendars.named(rule.calendar, None)
    computed = compute_due(today, rule.delay, rule.unit, calendar)
    said = f"point de départ : demande à l'hôpital le {today:%d/%m/%Y}"
    row = Deadline(
        kind=REQUEST,
        origin=f"contestation:{found.reference}:{found.version}",
        circuit=found.circuit,
        delivery=mail,
        case_id=found.case_id,
        title=f"Pièce demandée à l'hôpital ({found.reference})",
        due=computed.due,
        basis=rule.basis,
        status=rule.status,
        explanation=[said, *computed.explanation],
        created_at=at,
    )
    plan = [
        (days, last_working_day(computed.due - timedelta(days), calendar))
        for days in rule.remind_days_before
    ]
    reminders = [
        Reminder(deadline_id=0, days_before=days, on=on, letter=letter, to="hospital")
        for days, on in plan
        if on >= today
    ]
    return computed.due, _added(deadlines.add(session, row, reminders))


def watch_recovery(
    session: Session,
    rooms: Contesting,
    rule: Delay,
    found: Contestation,
    clock: Clock,
    to: str,
    letter: str,
    at: datetime,
) -> list[Event]:
    """Watch the last day to claim back: from the payment, or from the notification that interrupted it."""
    calendar = rooms.calendars.named(rule.calendar, None)
    row = Deadline(
        kind=RECOVERY,
        origin=f"recovery:{found.reference}:{clock.since.isoformat()}",
        circuit=found.circuit,
        delivery=found.delivery,
        case_id=found.case_id,
        title=f"Prescription de l'indu ({found.reference})",
        due=clock.due,
        basis=rule.basis,
        status=rule.status,
        explanation=list(clock.explanation),
        created_at=at,
    )
    plan = [
        (days, last_working_day(clock.due - timedelta(days), calendar)) for days in rule.remind_days_before
    ]
    reminders = [
        Reminder(deadline_id=0, days_before=days, on=on, letter=letter, to=to)
        for days, on in plan
        if on >= paris_date(at)
    ]
    return _added(deadlines.add(session, row, reminders))


def end_requests(session: Session, found: Contestation, reason: str, at: datetime) -> tuple[Event, ...]:
    """What was asked for this contestation is waited for no more."""
    return _end(session, found, REQUEST, f"contestation:{found.reference}:", reason, at)


def end_recovery(session: Session, found: Contestation, reason: str, at: datetime) -> tuple[Event, ...]:
    """The time to claim back runs no more from where it did."""
    return _end(session, found, RECOVERY, f"recovery:{found.reference}:", reason, at)


def _end(
    session: Session, found: Contestation, kind: str, origin: str, reason: str, at: datetime
) -> tuple[Event, ...]:
    if found.case_id is None:
        return ()
    waiting: Iterable[Deadline] = [
        d
        for d in deadlines.pending_of_case(session, found.case_id)
        if d.kind == kind and d.origin.startswith(origin)
    ]
    return end_all(session, waiting, reason, at)


def _added(made: Deadline | None) -> list[Event]:
    if made is None:
        return []
    fields = {
        "deadline": made.id,
        "kind": made.kind,
        "due": made.due.isoformat(),
        "status": made.status,
        "case": made.case_id,
        "explanation": made.explanation,
    }
    return [(Kind.DEADLINE_SET, f"deadline:{made.id}", fields)]
