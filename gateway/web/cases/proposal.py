"""On a case: a tacit acceptance to confirm or to reject, and what a person records with its day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.circuits.model import CaseEvent, Circuit
from gateway.deadlines.decide import decide, record
from gateway.errors import NotFound, Refused
from gateway.web.access import Right, Viewer, desk_of, reads_any
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from storage import cases, proposals, sheets
from storage.cases import Case
from storage.db import Session
from storage.happenings import Happening
from storage.proposals import Proposal, ProposalState

router = APIRouter(prefix="/dossiers/{reference}")

NO_CASE = (
    "Ce dossier n’existe pas, ou il relève de files que votre rôle n’ouvre pas ; rien n’a été changé."
    " Vérifiez sa référence."
)
NO_PROPOSAL = (
    "Cette proposition n’existe pas pour ce dossier, ou sa file n’est pas la vôtre ; rien n’a été changé."
    " Relisez le dossier."
)
DECISIONS = {"confirmer": True, "rejeter": False}
STATES = {
    ProposalState.PROPOSED: "à décider",
    ProposalState.ACCEPTED: "confirmée",
    ProposalState.REJECTED: "rejetée",
    ProposalState.SUPERSEDED: "remplacée",
}
TONES = {ProposalState.PROPOSED: "warn", ProposalState.ACCEPTED: "done", ProposalState.SUPERSEDED: "bad"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One of our letters about the request, with what came back."""

    recipient: str
    state: str
    sent_at: datetime | None
    receipts: tuple[tuple[str, datetime], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A proposal as the page shows it."""

    proposal: Proposal
    state: str
    tone: str
    starts: date | None
    ends: date | None
    received_at: datetime | None
    sent_at: datetime | None
    letters: tuple[Sent, ...]
    proved: bool
    """Whether anything shows that the other institution was written to."""
    decides: bool
    """Whether this person may decide."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event recorded on the case."""

    title: str
    happening: Happening


def cards(rooms: WebHouse, seen: Viewer, case: Case, found: Iterable[Proposal]) -> list[Card]:
    """Every proposal of a case, the latest first."""
    return [_card(rooms, seen, case, proposal) for proposal in found]


def recordable(seen: Viewer, circuit: Circuit | None) -> tuple[CaseEvent, ...]:
    """The events this person may record."""
    return circuit.events if circuit is not None and seen.may(Right.ACT) else ()


def recorded(circuit: Circuit | None, found: Iterable[Happening]) -> list[Recorded]:
    """Events of a case with their French titles, the latest first."""
    titles = {event.name: event.title for event in circuit.events} if circuit is not None else {}
    return [Recorded(titles.get(one.name, one.name), one) for one in reversed(list(found))]


@router.post("/propositions/{proposal_id}")
def answer(
    rooms: InHouse,
    seen: Seen,
    reference: str,
    proposal_id: RowId,
    *,
    decision: Annotated[str, Form(max_length=12)],
    motif: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Confirm or reject with a reason; a confirmation alone adds the period, marked as tacit."""
    if decision not in DECISIONS:
        raise Refused("Aucune décision n’est choisie ; rien n’a été changé. Confirmez ou rejetez.")
    with rooms.database.transaction() as session:
        case, circuit = case_of(rooms, seen, session, reference)
        proposal = proposals.get(session, proposal_id)
        if proposal is None or proposal.case_id != case.id or not _decides(rooms, seen, case, proposal):
            raise NotFound(NO_PROPOSAL)
        events = decide(
            session,
            circuit,
            proposal,
            accept=DECISIONS[decision],
            by=seen.login,
            reason=motif,
            at=rooms.clock.now(),
            calendars=rooms.calendars,
        )
        rooms.recorder.add_all(session, events)
    return RedirectResponse(f"/dossiers/{case.reference}#proposition-{proposal_id}", 303)


@router.post("/evenements")
def happen(
    rooms: InHouse,
    seen: Seen,
    reference: str,
    *,
    evenement: Annotated[str, Form(max_length=40)],
    jour: Annotated[str, Form(max_length=10)],
    note: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Record a payment, a discharge…: the delays that wait for it start, stop or are suspended."""
    try:
        on = date.fromisoformat(jour)
    except ValueError:
        raise Refused("Ce jour n’est pas une date ; rien n’a été changé. Choisissez une date.") from None
    with rooms.database.transaction() as session:
        case, circuit = case_of(rooms, seen, session, reference)
        events = record(
            session,
            circuit,
            case,
            evenement,
            on,
            by=seen.login,
            at=rooms.clock.now(),
            note=note,
            calendars=rooms.calendars,
        )
        if not events:
            raise Refused("Cet événement est déjà inscrit à cette date ; rien n’a été changé.")
        rooms.recorder.add_all(session, events)
    return RedirectResponse(f"/dossiers/{case.reference}#evenements", 303)


def case_of(rooms: WebHouse, seen: Viewer, session: Session, reference: str) -> tuple[Case, Circuit]:
    """The case and its circuit, when this person reads one of its queues."""
    case = cases.get(session, reference)
    circuit = rooms.circuits.by_name.get(case.circuit) if case is not None else None
    places = sheets.places_of_case(session, case.id or 0) if case is not None else set()
    if case is None or circuit is None:
        raise NotFound(NO_CASE)
    if not reads_any(seen, rooms.circuits.by_name, rooms.circuits.directory, places):
        raise NotFound(NO_CASE)
    return case, circuit


def _decides(rooms: WebHouse, seen: Viewer, case: Case, proposal: Proposal) -> bool:
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    desk = desk_of(seen, circuits, directory, case.circuit, proposal.queue)
    return seen.may(Right.ACT) and desk is not None


def _card(rooms: WebHouse, seen: Viewer, case: Case, proposal: Proposal) -> Card:
    bundle = proposal.bundle
    letters = tuple(
        Sent(
            one["recipient"],
            one["state"],
            _instant(one["sent_at"]),
            tuple((r["action"], datetime.fromisoformat(r["at"])) for r in one["receipts"]),
        )
        for one in bundle.get("letters", [])
    )
    return Card(
        proposal=proposal,
        state=STATES[proposal.state],
        tone=TONES.get(proposal.state, "quiet"),
        starts=_day(bundle.get("starts")),
        ends=_day(bundle.get("ends")),
        received_at=_instant(bundle.get("received_at")),
        sent_at=_instant(bundle.get("sent_at")),
        letters=letters,
        proved=bool(bundle.get("sent_to_institution") or any(one.sent_at for one in letters)),
        decides=proposal.state is ProposalState.PROPOSED and _decides(rooms, seen, case, proposal),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
