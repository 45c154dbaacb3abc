"""What stops any erasure of a case: a contestation that is open, a recovery that runs, a person's hold.

The first two are never written down: they are looked at again each time, so that no forgotten row ever
frees a case. A contestation that has no case yet holds every case it may be about.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from gateway.circuits.model import Circuit
from gateway.contestations.recovery import clock_of
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import cases, retention
from storage.cases import Case
from storage.contestations import Cause, Contestation, ContestationState
from storage.db import Session
from storage.retention import LegalHold

Event = tuple[Kind, str, Mapping[str, Any]]


def held(session: Session, circuits: Mapping[str, Circuit], today: date) -> dict[int, list[str]]:
    """For each case that is held, the French reasons why."""
    reasons: dict[int, list[str]] = {}
    for hold, case in retention.holds(session):
        reasons.setdefault(case.id or 0, []).append(
            f"gel posé le {hold.placed_at:%d/%m/%Y} par {hold.placed_by}"
        )
    binding = retention.binding(session)
    pending = {c.id or 0: c.reference for c in binding if c.case_id is None}
    for case_id, contestation_id in retention.maybe_of(session, list(pending)):
        said = f"peut être le dossier de la contestation {pending[contestation_id]}, à rattacher"
        reasons.setdefault(case_id, []).append(said)
    for one in binding:
        why = _why(one, circuits, today)
        if one.case_id is not None and why is not None:
            reasons.setdefault(one.case_id, []).append(why)
    return reasons


def held_mails(session: Session) -> set[str]:
    """Mails whose contestations are not all closed."""
    return {one.delivery for one in retention.binding(session) if one.state is not ContestationState.CLOSED}


def place(session: Session, case: Case, reason: str, person: str, at: datetime) -> tuple[LegalHold, Event]:
    """Put a hold on a case. Raises ``Refused`` without a reason."""
    if not reason.strip():
        raise Refused("Dites pourquoi ce dossier est gelé ; rien n’a été changé.")
    cases.lock_circuit(session, case.circuit)
    hold = retention.place(
        session,
        LegalHold(case_id=case.id or 0, reason=reason.strip()[:300], placed_by=person, placed_at=at),
    )
    fields = {"action": "place", "hold": hold.id, "by": person, "reason": hold.reason}
    return hold, (Kind.HOLD, f"case:{case.reference}", fields)


def lift(session: Session, hold_id: int, person: str, at: datetime) -> Event:
    """Lift a hold; what else holds the case still does. Raises ``NotFound``, ``Refused``."""
    hold = retention.hold(session, hold_id)
    case = cases.by_id(session, hold.case_id) if hold else None
    if hold is None or case is None:
        raise NotFound("Ce gel n’existe pas ; rien n’a été changé. Rechargez la page.")
    if not retention.lift(session, hold_id, person, at):
        raise Refused("Ce gel est déjà levé ; rien n’a été changé. Rechargez la page.")
    return Kind.HOLD, f"case:{case.reference}", {"action": "lift", "hold": hold_id, "by": person}


def _why(one: Contestation, circuits: Mapping[str, Circuit], today: date) -> str | None:
    if one.state is not ContestationState.CLOSED:
        return f"contestation {one.reference} ouverte"
    if one.cause is not Cause.HOSPITAL:
        return None
    circuit = circuits.get(one.circuit)
    rules = circuit.contestations if circuit is not None else None
    clock = clock_of(rules.recovery, one.paid_on, one.notified_on) if rules is not None else None
    if clock is None:
        return f"indu de la contestation {one.reference} : date de paiement inconnue"
    if today <= clock.due:
        return f"indu de la contestation {one.reference} : trois ans jusqu'au {clock.due:%d/%m/%Y}"
    return None
