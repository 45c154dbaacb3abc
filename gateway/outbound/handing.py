"""A letter that a machine cannot settle is handed to a person once, with the number to call.

A person telephones when a letter was refused, given up, left without any return after its reminder, or not
written because its reader already had too many in a day. Good news that comes late takes the call back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway.evidence.record import Kind
from gateway.outbound.badaddress import unflag_reached
from storage import calls, cases, followups, outbox, sheets
from storage.calls import Call, CallReason
from storage.db import Session
from storage.outbox import Following, OutboxEntry

Event = tuple[Kind, str, Mapping[str, Any]]
PhoneOf = Callable[[str], str]
"""The telephone number of an address, empty when the directory has none."""

ANSWERED = "answered"
"""The action of a receipt that is the answer of a person, or what they were asked for."""
_ARRIVED = frozenset({"delivered", "displayed", "processed", ANSWERED})
MEETS: Mapping[str, frozenset[str]] = {
    "delivery": _ARRIVED | {"relayed"},
    "reading": frozenset({"displayed", "processed", ANSWERED}),
    "answer": frozenset({ANSWERED}),
}
"""What ends the wait of a letter, by what it expects: who reads has received, who answers has read.

``relayed`` (RFC 3464, 2.3.3): handed to a system that will never tell more; nothing is left to wait for.
"""
_REFUSALS = (CallReason.FAILED, CallReason.GIVEN_UP)


def no_phone(_address: str) -> str:
    """A directory without telephone numbers."""
    return ""


def hand_over(
    session: Session, entry: OutboxEntry, reason: CallReason, detail: str, at: datetime, phone_of: PhoneOf
) -> tuple[Event, ...]:
    """Ask a person to telephone about ``entry``; nothing while somebody is already asked about it.

    The same trouble is asked once for each time the letter was put in the queue.
    """
    number = entry.id or 0
    followups.follow(session, number, (Following.WAITING, Following.REMINDED), Following.ESCALATED)
    if calls.waiting_on(session, number):
        return ()
    life = f":{entry.retried_at.isoformat()}" if entry.retried_at is not None else ""
    call = Call(
        key=f"{reason}:{entry.message_id}{life}",
        reason=reason,
        circuit=entry.circuit,
        queue=queue_of(session, entry.case_id, entry.delivery),
        recipient=entry.recipient,
        phone=phone_of(entry.recipient)[:60],
        detail=detail[:300],
        outbox_id=entry.id,
        delivery=entry.delivery,
        case_id=entry.case_id,
        at=at,
    )
    if not calls.add(session, call):
        return ()
    fields = {
        "action": "call-asked",
        "reason": str(reason),
        "letter": entry.letter,
        "recipient": entry.recipient,
        "queue": call.queue,
        "phone": call.phone,
    }
    return ((Kind.LETTER_ESCALATED, f"outbox:{entry.message_id}", fields),)


def came(session: Session, entry: OutboxEntry, action: str, at: datetime) -> tuple[Event, ...]:
    """What ``action`` ends: the wait when it is what the letter expects, calls, the flag of the address."""
    if action not in MEETS["delivery"]:
        return ()
    number = entry.id or 0
    events = list(unflag_reached(session, entry, at)) if action in _ARRIVED else []
    met = action in MEETS.get(entry.expects or "delivery", frozenset())
    if met:
        followups.follow(session, number, followups.UNDER_WAY, Following.ANSWERED)
    closed = calls.finish_of_letter(session, number, at, () if met else _REFUSALS)
    if closed and not met:
        # it was refused, and has arrived after all: what it expects is waited for again
        again = max(entry.expected_by or at, at + timedelta(days=entry.within_days))
        followups.follow(session, number, (Following.ESCALATED,), Following.WAITING, again)
    if closed:
        fields = {"action": "call-withdrawn", "reason": action, "letter": entry.letter}
        events.append((Kind.LETTER_ESCALATED, f"outbox:{entry.message_id}", fields))
    return tuple(events)


def call_done(session: Session, call: Call, person: str, at: datetime, note: str = "") -> tuple[Event, ...]:
    """A person telephoned: the call ends, and the wait of the letters it is about. Nothing when it had
    ended.

    What was said is kept with the call, never in the log.
    """
    if call.id is None or not calls.finish(session, call.id, person, at, note.strip()):
        return ()
    entry = outbox.get(session, call.outbox_id) if call.outbox_id is not None else None
    for one in followups.reminded_with(session, entry) if entry is not None else ():
        followups.follow(session, one.id or 0, followups.UNDER_WAY, Following.ANSWERED)
    subject = f"outbox:{entry.message_id}" if entry is not None else f"call:{call.id}"
    fields = {"action": "call-done", "reason": str(call.reason), "call": call.id, "person": person}
    return ((Kind.LETTER_ESCALATED, subject, fields),)


def queue_of(session: Session, case_id: int | None, delivery: str | None) -> str:
    """The queue that works on what a letter is about: that of its mail, else of its case.

    Empty: nobody's."""
    items = cases.items_of(session, delivery) if delivery is not None else []
    if items:
        return items[0].queue
    places: Collection[tuple[str, str]] = (
        sheets.places_of_case(session, case_id) if case_id is not None else set()
    )
    return min((queue for _, queue in places), default="")
