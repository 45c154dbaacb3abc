"""Silence that may mean acceptance: proposed to a person with its proof, superseded by what comes late.

The protocol (article 6) deems a request authorised when the institution is silent; the circular has rights
updated on a validated form. So three outcomes are kept apart: express (a form), tacit (a person confirmed
the silence on its proof), refused. Nothing here extends a right by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from gateway.circuits.directory import Directory, correspondent_of
from gateway.circuits.model import Circuit, DeadlineRule
from gateway.deadlines.ending import end_all
from gateway.deadlines.escalate import hand_over
from gateway.evidence.record import Kind
from storage import cases, deadlines, deliveries, outbox, proposals
from storage.cases import Case, PeriodOrigin, PeriodStatus
from storage.db import Session
from storage.deadlines import Deadline, DeadlineState
from storage.documents import Document
from storage.proposals import Proposal, ProposalState

Event = tuple[Kind, str, Mapping[str, Any]]
KIND = "tacit-acceptance"
_OTHER_INSTITUTION = "cnas"


def propose(
    session: Session,
    circuit: Circuit,
    rule: DeadlineRule,
    deadline: Deadline,
    directory: Directory,
    queue: str,
    at: datetime,
) -> tuple[Event, ...]:
    """Propose the tacit acceptance of one missed answer; nothing when it was already proposed.

    One that was withdrawn because its due date was no longer past is proposed again once it is.
    """
    case = cases.by_id(session, deadline.case_id) if deadline.case_id is not None else None
    if rule.silence is None or case is None or deadline.id is None:
        return ()
    bundle = _bundle(session, circuit, deadline, directory)
    made = proposals.add(
        session,
        Proposal(
            case_id=case.id or 0,
            deadline_id=deadline.id,
            kind=KIND,
            queue=queue,
            due=deadline.due,
            computed_at=at,
            bundle=bundle,
        ),
    )
    made = made or _again(session, deadline, bundle, at)
    return () if made is None else (_event(made, case, "proposed"),)


def supersede(session: Session, circuit: Circuit, case_id: int, at: datetime) -> tuple[Event, ...]:
    """An express answer about the same period prevails over a tacit one, confirmed or not."""
    case = cases.by_id(session, case_id)
    if case is None:
        return ()
    events: list[Event] = []
    for proposal in proposals.of_case(session, case_id):
        if proposal.state not in {ProposalState.PROPOSED, ProposalState.ACCEPTED}:
            continue
        answer = _answer(session, circuit, proposal)
        if answer is not None:
            events.extend(_superseded(session, circuit, case, proposal, *answer, at=at))
    return tuple(events)


def withdraw(
    session: Session, circuits: Mapping[str, Circuit], at: datetime, case_id: int | None = None
) -> tuple[Event, ...]:
    """Proposals whose due date is no longer past (a feast corrected, a delay suspended) are withdrawn.

    ``case_id``: those of this case alone.
    """
    events: list[Event] = []
    for proposal in proposals.in_states(session, [ProposalState.PROPOSED]):
        if case_id is not None and proposal.case_id != case_id:
            continue
        deadline = deadlines.get(session, proposal.deadline_id)
        case = cases.by_id(session, proposal.case_id)
        circuit = circuits.get(case.circuit) if case is not None else None
        if deadline is None or case is None or circuit is None:
            continue
        left = deadline.case_id != proposal.case_id
        if deadline.state is DeadlineState.MISSED and not left:
            continue
        reason = f"l'échéance n'est plus dépassée (au {deadline.due:%d/%m/%Y})"
        if deadline.state not in {DeadlineState.OPEN, DeadlineState.PAUSED}:
            reason = "la réponse n'est plus attendue"
        if left:
            reason = "la demande a été détachée du dossier"
        events.extend(_superseded(session, circuit, case, proposal, reason, None, at=at))
    return tuple(events)


def _again(
    session: Session, deadline: Deadline, bundle: Mapping[str, Any], at: datetime
) -> Proposal | None:
    """The proposal of this due date that was withdrawn without an answer, made anew with its proof."""
    for proposal in proposals.of_deadline(session, deadline.id or 0):
        same = proposal.kind == KIND and proposal.due == deadline.due
        if not same or proposal.state is not ProposalState.SUPERSEDED or proposal.superseding_delivery:
            continue
        columns: dict[str, Any] = {
            "superseded_at": None,
            "superseded_by": None,
            "computed_at": at,
            "bundle": dict(bundle),
        }
        columns["case_id"] = deadline.case_id  # of another, when a person took the request out of the first
        if proposals.move(session, proposal, ProposalState.PROPOSED, **columns):
            return proposal
    return None


def _superseded(
    session: Session,
    circuit: Circuit,
    case: Case,
    proposal: Proposal,
    reason: str,
    delivery: str | None,
    *,
    at: datetime,
) -> Iterator[Event]:
    was = str(proposal.state)
    granted = proposal.state is ProposalState.ACCEPTED
    columns = {"superseded_at": at, "superseded_by": reason[:200], "superseding_delivery": delivery}
    if not proposals.move(session, proposal, ProposalState.SUPERSEDED, **columns):
        return
    kind, subject, fields = _event(proposal, case, "superseded")
    yield kind, subject, {**fields, "was": was, "reason": reason, "delivery": delivery}
    if granted:
        yield from _undone(session, circuit, proposal, reason, at)


def _undone(
    session: Session, circuit: Circuit, proposal: Proposal, reason: str, at: datetime
) -> Iterator[Event]:
    """What a confirmed acceptance had set is waited for no more; a person looks at the rights."""
    origin = f"proposal:{proposal.id}"
    watched = [d for d in deadlines.pending_of_case(session, proposal.case_id) if d.origin == origin]
    why = f"acceptation tacite remplacée : {reason}"
    yield from end_all(session, watched, why, at, DeadlineState.CANCELLED)
    deadline = deadlines.get(session, proposal.deadline_id)
    if deadline is not None:
        title = "Réponse expresse après une acceptation tacite : droits à revoir"
        hand_over(session, circuit, deadline, proposal.queue, title, (why,), at)


def _answer(session: Session, circuit: Circuit, proposal: Proposal) -> tuple[str, str] | None:
    """What the other institution said of the proposed period, and the mail that carried it."""
    papers = {d.id: d for d in cases.documents(session, proposal.case_id)}
    for period in cases.periods(session, proposal.case_id):
        document = papers.get(period.document_id)
        if document is None or document.kind not in circuit.answers:
            continue
        if period.origin is not PeriodOrigin.EXTENSION or not _about(proposal, period.starts, period.ends):
            continue
        if not _after(session, proposal, document):
            continue
        if period.status is PeriodStatus.REFUSED:
            return "refus exprès reçu", document.delivery
        if period.status is PeriodStatus.GRANTED:
            return "accord exprès reçu", document.delivery
    return None


def _about(proposal: Proposal, starts: date | None, ends: date | None) -> bool:
    first, last = proposal.bundle.get("starts"), proposal.bundle.get("ends")
    if starts is None or ends is None or not first or not last:
        return True  # a refusal may write no date: it answers the request that waits
    return starts <= date.fromisoformat(last) and date.fromisoformat(first) <= ends


def _after(session: Session, proposal: Proposal, document: Document) -> bool:
    mail = deliveries.get(session, document.delivery)
    return mail is not None and mail.received_at.isoformat() > str(proposal.bundle.get("received_at", ""))


def _bundle(session: Session, circuit: Circuit, deadline: Deadline, directory: Directory) -> dict[str, Any]:
    """The proof: the request as received, to whom it went, our letters and receipts, the days counted."""
    mail = deliveries.get(session, deadline.delivery) if deadline.delivery else None
    form = _form(session, circuit, deadline)
    asked = cases.period_of_document(session, form.id or 0) if form is not None else None
    to = list(mail.recipients) if mail is not None else []
    return {
        "message": mail.sha256 if mail else None,
        "message_id": mail.message_id if mail else None,
        "sender": mail.sender if mail else None,
        "recipients": to,
        "sent_to_institution": [a for a in to if _institution(directory, a)],
        "sent_at": mail.sent_at.isoformat() if mail and mail.sent_at else None,
        "received_at": mail.received_at.isoformat() if mail else "",
        "document": form.id if form else None,
        "document_sha256": form.sha256 if form else None,
        "starts": asked.starts.isoformat() if asked and asked.starts else None,
        "ends": asked.ends.isoformat() if asked and asked.ends else None,
        "amount": asked.amount if asked else None,
        "letters": _letters(session, deadline, directory),
        "computation": list(deadline.explanation),
        "due": deadline.due.isoformat(),
        "basis": deadline.basis,
        "status": deadline.status,
        "rules": circuit.rules_hash,
    }


def _form(session: Session, circuit: Circuit, deadline: Deadline) -> Document | None:
    filed = cases.documents(session, deadline.case_id) if deadline.case_id is not None else []
    return next((d for d in filed if d.delivery == deadline.delivery and d.kind in circuit.requests), None)


def _letters(session: Session, deadline: Deadline, directory: Directory) -> list[dict[str, Any]]:
    """What we sent ourselves to the other institution about this request, with what came back."""
    if deadline.delivery is None:
        return []
    return [
        {
            "outbox": entry.id,
            "message_id": entry.message_id,
            "recipient": entry.recipient,
            "state": str(entry.state),
            "sent_at": entry.sent_at.isoformat() if entry.sent_at else None,
            "bytes": entry.raw_sha256,
            "receipts": [
                {"action": r.action, "status": r.status, "at": r.at.isoformat(), "delivery": r.delivery}
                for r in outbox.receipts(session, entry.id or 0)
            ],
        }
        for entry in outbox.of_delivery(session, deadline.delivery)
        if _institution(directory, entry.recipient)
    ]


def _institution(directory: Directory, address: str) -> bool:
    known = correspondent_of(directory, address)
    return known is not None and known.role == _OTHER_INSTITUTION


def _event(proposal: Proposal, case: Case, action: str) -> Event:
    fields = {
        "action": action,
        "proposal": proposal.id,
        "kind": proposal.kind,
        "due": proposal.due.isoformat(),
        "starts": proposal.bundle.get("starts"),
        "ends": proposal.bundle.get("ends"),
        "queue": proposal.queue,
    }
    return Kind.PROPOSAL, f"case:{case.reference}", fields
