"""What comes back about a letter: one table of states, nothing counted twice, nothing believed blindly.

A report counts only when it names one of our letters (Message-ID, or ENVID) that has really left, and the
very address it went to. Anything else changes nothing and stays with its mail for a person.

    reported    from                                          to
    delivered   queued*, sent, delayed, failed, given_up      delivered
    delayed     queued*, sent                                 delayed
    failed      queued*, sent, delayed, delivered, given_up   failed
    displayed   queued*, sent, delayed, delivered, failed, given_up             displayed
    processed   queued*, sent, delayed, delivered, displayed, failed, given_up  processed
    error       queued*, sent, delayed, delivered, displayed, given_up          failed

``queued*``: an attempt was made and its outcome not yet recorded. A failure that comes after the letter was
read changes nothing; one that comes after a delivery does (a later server gave it back). Whatever is not in
the table is kept as a receipt and moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gateway.evidence.record import Kind
from parsers.report import AUTO_REPLY, READ, Report
from parsers.unpack import Message
from storage import outbox
from storage.db import Session
from storage.deliveries import Delivery
from storage.outbox import OutboxEntry, OutboxState, Receipt

Event = tuple[Kind, str, Mapping[str, Any]]

_Q, _S, _DY, _DD = OutboxState.QUEUED, OutboxState.SENT, OutboxState.DELAYED, OutboxState.DELIVERED
_DI, _P, _F, _G = OutboxState.DISPLAYED, OutboxState.PROCESSED, OutboxState.FAILED, OutboxState.GIVEN_UP
TABLE: dict[str, tuple[frozenset[OutboxState], OutboxState]] = {
    "delivered": (frozenset({_Q, _S, _DY, _F, _G}), _DD),
    "delayed": (frozenset({_Q, _S}), _DY),
    "failed": (frozenset({_Q, _S, _DY, _DD, _G}), _F),
    "displayed": (frozenset({_Q, _S, _DY, _DD, _F, _G}), _DI),
    "processed": (frozenset({_Q, _S, _DY, _DD, _DI, _F, _G}), _P),
    "error": (frozenset({_Q, _S, _DY, _DD, _DI, _G}), _F),
}


def apply_receipt(
    session: Session, message: Message, report: Report, delivery: Delivery, at: datetime
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
    after = after_report(entry.state, action)
    moved = after is not entry.state and outbox.move(session, entry.id, entry.state, after)
    fields = {
        "delivery": delivery.sha256,
        "report": report.kind,
        "action": action,
        "status": status,
        "before": str(entry.state),
        "after": str(after if moved else entry.state),
        "applied": True,
    }
    return ((Kind.RECEIPT, f"outbox:{entry.message_id}", fields),)


def after_report(before: OutboxState, action: str) -> OutboxState:
    """The state after a report, by the table; ``before`` itself when the table has no arrow."""
    allowed, after = TABLE.get(action, (frozenset[OutboxState](), before))
    return after if before in allowed else before


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
