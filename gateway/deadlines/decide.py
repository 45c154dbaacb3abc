"""A person decides of a tacit acceptance, or records an event of a case; and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.deadlines.calendar import Calendars
from gateway.deadlines.schedule import settle_case
from gateway.errors import Refused
from gateway.evidence.record import Kind
from storage import cases, happenings, proposals
from storage.cases import Case, Period, PeriodOrigin, PeriodStatus
from storage.db import Session
from storage.happenings import Happening
from storage.proposals import Proposal, ProposalState

Event = tuple[Kind, str, Mapping[str, Any]]
CHANGED = "Cette proposition a déjà été décidée ou remplacée ; rien n’a été changé. Relisez le dossier."


def decide(
    session: Session,
    circuit: Circuit,
    proposal: Proposal,
    *,
    accept: bool,
    by: str,
    reason: str,
    at: datetime,
    calendars: Calendars | None = None,
) -> tuple[Event, ...]:
    """Confirm or reject one proposal; only a confirmation adds a period, marked as tacit.

    Raises ``Refused`` when it is decided already, when no reason is given, or when the dates asked for
    could not be read (rights are never guessed).
    """
    said = " ".join(reason.split())
    if not said:
        raise Refused(
            "Le motif manque ; rien n’a été changé. Dites en une phrase ce qui fonde la décision."
        )
    cases.lock_circuit(session, circuit.name)  # nobody rejects the request meanwhile
    case = cases.by_id(session, proposal.case_id)
    if case is None or proposal.state is not ProposalState.PROPOSED:
        raise Refused(CHANGED)
    period = _period(proposal, at) if accept else None
    after = ProposalState.ACCEPTED if accept else ProposalState.REJECTED
    if not proposals.move(session, proposal, after, decided_by=by, decided_at=at, reason=said[:500]):
        raise Refused(CHANGED)
    events: list[Event] = [_told(proposal, case, by)]
    if period is not None and cases.add_period(session, period):
        events.append(_added(period, case))
        events.extend(settle_case(session, circuit, proposal.case_id, at, calendars))
    return tuple(events)


def record(
    session: Session,
    circuit: Circuit,
    case: Case,
    name: str,
    on: date,
    *,
    by: str,
    at: datetime,
    key: str = "",
    note: str = "",
    calendars: Calendars | None = None,
) -> tuple[Event, ...]:
    """Record what happened to a case on a day, and let the delays that wait for it follow.

    ``key`` makes it one (a claim, an invoice); by default its day: said twice, it is kept once, and nothing
    is returned. Raises ``Refused`` for an event the circuit does not know, or a day to come.
    """
    if name not in {event.name for event in circuit.events}:
        raise Refused(f"L’événement « {name} » n’est pas dans le circuit ; rien n’a été changé.")
    if on > paris_date(at):
        raise Refused("Cette date est dans l’avenir ; rien n’a été changé. Vérifiez-la.")
    made = happenings.add(
        session,
        Happening(
            case_id=case.id or 0,
            name=name,
            key=(key or on.isoformat())[:80],
            on=on,
            at=at,
            by=by[:80],
            note=" ".join(note.split())[:300],
        ),
    )
    if made is None:
        return ()
    fields = {"event": name, "on": on.isoformat(), "by": by, "number": made.id}
    told: Event = (Kind.CASE_EVENT, f"case:{case.reference}", fields)
    return (told, *settle_case(session, circuit, case.id or 0, at, calendars))


def _period(proposal: Proposal, at: datetime) -> Period:
    starts, ends = proposal.bundle.get("starts"), proposal.bundle.get("ends")
    document = proposal.bundle.get("document")
    if not starts or not ends or not document:
        raise Refused(
            "Les dates demandées ne sont pas lisibles sur la demande ; rien n’a été changé."
            " Demandez un formulaire lisible : aucun droit n’est ouvert sans dates."
        )
    return Period(
        case_id=proposal.case_id,
        document_id=document,
        origin=PeriodOrigin.EXTENSION,
        status=PeriodStatus.TACIT,
        starts=date.fromisoformat(starts),
        ends=date.fromisoformat(ends),
        amount=proposal.bundle.get("amount"),
        at=at,
    )


def _told(proposal: Proposal, case: Case, by: str) -> Event:
    fields = {
        "action": str(proposal.state),
        "proposal": proposal.id,
        "kind": proposal.kind,
        "due": proposal.due.isoformat(),
        "starts": proposal.bundle.get("starts"),
        "ends": proposal.bundle.get("ends"),
        "queue": proposal.queue,
        "by": by,
        "reason": proposal.reason,
    }
    return Kind.PROPOSAL, f"case:{case.reference}", fields


def _added(period: Period, case: Case) -> Event:
    fields = {
        "origin": str(period.origin),
        "status": str(period.status),
        "starts": period.starts.isoformat() if period.starts else None,
        "ends": period.ends.isoformat() if period.ends else None,
    }
    return Kind.PERIOD_ADDED, f"case:{case.reference}", fields
