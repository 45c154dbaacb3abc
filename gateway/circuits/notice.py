"""Letters between rooms: deadlines say what must be told, outbound writes it; and whom to answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """One reminder to write. ``key`` names it for ever: the same key is the same letter."""

    key: str
    circuit: str
    letter: str
    mailbox: str
    """The generic mailbox it leaves from."""
    recipient: str
    deadline: str
    due: date
    basis: str
    status: str
    days_left: int
    """Negative once the date is past."""
    received_at: datetime
    queue: str
    case_id: int | None
    case_reference: str | None
    form_reference: str | None
    caisse: str | None
    delivery: str | None
    attach: str | None = None
    """``ReminderRule.attach``: what is joined to the letter."""
    also: tuple[str, ...] = ()
    """French lines added to the letter: other due dates, reminders that an outage held back."""


def reply_address(sender: str | None, envelope_from: str, signature: str) -> str | None:
    """Where an answer goes: ``From`` when a valid signature proves it, else the envelope's sender.

    An envelope sender alone can be answered without telling a third party anything: a forged ``From``
    would make us write to someone who never wrote (RFC 3834, 4).
    """
    if sender and signature == "valid":
        return sender
    return envelope_from.strip("<> ") or None


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a notice: its line in the outbox, or why it has none (French).

    Neither: not today (the correspondent has had its letters of the day), try again later.
    """

    entry_id: int | None = None
    reason: str | None = None
