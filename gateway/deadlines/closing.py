"""What a case waits for ends when it is closed, but what its circuit keeps; it waits again after."""

from __future__ import annotations

from gateway.deadlines.ending import end_all
from gateway.deadlines.judged import Event, Moment, again, hold_letters, why_of
from gateway.deadlines.schedule import settle_case
from storage import cases, deadlines
from storage.cases import CaseState
from storage.db import Session
from storage.deadlines import DeadlineState

CLOSED = "dossier clos par une personne"
REOPENED = "dossier rouvert"


def end(session: Session, now: Moment, case_id: int) -> list[Event]:
    """End what waits, with trace; ``[cases] closing_keeps`` names the delays that go on."""
    events: list[Event] = []
    for deadline in deadlines.pending_of_case(session, case_id):
        if deadline.kind not in now.circuit.closing_keeps:
            events += end_all(session, [deadline], CLOSED, now.at, DeadlineState.CANCELLED)
            events += hold_letters(session, now, deadline)
    return events


def wait_again(session: Session, now: Moment, case_id: int) -> list[Event]:
    """What the closing of a case ended waits again once it is open; nothing otherwise. Repeatable."""
    case = cases.by_id(session, case_id)
    if case is None or case.state is not CaseState.OPEN:
        return []
    events: list[Event] = []
    for deadline in deadlines.of_case(session, case_id):
        if deadline.state is DeadlineState.CANCELLED and why_of(session, deadline) == CLOSED:
            events += again(session, now, deadline, CLOSED, REOPENED)
    if not events:
        return []
    return [*events, *settle_case(session, now.circuit, case_id, now.at, now.calendars)]
