"""What may become of a letter: its states, what moves it, one table. Pure.

    cause       from                                                              to
    sent        queued                                                            sent
    refused     queued                                                            failed
    exhausted   queued                                                            given_up
    delivered   queued*, sent, delayed, failed, given_up                          delivered
    delayed     queued*, sent                                                     delayed
    failed      queued*, sent, delayed, delivered, given_up                       failed
    displayed   queued*, sent, delayed, delivered, failed, given_up               displayed
    processed   queued*, sent, delayed, delivered, displayed, failed, given_up    processed
    error       queued*, sent, delayed, delivered, displayed, given_up            failed
    retried     failed, given_up                                                  queued
    abandoned   queued, delayed                                                   given_up

The first three are ends of an attempt, the next six are reports that came back, the last two are a
person's. ``queued*``: an attempt was made since the letter was queued and its outcome is not recorded yet.
A failure that comes after the letter was read changes nothing; one that comes after a delivery does (a
later server gave it back). Whatever is not in the table moves nothing.
"""

from __future__ import annotations

from enum import StrEnum


class OutboxState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    DISPLAYED = "displayed"
    PROCESSED = "processed"
    DELAYED = "delayed"
    FAILED = "failed"
    GIVEN_UP = "given_up"


class Cause(StrEnum):
    SENT = "sent"
    REFUSED = "refused"
    EXHAUSTED = "exhausted"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    FAILED = "failed"
    DISPLAYED = "displayed"
    PROCESSED = "processed"
    ERROR = "error"
    RETRIED = "retried"
    ABANDONED = "abandoned"


REPORTS = frozenset(
    {Cause.DELIVERED, Cause.DELAYED, Cause.FAILED, Cause.DISPLAYED, Cause.PROCESSED, Cause.ERROR}
)
"""What a correspondent's system may say."""
REACHED = frozenset({OutboxState.DELIVERED, OutboxState.DISPLAYED, OutboxState.PROCESSED})
"""The letter is in its reader's mailbox, or further."""

_Q, _S, _DY, _DD = OutboxState.QUEUED, OutboxState.SENT, OutboxState.DELAYED, OutboxState.DELIVERED
_DI, _P, _F, _G = OutboxState.DISPLAYED, OutboxState.PROCESSED, OutboxState.FAILED, OutboxState.GIVEN_UP
TABLE: dict[Cause, tuple[frozenset[OutboxState], OutboxState]] = {
    Cause.SENT: (frozenset({_Q}), _S),
    Cause.REFUSED: (frozenset({_Q}), _F),
    Cause.EXHAUSTED: (frozenset({_Q}), _G),
    Cause.DELIVERED: (frozenset({_Q, _S, _DY, _F, _G}), _DD),
    Cause.DELAYED: (frozenset({_Q, _S}), _DY),
    Cause.FAILED: (frozenset({_Q, _S, _DY, _DD, _G}), _F),
    Cause.DISPLAYED: (frozenset({_Q, _S, _DY, _DD, _F, _G}), _DI),
    Cause.PROCESSED: (frozenset({_Q, _S, _DY, _DD, _DI, _F, _G}), _P),
    Cause.ERROR: (frozenset({_Q, _S, _DY, _DD, _DI, _G}), _F),
    Cause.RETRIED: (frozenset({_F, _G}), _Q),
    Cause.ABANDONED: (frozenset({_Q, _DY}), _G),
}
ARROWS = frozenset((before, after) for allowed, after in TABLE.values() for before in allowed)
"""Every (before, after) of the table: the only changes the database is asked for."""


def after(before: OutboxState, cause: Cause) -> OutboxState:
    """The state after ``cause``; ``before`` itself when the table has no arrow."""
    allowed, reached = TABLE[cause]
    return reached if before in allowed else before
