"""A composed letter joins the outbox, in the transaction of what it answers; once for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from gateway.clock import PARIS, paris_date
from gateway.evidence.record import Kind
from gateway.outbound.compose import Draft
from gateway.outbound.handing import PhoneOf, no_phone, queue_of
from storage import calls, cases, outbox
from storage.calls import Call, CallReason
from storage.db import Session
from storage.outbox import OutboxEntry

Event = tuple[Kind, str, Mapping[str, Any]]

PER_DAY = 20
"""Automatic letters to one correspondent in one day: past it, a person writes (RFC 3834, 2)."""


def queue_acknowledgement(
    session: Session,
    draft: Draft,
    raw_sha256: str,
    at: datetime,
    per_day: int = PER_DAY,
    protection: str = "",
    phone_of: PhoneOf = no_phone,
) -> tuple[Event, ...]:
    """Queue the letter whose bytes are ``raw_sha256``; nothing when its Message-ID is already there.

    Past the letters of a day, a person is asked to take over, once a day and correspondent.
    """
    if outbox.by_message_id(session, draft.message_id) is not None:
        return ()
    if too_many(session, draft.recipient, at, per_day):
        fields = {
            "step": "acknowledge",
            "silence": f"plus de {per_day} lettres automatiques à ce correspondant aujourd'hui : "
            "une personne prend le relais",
        }
        silence: Event = (Kind.STEP, f"delivery:{draft.delivery}", fields)
        return (silence, *_one_takes_over(session, draft, at, per_day, phone_of))
    made = queue_letter(session, draft, raw_sha256, at, protection)
    return () if made is None else (made[1],)


def queue_letter(
    session: Session,
    draft: Draft,
    raw_sha256: str,
    at: datetime,
    protection: str = "",
    *,
    follows: int | None = None,
) -> tuple[OutboxEntry, Event] | None:
    """Queue any letter; ``None`` when its Message-ID is already there. ``follows``: the one it reminds of.

    A letter with a null return path gets no report (RFC 3464): it is followed only for an answer.
    """
    followed = draft.expects == "answer" or not draft.answers
    entry = outbox.queue(
        session,
        OutboxEntry(
            message_id=draft.message_id,
            circuit=draft.circuit,
            letter=draft.letter,
            mailbox=draft.mailbox.address,
            recipient=draft.recipient,
            subject=draft.subject[:300],
            raw_sha256=raw_sha256,
            delivery=draft.delivery,
            case_id=draft.case_id or _case_of(session, draft.delivery),
            null_return_path=draft.answers,
            created_at=at,
            next_attempt_at=at,
            protection=protection,
            why=list(draft.why),
            expects=draft.expects if followed else None,
            within_days=draft.within_days if followed else 0,
            follows=follows,
        ),
    )
    if entry is None:
        return None
    fields = {
        "letter": draft.letter,
        "delivery": draft.delivery,
        "recipient": draft.recipient,
        "bytes": raw_sha256,
        "pictures": len(draft.attached),
        "protection": protection,
        "why": list(draft.why),
    }
    return entry, (Kind.LETTER_QUEUED, f"outbox:{draft.message_id}", fields)


def too_many(session: Session, recipient: str, at: datetime, per_day: int) -> bool:
    """Whether ``recipient`` already got its automatic letters of the day (a day in France)."""
    midnight = datetime.combine(paris_date(at), time(), PARIS)
    return outbox.written_to(session, recipient, midnight) >= per_day


def _one_takes_over(
    session: Session, draft: Draft, at: datetime, per_day: int, phone_of: PhoneOf
) -> tuple[Event, ...]:
    case_id = draft.case_id or _case_of(session, draft.delivery)
    call = Call(
        key=f"{CallReason.TOO_MANY}:{paris_date(at).isoformat()}:{_named(draft.recipient)}",
        reason=CallReason.TOO_MANY,
        circuit=draft.circuit,
        queue=queue_of(session, case_id, draft.delivery),
        recipient=draft.recipient,
        phone=phone_of(draft.recipient)[:60],
        detail=f"plus de {per_day} lettres automatiques dans la journée",
        delivery=draft.delivery,
        case_id=case_id,
        at=at,
    )
    if not calls.add(session, call):
        return ()
    fields = {
        "action": "call-asked",
        "reason": str(CallReason.TOO_MANY),
        "letter": draft.letter,
        "recipient": draft.recipient,
        "queue": call.queue,
        "phone": call.phone,
    }
    return ((Kind.LETTER_ESCALATED, f"delivery:{draft.delivery}", fields),)


def _named(address: str) -> str:
    """An address in a key that outlives it: erased with the call, the key says nobody's name."""
    return hashlib.sha256(address.lower().encode()).hexdigest()[:32]


def _case_of(session: Session, delivery: str | None) -> int | None:
    found = cases.of_delivery(session, delivery) if delivery else []
    return found[0].id if found else None
