"""Work handed to a queue because a delay stays missed, with whom to call and the telephone number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from gateway.circuits.directory import Directory
from gateway.circuits.model import CAISSE, Circuit, DeadlineRule, Escalation
from gateway.deadlines.calendar import FRANCE, Calendars
from gateway.deadlines.count import next_working_day
from gateway.deadlines.reach import reach
from gateway.deadlines.recompute import subject_of
from gateway.deadlines.terms import terms_from
from gateway.evidence.record import Kind
from storage import cases, deadlines, deliveries
from storage.cases import Case, Item, ItemState
from storage.db import Session
from storage.deadlines import Deadline

Event = tuple[Kind, str, Mapping[str, Any]]
_NO_NUMBER = "numéro à compléter dans l'annuaire"


def escalation_day(deadline: Deadline, asked: Escalation, calendars: Calendars) -> date:
    """The French worked day on which somebody takes over."""
    terms = terms_from(deadline.terms)
    calendar = calendars.named(FRANCE, terms.place if terms is not None else None)
    return next_working_day(deadline.due + timedelta(days=max(asked.days_after, 1)), calendar)


def escalate(
    session: Session,
    circuit: Circuit,
    rule: DeadlineRule,
    deadline: Deadline,
    directory: Directory,
    at: datetime,
) -> tuple[Event, ...]:
    """Hand a missed due date to the queue of its rule, once."""
    asked = rule.escalation
    if asked is None or deadline.id is None or not deadlines.mark_escalated(session, deadline.id, at):
        return ()
    call = f"à appeler : {asked.call}, {_phone(session, directory, deadline, asked)}"
    title = f"Échéance dépassée : {deadline.title or deadline.kind}"
    reason = (
        f"{deadline.title or deadline.kind} : attendue pour le {deadline.due:%d/%m/%Y}, rien n'est venu"
    )
    if rule.silence is not None:
        title = "Silence de la CNAS : acceptation tacite à confirmer ou à rejeter"
        reason += (
            " ; une acceptation tacite est proposée au dossier, elle n'étend aucun droit sans décision"
        )
    item = hand_over(session, circuit, deadline, asked.queue, title, (reason, call), at)
    fields = {
        "deadline": deadline.id,
        "kind": deadline.kind,
        "due": deadline.due.isoformat(),
        "queue": item.queue if item is not None else None,
        "call": call,
    }
    return ((Kind.DEADLINE_ESCALATED, subject_of(deadline), fields),)


def hand_over(
    session: Session,
    circuit: Circuit,
    deadline: Deadline,
    queue: str,
    title: str,
    reasons: Sequence[str],
    at: datetime,
) -> Item | None:
    """Put the mail of a due date in ``queue``, or wake it up there; ``None`` without mail or case."""
    case = cases.by_id(session, deadline.case_id) if deadline.case_id is not None else None
    mail = deadline.delivery or (case.opener if case is not None else None)
    if mail is None:
        return None
    known = cases.items_of(session, mail)
    item, new = cases.add_item(
        session,
        Item(
            delivery=mail,
            circuit=circuit.name,
            queue=queue_of(circuit, queue, case),
            case_id=deadline.case_id,
            kind=known[0].kind if known else circuit.question_kind,
            title=title[:300],
            sender=known[0].sender if known else "",
            reasons=list(reasons),
            created_at=at,
        ),
    )
    if not new and item.id is not None:
        columns: dict[str, Any] = {"reasons": list(dict.fromkeys([*item.reasons, *reasons]))}
        if item.state is ItemState.DONE:
            columns |= {"state": ItemState.NEW, "taken_by": None}
        cases.change_item(session, item.id, item.version, **columns)
    return item


def queue_of(circuit: Circuit, queue: str, case: Case | None) -> str:
    """The queue as it is called; that of a caisse nobody knows is the one of what is unknown."""
    if CAISSE not in queue:
        return queue
    caisse = case.caisse if case is not None else None
    return queue.replace(CAISSE, caisse) if caisse else circuit.unknown_queue


def _phone(session: Session, directory: Directory, deadline: Deadline, asked: Escalation) -> str:
    """The number of the rule, else the directory's for whoever is to be called; never one of ours."""
    if asked.phone.strip():
        return asked.phone.strip()
    case = cases.by_id(session, deadline.case_id) if deadline.case_id is not None else None
    mail = deadline.delivery or (case.opener if case is not None else None)
    delivery = deliveries.get(session, mail) if mail is not None else None
    if not asked.reach or delivery is None:
        return _NO_NUMBER
    address = reach(session, directory, asked.reach, deadline, delivery)
    return (directory.phone_of(address) if address else "") or _NO_NUMBER
