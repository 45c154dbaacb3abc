"""Due dates follow what people said of documents: what a document started ends when it counts no more.

What it had ended waits again, and so does what it started once it counts. The log tells each change;
nothing is deleted, what is over (lapsed) stays over, a letter already sent is never sent again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.circuits.model import BY_PERIOD, Circuit, DeadlineRule
from gateway.clock import paris_date
from gateway.deadlines.calendar import Calendars
from gateway.deadlines.compute import BY_MAIL
from gateway.deadlines.ending import end_all
from gateway.deadlines.recompute import recompute, rule_of, subject_of
from gateway.deadlines.remind import JOINED
from gateway.deadlines.schedule import progress_of
from gateway.deadlines.story import story, told_by_documents
from gateway.deadlines.terms import lasting, pauses_from
from gateway.evidence.record import Kind
from storage import cases, deadlines, documents, outbox, proposals, reviews
from storage.cases import PeriodStatus
from storage.db import Session
from storage.deadlines import ENDED, WAITING, Deadline, DeadlineState
from storage.lettermoves import Cause, OutboxState, after
from storage.proposals import ProposalState

Event = tuple[Kind, str, Mapping[str, Any]]

REJECTED = "document rejeté par une personne"
RETYPED = "document lu autrement par une personne"
COPY = "autre exemplaire d'un formulaire déjà au dossier"
LEFT = "document détaché du dossier par une personne"
REASONS = frozenset({REJECTED, RETYPED, COPY, LEFT})
"""Ends that are undone once the document counts again; ``COPY`` is also what filing says."""
AGAIN = "le document compte de nouveau, selon une personne"
REASON_OF_LETTER = "l'échéance qu'elle rappelait est levée"
UNANSWERED = "ce qui l'avait levée ne compte plus, selon une personne"


@dataclass(frozen=True, slots=True)
class Moment:
    """The circuit, the calendars and the instant everything is judged at."""

    circuit: Circuit
    calendars: Calendars | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts in one mail: the type of each document nobody rejected, and who covers a period."""

    counted: Mapping[int, str]
    covering: Collection[int]
    whole: bool
    """Nobody rejected a document of it."""


def follow_mail(session: Session, now: Moment, sha256: str, why: str) -> list[Event]:
    """End what documents of this mail started and no longer start; let wait again what they start anew."""
    mail = mail_of(session, sha256)
    events: list[Event] = []
    for deadline in deadlines.of_mail(session, sha256):
        rule = rule_of(now.circuit, deadline) if deadline.circuit == now.circuit.name else None
        if rule is None or rule.start not in BY_MAIL:
            continue
        events.extend(
            _follow(session, now, deadline, why, starts=starts_of(now.circuit, rule, deadline, mail))
        )
    return events


def follow_silence(session: Session, now: Moment, case_id: int, document_id: int, why: str) -> list[Event]:
    """The same for what a confirmed silence started, when the request it answers is judged."""
    stands = any(p.status is PeriodStatus.TACIT for p in cases.periods_of_document(session, document_id))
    mine = {
        f"proposal:{p.id}"
        for p in proposals.of_case(session, case_id)
        if p.state is ProposalState.ACCEPTED and p.bundle.get("document") == document_id
    }
    watched = (d for d in deadlines.of_case(session, case_id) if d.origin in mine)
    return [event for d in watched for event in _follow(session, now, d, why, starts=stands)]


def revive(session: Session, now: Moment, case_id: int) -> list[Event]:
    """Delays that a document had ended and that nothing ends any more wait again."""
    told = story(session, now.circuit, case_id)
    events: list[Event] = []
    for deadline in deadlines.of_case(session, case_id):
        rule = rule_of(now.circuit, deadline)
        if rule is None or deadline.state not in ENDED:
            continue
        ended = why_of(session, deadline)
        if ended not in by_documents(now.circuit, rule):
            continue
        went = progress_of(rule, deadline, told)
        if went.stopped or went.replaced or went.restarted:
            continue
        if rule.start in BY_MAIL and deadline.delivery is not None:
            mail = mail_of(session, deadline.delivery)
            if not starts_of(now.circuit, rule, deadline, mail):
                continue
        events.extend(again(session, now, deadline, ended, UNANSWERED))
    return events


def _follow(
    session: Session, now: Moment, deadline: Deadline, why: str, *, starts: bool
) -> Iterable[Event]:
    if deadline.state in WAITING and not starts:
        ended = end_all(session, [deadline], why, now.at, DeadlineState.CANCELLED)
        return [*ended, *hold_letters(session, now, deadline)]
    if deadline.state is DeadlineState.CANCELLED and starts:
        ended_for = why_of(session, deadline)
        back = ended_for != LEFT or deadline.case_id in _homes(session, deadline)
        if ended_for in REASONS and back:
            return again(session, now, deadline, ended_for, AGAIN)
    return ()


def again(session: Session, now: Moment, deadline: Deadline, ended: str, why: str) -> Iterator[Event]:
    paused = lasting(pauses_from(deadline.pauses))
    state = DeadlineState.PAUSED if paused else DeadlineState.OPEN
    today = paris_date(now.at)
    if not deadlines.reopen(session, deadline, state, now.at, why, ended=ended, today=today):
        return
    due = deadline.due.isoformat()
    fields = {
        "deadline": deadline.id,
        "kind": deadline.kind,
        "old": due,
        "due": due,
        "state": str(state),
        "reason": why,
    }
    yield Kind.DEADLINE_MOVED, subject_of(deadline), fields
    if now.calendars is not None:  # a feast may have been corrected meanwhile
        yield from recompute(session, now.circuit, deadline, now.calendars, now.at)


def hold_letters(session: Session, now: Moment, deadline: Deadline) -> Iterator[Event]:
    """Reminders written and not yet gone are given up: what they announce is no longer so.

    What else the letter announced is announced again by the next one.
    """
    for reminder in deadlines.reminders(session, deadline.id or 0):
        entry = outbox.get(session, reminder.outbox_id) if reminder.outbox_id is not None else None
        if entry is None or entry.state is not OutboxState.QUEUED or reminder.done_at is None:
            continue
        left = after(entry.state, Cause.ABANDONED)
        leaving = entry.lease_until is not None and entry.lease_until > now.at
        if leaving or not outbox.move(session, entry.id or 0, entry.state, left):
            continue
        if deadline.case_id is not None:
            deadlines.plan_again(session, deadline.case_id, reminder.done_at, JOINED)
        fields = {"letter": entry.letter, "state": str(left), "reply": REASON_OF_LETTER}
        yield Kind.LETTER_FAILED, f"outbox:{entry.message_id}", fields


def _homes(session: Session, deadline: Deadline) -> set[int | None]:
    """Cases that hold a document of the mail that started this delay."""
    return {case.id for case in cases.of_delivery(session, deadline.delivery or "")}


def mail_of(session: Session, sha256: str) -> Counted:
    rows = documents.of_delivery(session, sha256)
    lost = reviews.rejected(session, [row.id or 0 for row in rows])
    counted = {row.position: row.kind or "other" for row in rows if (row.id or 0) not in lost}
    covering = {row.position for row in rows if _covers(session, row.id or 0)}
    return Counted(counted, covering, whole=not lost)


def _covers(session: Session, document_id: int) -> bool:
    """Whether a document grants a period; one in no case yet may."""
    if cases.case_of_document(session, document_id) is None:
        return True
    return any(p.status is PeriodStatus.GRANTED for p in cases.periods_of_document(session, document_id))


def starts_of(circuit: Circuit, rule: DeadlineRule, deadline: Deadline, mail: Counted) -> bool:
    """Whether what counts in the mail starts this delay; what an event or a letter started is not asked."""
    family, _, rest = deadline.origin.partition(":")
    if family == "document":
        number = rest.rpartition(":")[2]
        position = int(number) if number.isdigit() else -1
        stands = rule.start not in BY_PERIOD or position in mail.covering
        return stands and mail.counted.get(position) in rule.document_kinds
    if family == "delivery":
        asked, kinds, known = set(rule.document_kinds), set(mail.counted.values()), set(circuit.kind_titles)
        if known <= asked or kinds & asked:
            return True  # a mail is acknowledged whatever it brings
        return circuit.question_kind in asked and mail.whole and not kinds & known
    return True


def by_documents(circuit: Circuit, rule: DeadlineRule) -> frozenset[str]:
    """Every reason by which a document ends a delay of this rule."""
    replaced = {f"remplacée : {title}" for title in told_by_documents(circuit, rule.replaced_by)}
    return told_by_documents(circuit, rule.stopped_by) | replaced


def why_of(session: Session, deadline: Deadline) -> str:
    """What the last change of a due date was for."""
    known = deadlines.versions(session, deadline.id or 0)
    return known[-1].why if known else ""
