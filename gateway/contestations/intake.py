"""A list of claims becomes contestations: one a claim, each with its case or its candidates; nothing lost.

What this room is told of the cases that match (``Matched``) is found by whoever calls it: the rooms do not
know one another. A claim joins a case only at the circuit's threshold; below it, a person chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.circuits.contested import Contested
from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.contestations.transitions import GATEWAY, Verb, follow
from gateway.evidence.record import Kind
from parsers.claims import Claim, ClaimsRead
from parsers.errors import ParseError
from storage import cases, contestations
from storage.cases import Case
from storage.contestations import (
    Contestation,
    ContestationCandidate,
    ContestationList,
    ContestationState,
    UnreadLine,
)
from storage.db import Session
from storage.deliveries import Delivery

Event = tuple[Kind, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Likely:
    """A case that may be the one of a claim: score from 0 to 1, French reasons that quote nothing."""

    case: Case
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """``case``: the one it joins, or ``None``; ``likely``: what a person chooses from, likeliest first."""

    case: Likely | None
    likely: tuple[Likely, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """What one list gave. ``made`` is empty when its document was already read."""

    made: tuple[Contestation, ...]
    unread: int
    events: tuple[Event, ...]


def register(
    session: Session,
    circuit: Circuit,
    rules: Contested,
    delivery: Delivery,
    document_id: int,
    read: ClaimsRead | ParseError,
    match: Callable[[Claim], Matched],
    at: datetime,
) -> Registered:
    """Write one list read; once for ever, whoever asks again. The circuit must be locked by the caller."""
    trouble = read.message if isinstance(read, ParseError) else None
    found = contestations.add_list(
        session,
        ContestationList(
            document_id=document_id,
            delivery=delivery.sha256,
            circuit=circuit.name,
            read_at=at,
            trouble=trouble,
        ),
    )
    if found is None or found.id is None:
        return Registered((), 0, ())
    if isinstance(read, ParseError):
        return Registered((), 0, (_list_event(delivery, 0, 0, read.code),))
    made: list[Contestation] = []
    events: list[Event] = []
    for claim in read.claims:
        one, told = _contestation(session, circuit, rules, delivery, found.id, claim, match(claim), at=at)
        made.append(one)
        events.extend(told)
    for row in read.unread:
        line = UnreadLine(list_id=found.id, place=row.place[:200], cells=list(row.cells), why=row.why[:300])
        contestations.add_line(session, line)
    return Registered(
        tuple(made),
        len(read.unread),
        (_list_event(delivery, len(made), len(read.unread), "read"), *events),
    )


def _contestation(
    session: Session,
    circuit: Circuit,
    rules: Contested,
    delivery: Delivery,
    list_id: int,
    claim: Claim,
    matched: Matched,
    *,
    at: datetime,
) -> tuple[Contestation, list[Event]]:
    year = paris_date(at).year
    one = contestations.add(
        session,
        Contestation(
            reference=cases.next_reference(session, rules.reference_prefix, year),
            circuit=circuit.name,
            list_id=list_id,
            delivery=delivery.sha256,
            place=claim.place[:200],
            received_at=delivery.received_at,
            changed_at=at,
            claim_reference=claim.reference,
            last_name=claim.last_name,
            first_names=claim.first_names,
            birth_date=claim.birth_date,
            cnas_number=claim.cnas_number,
            form_reference=claim.form_reference,
            establishment=claim.establishment,
            starts=claim.starts,
            ends=claim.ends,
            amount=claim.amount,
            reason=claim.reason,
            reason_text=claim.reason_text,
            doubts=list(claim.doubts),
        ),
    )
    for likely in matched.likely:
        contestations.add_candidate(
            session,
            ContestationCandidate(
                contestation_id=one.id or 0,
                case_id=likely.case.id or 0,
                score=likely.score,
                reasons=list(likely.reasons),
            ),
        )
    fields = {"contestation": one.reference, "delivery": delivery.sha256, "code": one.reason}
    events: list[Event] = [
        (
            Kind.CONTESTATION,
            f"delivery:{delivery.sha256}",
            {**fields, "action": "received", "state": str(one.state), "count": len(matched.likely)},
        )
    ]
    if matched.case is not None:
        one, event = join(session, one, matched.case, "passerelle", at)
        events.append(event)
    return one, events


def join(
    session: Session, one: Contestation, likely: Likely, person: str, at: datetime
) -> tuple[Contestation, Event]:
    """Give a received contestation its case. The entry is about the case: its evidence file tells it."""
    arrow = follow(one.state, Verb.MATCH, GATEWAY)
    one.case_id, one.match_reasons = likely.case.id, list(likely.reasons)
    one.state, one.version, one.changed_at = arrow.after, one.version + 1, at
    session.add(one)
    session.flush()
    earlier = contestations.same_claim(session, one)
    if earlier is not None:
        one.earlier = earlier.reference
        session.add(one)
        session.flush()
    fields = {
        "contestation": one.reference,
        "delivery": one.delivery,
        "code": one.reason,
        "action": str(Verb.MATCH),
        "state": str(arrow.after),
        "by": person,
        "reasons": list(likely.reasons),
    }
    return one, (Kind.CONTESTATION, f"case:{likely.case.reference}", fields)


def unmatched(one: Contestation) -> bool:
    """Whether a person still has to say which case it is about."""
    return one.state is ContestationState.RECEIVED


def _list_event(delivery: Delivery, claims: int, unread: int, outcome: str) -> Event:
    fields = {"action": "list", "outcome": outcome, "count": claims, "missing": unread}
    return Kind.CONTESTATION, f"delivery:{delivery.sha256}", fields
