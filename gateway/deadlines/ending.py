"""A delay ends: met, replaced, cancelled; its reminders fall silent, and the log says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gateway.clock import paris_date
from gateway.deadlines.recompute import subject_of
from gateway.evidence.record import Kind
from storage import deadlines
from storage.db import Session
from storage.deadlines import Deadline, DeadlineState

Event = tuple[Kind, str, Mapping[str, Any]]


def end_all(
    session: Session,
    waiting: Iterable[Deadline],
    reason: str,
    at: datetime,
    state: DeadlineState = DeadlineState.MET,
) -> tuple[Event, ...]:
    """End these delays, as met unless said otherwise, late or not, and silence their reminders."""
    events: list[Event] = []
    for deadline in waiting:
        if deadline.id is None or not deadlines.end(session, deadline.id, state, reason, at):
            continue
        fields: dict[str, Any] = {
            "deadline": deadline.id,
            "kind": deadline.kind,
            "due": deadline.due.isoformat(),
            "reason": reason,
            "late": state is DeadlineState.MET and paris_date(at) > deadline.due,
        }
        if state is not DeadlineState.MET:
            fields["state"] = str(state)
        events.append((Kind.DEADLINE_ENDED, subject_of(deadline), fields))
    return tuple(events)
