"""What was known of a case's due dates at any past instant: which existed, their date, what left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from storage import deadlines, happenings, proposals
from storage.db import Session
from storage.deadlines import Deadline, DeadlineState, DeadlineVersion
from storage.proposals import ProposalState


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a due date, as it was written."""

    at: datetime
    due: date
    state: DeadlineState
    why: str


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder; ``done_at`` is None while it is only planned, ``outbox_id`` when no letter left."""

    days_before: int
    on: date
    letter: str
    to: str
    done_at: datetime | None = None
    outbox_id: int | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """One due date as it stood."""

    id: int
    kind: str
    title: str
    due: date
    state: DeadlineState
    basis: str
    status: str
    origin: str
    explanation: tuple[str, ...]
    changes: tuple[Change, ...]
    reminders: tuple[Reminded, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the case or a proposal, in one sentence."""

    at: datetime
    what: str


def replay(session: Session, case_id: int, until: datetime) -> tuple[Known, ...]:
    """Every due date of the case that was known at ``until``, nearest first."""
    found = (_known(session, deadline, until) for deadline in deadlines.of_case(session, case_id))
    return tuple(sorted((k for k in found if k is not None), key=lambda k: (k.due, k.id)))


def happened(session: Session, case_id: int, until: datetime) -> tuple[Happened, ...]:
    """Events recorded and tacit acceptances proposed, decided or superseded by then, in order."""
    told = [
        Happened(one.at, f"événement « {one.name} » du {one.on:%d/%m/%Y}, inscrit par {one.by}")
        for one in happenings.of_case(session, case_id)
    ]
    for one in proposals.of_case(session, case_id):
        told.append(Happened(one.computed_at, "acceptation tacite proposée à une personne"))
        if one.decided_at is not None:
            rejected = one.state is ProposalState.REJECTED
            word = "rejetée" if rejected else "confirmée"
            told.append(Happened(one.decided_at, f"acceptation tacite {word} par {one.decided_by}"))
        if one.superseded_at is not None:
            told.append(Happened(one.superseded_at, f"acceptation tacite remplacée : {one.superseded_by}"))
    return tuple(sorted((t for t in told if t.at <= until), key=lambda t: t.at))


def _known(session: Session, deadline: Deadline, until: datetime) -> Known | None:
    number = deadline.id or 0
    past = [v for v in deadlines.versions(session, number) if v.at <= until]
    if not past:
        return None
    now = past[-1]
    return Known(
        id=number,
        kind=deadline.kind,
        title=deadline.title or deadline.kind,
        due=now.due,
        state=now.state,
        basis=deadline.basis,
        status=deadline.status,
        origin=deadline.origin,
        explanation=tuple(now.explanation),
        changes=tuple(Change(v.at, v.due, v.state, v.why) for v in past),
        reminders=_reminders(session, number, now, until),
    )


def _reminders(
    session: Session, number: int, now: DeadlineVersion, until: datetime
) -> tuple[Reminded, ...]:
    """Those written or left out by then, then those still planned then."""
    done = [
        Reminded(r.days_before, r.on, r.letter, r.to, r.done_at, r.outbox_id, r.skipped)
        for r in deadlines.reminders(session, number)
        if r.done_at is not None and r.done_at <= until
    ]
    have = {r.days_before for r in done}
    planned = [
        Reminded(r["days_before"], date.fromisoformat(r["on"]), r["letter"], r["to"])
        for r in now.reminders
        if r["days_before"] not in have and now.state in deadlines.WAITING
    ]
    return tuple(sorted((*done, *planned), key=lambda r: -r.days_before))
