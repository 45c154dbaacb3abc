"""Reminders due become letters: one a case and person, which says what it replaces. Taken once for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from gateway.circuits.directory import Directory
from gateway.circuits.model import Circuit
from gateway.circuits.notice import Notice, Posted
from gateway.clock import paris_date
from gateway.deadlines.reach import reach
from gateway.evidence.record import Kind, Recorder
from storage import cases, deliveries, turn
from storage.cases import Case
from storage.db import Database, Session
from storage.deadlines import Deadline, Reminder
from storage.deliveries import Delivery

Event = tuple[Kind, str, Mapping[str, Any]]

_STATUS = {"confirmed": "confirmé", "to be confirmed": "à confirmer"}
JOINED = "réuni avec"
"""How begins the reason of a reminder that another letter of the same day told."""


class Post(Protocol):
    """Writes one notice into the outbox, in the session of the sweep."""

    def __call__(
        self, session: Session, notice: Notice, at: datetime
    ) -> tuple[Posted, tuple[Event, ...]]: ...


@dataclass(frozen=True, slots=True)
class _Due:
    """One reminder due, with everything its letter needs."""

    reminder: Reminder
    deadline: Deadline
    delivery: Delivery
    recipient: str | None


class Reminders:
    """Writes the reminders due; several may run on one database without doubling anything."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        circuits: Mapping[str, Circuit],
        directory: Directory,
        post: Post,
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._circuits = circuits
        self._directory = directory
        self._post = post

    def write(self, at: datetime) -> int:
        """Write every reminder due at this instant; how many letters were queued."""
        with self._database.reading() as session:
            due = [
                found
                for reminder, deadline in turn.due_reminders(session, paris_date(at))
                if deadline.circuit in self._circuits
                and (found := self._gathered(session, reminder, deadline)) is not None
            ]
        groups: dict[tuple[object, str | None], list[_Due]] = {}
        for each in due:
            about = each.deadline.case_id or each.delivery.sha256
            groups.setdefault((about, each.recipient and each.recipient.casefold()), []).append(each)
        return sum(self._write(group, at) for group in groups.values())

    def _gathered(self, session: Session, reminder: Reminder, deadline: Deadline) -> _Due | None:
        mail = deadline.delivery
        if mail is None and deadline.case_id is not None:
            case = cases.by_id(session, deadline.case_id)
            mail = case.opener if case is not None else None
        delivery = deliveries.get(session, mail) if mail is not None else None
        if delivery is None:
            return None
        return _Due(
            reminder, deadline, delivery, reach(session, self._directory, reminder.to, deadline, delivery)
        )

    def _write(self, group: list[_Due], at: datetime) -> int:
        """One letter for the group, led by the nearest due date and its latest reminder."""
        lead = min(group, key=lambda d: (d.deadline.due, d.reminder.days_before))
        with self._database.transaction() as session:
            posted = Posted(reason="aucune adresse à qui écrire : une personne relance")
            events: tuple[Event, ...] = ()
            if lead.recipient is not None:
                notice = self._notice(session, lead, lead.recipient, group, paris_date(at))
                posted, events = self._post(session, notice, at)
            if posted.entry_id is None and posted.reason is None:
                return 0
            taken = [
                each
                for each in group
                if turn.take_reminder(
                    session,
                    each.reminder.id or 0,
                    at,
                    outbox_id=posted.entry_id if each is lead else None,
                    skipped=posted.reason or (None if each is lead else _replaced(each, lead)),
                )
            ]
            if not taken:
                return 0  # another sweeper took them all between our look and our turn
            for kind, subject, fields in (*events, *(_reminded(each, lead, posted) for each in taken)):
                self._recorder.add(session, kind, subject, **fields)
        return int(posted.entry_id is not None)

    def _notice(
        self, session: Session, lead: _Due, recipient: str, group: list[_Due], today: date
    ) -> Notice:
        deadline, delivery = lead.deadline, lead.delivery
        case = cases.by_id(session, deadline.case_id) if deadline.case_id is not None else None
        items = cases.items_of(session, delivery.sha256)
        return Notice(
            key=f"reminder:{deadline.id}:{lead.reminder.days_before}",
            circuit=deadline.circuit,
            letter=lead.reminder.letter,
            mailbox=delivery.mailbox,
            recipient=recipient,
            deadline=deadline.title or deadline.kind,
            due=deadline.due,
            basis=deadline.basis,
            status=deadline.status,
            days_left=(deadline.due - today).days,
            received_at=delivery.received_at,
            queue=items[0].queue if items else "",
            case_id=deadline.case_id,
            case_reference=case.reference if case else None,
            form_reference=_form_reference(case),
            caisse=case.caisse if case else None,
            delivery=delivery.sha256,
            attach=lead.reminder.attach,
            also=_also(lead, group, today),
        )


def _form_reference(case: Case | None) -> str | None:
    return case.form_reference if case else None


def _also(lead: _Due, group: list[_Due], today: date) -> tuple[str, ...]:
    lines = [
        f"rappel prévu le {each.reminder.on:%d/%m/%Y}, non envoyé à cette date et remplacé par cette lettre"
        for each in sorted(group, key=lambda d: d.reminder.on)
        if each.deadline.id == lead.deadline.id and each.reminder.on < today
    ]
    if lead.deadline.due < today:
        lines.append(f"l'échéance du {lead.deadline.due:%d/%m/%Y} est dépassée")
    others = {d.deadline.id: d.deadline for d in group if d.deadline.id != lead.deadline.id}
    for other in sorted(others.values(), key=lambda d: (d.due, d.kind)):
        status = _STATUS.get(other.status, other.status)
        lines.append(f"{other.title or other.kind} : le {other.due:%d/%m/%Y} ({status} ; {other.basis})")
    return tuple(lines)


def _replaced(each: _Due, lead: _Due) -> str:
    if each.deadline.id == lead.deadline.id:
        days = lead.reminder.days_before
        return f"remplacé par le rappel des {abs(days)} jours" + (" après l'échéance" if days < 0 else "")
    return f"{JOINED} le rappel « {lead.deadline.title or lead.deadline.kind} » du même jour"


def _reminded(each: _Due, lead: _Due, posted: Posted) -> Event:
    fields = {
        "deadline": each.deadline.id,
        "kind": each.deadline.kind,
        "due": each.deadline.due.isoformat(),
        "days_before": each.reminder.days_before,
        "outbox": posted.entry_id,
        "skipped": posted.reason or (None if each is lead else _replaced(each, lead)),
    }
    return Kind.REMINDER, f"delivery:{each.delivery.sha256}", fields
