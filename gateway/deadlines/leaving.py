"""Documents leave a case, or are in one again: what they started ends or waits again, with trace.

What a document started ends; what the mail itself started (an answer due to its sender) goes on with the
mail, of no case. All of it is given to the case that the mail joins next (``storage.deadlines.adopt``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gateway.deadlines.ending import end_all
from gateway.deadlines.judged import (
    AGAIN,
    LEFT,
    UNANSWERED,
    Event,
    Moment,
    again,
    by_documents,
    follow_mail,
    hold_letters,
    mail_of,
    revive,
    starts_of,
    why_of,
)
from gateway.deadlines.judged import COPY as _COPY
from gateway.deadlines.recompute import recompute, rule_of
from gateway.deadlines.schedule import RESTARTED
from storage import deadlines
from storage.db import Session
from storage.deadlines import ENDED, WAITING, Deadline, DeadlineState
from storage.releases import release

_EVENT = "event:"


def leave(
    session: Session, now: Moment, case_id: int, sha256: str, positions: Collection[int], *, whole: bool
) -> list[Event]:
    """Take what these documents of a mail started out of the case; ``whole``: the mail leaves with them."""
    origins = {f"document:{sha256}:{position}" for position in positions}
    mine = [d for d in deadlines.of_mail(session, sha256) if d.case_id == case_id]
    events: list[Event] = []
    gone: list[int] = []
    for deadline in mine:
        own = deadline.origin in origins
        ends = own or (whole and deadline.origin.startswith(_EVENT))
        if ends and deadline.state in WAITING:
            events += end_all(session, [deadline], LEFT, now.at, DeadlineState.CANCELLED)
            events += hold_letters(session, now, deadline)
        if own or (whole and deadline.origin.startswith("delivery:")):
            gone.append(deadline.id or 0)
    release(session, case_id, gone)
    for number in gone:
        deadline_ = deadlines.get(session, number)
        if deadline_ is not None and deadline_.origin not in origins:
            events += _on_its_own(session, now, deadline_)
    return events


def come_back(session: Session, now: Moment, case_id: int, sha256: str) -> list[Event]:
    """Once documents that were taken out of a case are in one: what they start there waits again."""
    mine = deadlines.of_mail(session, sha256)
    if not any(why_of(session, deadline) == LEFT for deadline in mine):
        return revive(session, now, case_id)
    events = follow_mail(session, now, sha256, _COPY)
    waits = {
        d.kind for d in mine if d.case_id == case_id and d.origin.startswith(_EVENT) and d.state in WAITING
    }
    mail = mail_of(session, sha256)
    for deadline in mine:
        rule = rule_of(now.circuit, deadline)
        ended = why_of(session, deadline)
        restarted = deadline.state is DeadlineState.CANCELLED and ended.startswith(RESTARTED)
        if rule is None or not restarted or deadline.case_id != case_id or deadline.kind in waits:
            continue
        if not deadline.origin.startswith(_EVENT) and starts_of(now.circuit, rule, deadline, mail):
            events += again(session, now, deadline, ended, AGAIN)
    return [*events, *revive(session, now, case_id)]


def _on_its_own(session: Session, now: Moment, deadline: Deadline) -> Iterator[Event]:
    """What the mail started, without its case: nothing there suspends or ends it any more."""
    rule = rule_of(now.circuit, deadline)
    if rule is None:
        return
    if deadline.state in WAITING and deadline.pauses and now.calendars is not None:
        yield from recompute(session, now.circuit, deadline, now.calendars, now.at, pauses=(), why=LEFT)
    ended = why_of(session, deadline)
    if deadline.state in ENDED and ended in by_documents(now.circuit, rule):
        yield from again(session, now, deadline, ended, UNANSWERED)
