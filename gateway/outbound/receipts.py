"""What comes back about a letter: nothing counted twice, nothing believed blindly, late or early.

A report counts only when it names one of our letters (Message-ID, or ENVID) that has really left, and the
very address it went to. Anything else changes nothing and stays with its mail for a person. The states and
what moves them are ``storage.lettermoves``. A person who answers a letter is the fourth thing known of it,
beside its transport, its delivery and its reading: it moves no state and ends the wait.

A letter that failed becomes a call to make, once; what comes later corrects the state, takes the call back
when it is good news, and asks nobody a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gateway.evidence.record import Kind
from gateway.outbound.badaddress import flag_failed
from gateway.outbound.handing import ANSWERED, PhoneOf, came, hand_over, no_phone
from parsers.report import AUTO_REPLY, READ, Report
from parsers.unpack import Message
from storage import followups, lettermoves, outbox
from storage.calls import CallReason
from storage.db import Session
from storage.deliveries import Delivery
from storage.lettermoves import REPORTS, Cause
from storage.outbox import OutboxEntry, OutboxState, Receipt

Event = tuple[Kind, str, Mapping[str, Any]]


def apply_receipt(
    session: Session,
    message: Message,
    report: Report,
    delivery: Delivery,
    at: datetime,
    phone_of: PhoneOf = no_phone,
) -> tuple[Event, ...]:
    """Apply one report carried by ``delivery``; the entries to record, at least one (why, if refused)."""
    entry = _correlated(session, message, report)
    if entry is None or entry.id is None:
        return (_kept(delivery, report, "aucune de nos lettres ne porte cet identifiant"),)
    if entry.state is OutboxState.QUEUED and entry.attempts == 0:
        return (_kept(delivery, report, "la lettre nommée n'est pas encore partie", entry),)
    told = _told(report, entry, message)
    if told is None:
        return (_kept(delivery, report, "l'adresse n'est pas celle à qui la lettre est partie", entry),)
    action, status, detail = told
    receipt = Receipt(
        outbox_id=entry.id,
        delivery=delivery.sha256,
        action=action[:20],
        status=status[:20],
        detail=detail[:500],
        at=at,
    )
    if not outbox.add_receipt(session, receipt):
        return ()
    after = after_report(entry, action)
    left = at if after in lettermoves.REACHED or after is OutboxState.DELAYED else None
    moved = after is not entry.state and outbox.move(session, entry.id, entry.state, after, left_at=left)
    fields = {
        "delivery": delivery.sha256,
        "report": report.kind,
        "action": action,
        "status": status,
        "before": str(entry.state),
        "after": str(after if moved else entry.state),
        "applied": True,
    }
    said: Event = (Kind.RECEIPT, f"outbox:{entry.message_id}", fields)
    if moved and after is OutboxState.FAILED:
        reply = _diagnostic(report, entry)
        flagged = flag_failed(session, entry, at, status, reply) if action == Cause.FAILED else ()
        why = " ".join(f"{status} {detail}".split())
        return (said, *flagged, *hand_over(session, entry, CallReason.FAILED, why, at, phone_of))
    return (said, *came(session, entry, action, at), *_of_reminded(session, entry, action, at))


def _of_reminded(session: Session, entry: OutboxEntry, action: str, at: datetime) -> tuple[Event, ...]:
    """Who reads our reminder knows of the letter it reminds of; its mere delivery says nothing of it."""
    if action not in {Cause.DISPLAYED, Cause.PROCESSED}:
        return ()
    told = [came(session, one, action, at) for one in _reminded_of(session, entry)]
    return tuple(event for events in told for event in events)


def _reminded_of(session: Session, entry: OutboxEntry) -> list[OutboxEntry]:
    """The letters that ``entry`` reminds of, none for a letter of its own."""
    first = outbox.get(session, entry.follows) if entry.follows is not None else None
    return followups.reminded_with(session, first) if first is not None else []


def _diagnostic(report: Report, entry: OutboxEntry) -> str:
    ours = entry.recipient.casefold()
    return next((r.diagnostic for r in report.recipients if r.address.casefold() == ours), "")


def apply_answer(session: Session, message: Message, delivery: Delivery, at: datetime) -> tuple[Event, ...]:
    """Tie a mail to our letter that it answers, when it comes from the address the letter went to.

    A mail that answers our reminder answers the letter reminded of. An automatic answer is no answer.
    """
    named = [message.in_reply_to, *reversed(message.references)]
    entry = _first(outbox.by_message_id(session, n.strip()) for n in named if n)
    if entry is None or entry.id is None or entry.attempts == 0 or message.auto_submitted:
        return ()
    if (message.sender or "").casefold() != entry.recipient.casefold():
        return ()
    return answered(session, entry, delivery.sha256, "la personne à qui la lettre est partie a répondu", at)


def answered(
    session: Session, entry: OutboxEntry, delivery: str, detail: str, at: datetime
) -> tuple[Event, ...]:
    """Note that what a letter asked for has come with ``delivery``; nothing when it was already noted."""
    events: list[Event] = []
    for one in (entry, *_reminded_of(session, entry)):
        receipt = Receipt(outbox_id=one.id or 0, delivery=delivery, action=ANSWERED, detail=detail, at=at)
        if not outbox.add_receipt(session, receipt):
            continue
        fields = {"delivery": delivery, "action": ANSWERED, "applied": True, "after": str(one.state)}
        events.append((Kind.RECEIPT, f"outbox:{one.message_id}", fields))
        events.extend(came(session, one, ANSWERED, at))
    return tuple(events)


def after_report(entry: OutboxEntry, action: str) -> OutboxState:
    """The state after a report, by the table; the state itself when the table has no arrow.

    A failure told while a letter waits to leave again is about its former life: the new one is attempted.
    """
    try:
        cause = Cause(action)
    except ValueError:
        return entry.state
    if cause not in REPORTS:
        return entry.state
    after = lettermoves.after(entry.state, cause)
    again = entry.retried_at is not None and (
        entry.attempted_at is None or entry.attempted_at < entry.retried_at
    )
    if entry.state is OutboxState.QUEUED and again and after not in lettermoves.REACHED:
        return entry.state
    return after


def _correlated(session: Session, message: Message, report: Report) -> OutboxEntry | None:
    named = [report.original_message_id, _bracketed(report.original_envelope_id)]
    if report.kind == AUTO_REPLY:
        named += [message.in_reply_to, *reversed(message.references)]
    return _first(outbox.by_message_id(session, n.strip()) for n in named if n)


def _first(found: Iterable[OutboxEntry | None]) -> OutboxEntry | None:
    return next((entry for entry in found if entry is not None), None)


def _bracketed(envid: str | None) -> str | None:
    return f"<{envid.strip().strip('<>')}>" if envid else None


def _told(report: Report, entry: OutboxEntry, message: Message) -> tuple[str, str, str] | None:
    """Action, status and French detail about the address of ``entry``; ``None``: another address."""
    ours = entry.recipient.casefold()
    detail = " ".join(report.reasons)
    mine = next((r for r in report.recipients if r.address.casefold() == ours), None)
    if report.kind == AUTO_REPLY:
        return ("auto-reply", "", detail) if (message.sender or "").casefold() == ours else None
    if report.recipients and mine is None:
        return None
    if report.kind == READ:
        if mine is None and (message.sender or "").casefold() != ours:
            return None
        return _disposition(report), report.error_code or "", detail
    return (mine.action, mine.status, detail) if mine else None


def _disposition(report: Report) -> str:
    words = (report.disposition or "").casefold()
    if report.error_code not in {None, "", "0"} or "/" in words or words.startswith("failed"):
        return "error"
    return words or "displayed"


def _kept(delivery: Delivery, report: Report, reason: str, entry: OutboxEntry | None = None) -> Event:
    """Nothing changes; the mail stays in its queue, and the log says why."""
    fields = {
        "report": report.kind,
        "applied": False,
        "reason": reason,
        "letter": entry.message_id if entry else None,
    }
    return (Kind.RECEIPT, f"delivery:{delivery.sha256}", fields)
