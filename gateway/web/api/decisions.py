"""What people decide or record outside an item: a tacit acceptance, an event of a case, a call made."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.cases.closing import Verb
from gateway.web.access import Viewer
from gateway.web.api import bodies, models, offers
from gateway.web.api.calls import Call, Called, acted, body_of
from gateway.web.api.cases import Reference
from gateway.web.cases import closing, proposal
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.letters import calls
from storage import proposals

router = APIRouter(prefix="/api/v1", tags=["Décisions"])

_DECISIONS = {True: "confirmer", False: "rejeter"}


@router.get("/cases/{reference}/proposals", summary="Les acceptations tacites proposées sur un dossier")
def every_proposal(rooms: InHouse, seen: Seen, reference: Reference) -> offers.Proposals:
    """Proposals, the latest first, and the events that this person may record."""
    with rooms.database.reading() as session:
        case, circuit = proposal.case_of(rooms, seen, session, reference)
        found = proposal.cards(rooms, seen, case, proposals.of_case(session, case.id or 0))
    return offers.Proposals(
        proposals=[
            offers.ProposalSeen(
                id=card.proposal.id or 0,
                state=str(card.proposal.state),
                due=card.proposal.due,
                starts=card.starts,
                ends=card.ends,
                proved=card.proved,
                decides=card.decides,
            )
            for card in found
        ],
        events={event.name: event.title for event in proposal.recordable(seen, circuit)},
    )


@router.post(
    "/cases/{reference}/proposals/{proposal_id}",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Decided),
    summary="Confirmer ou rejeter une acceptation tacite, avec son motif",
)
def decide(rooms: InHouse, seen: Seen, call: Called, reference: Reference, proposal_id: RowId) -> Response:
    """A confirmation alone adds the period, marked as tacit; a proposal is decided once."""

    def act(asked: bodies.Decided) -> tuple[models.Done, None]:
        said = _DECISIONS[asked.accept]
        proposal.answer(rooms, seen, reference, proposal_id, decision=said, motif=asked.reason)
        return models.Done(done="decide", case=reference.upper()), None

    return acted(rooms, seen, call, bodies.Decided, act)


@router.post(
    "/cases/{reference}/events",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Happened),
    summary="Inscrire un événement daté sur un dossier",
)
def happen(rooms: InHouse, seen: Seen, call: Called, reference: Reference) -> Response:
    """A payment, a discharge…: the delays that wait for it start, stop or are suspended."""

    def act(asked: bodies.Happened) -> tuple[models.Done, None]:
        day = asked.on.isoformat()
        proposal.happen(rooms, seen, reference, evenement=asked.event, jour=day, note=asked.note)
        return models.Done(done="event", case=reference.upper()), None

    return acted(rooms, seen, call, bodies.Happened, act)


@router.post(
    "/cases/{reference}/close",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Closed),
    summary="Clore un dossier dont le travail est terminé",
)
def close(rooms: InHouse, seen: Seen, call: Called, reference: Reference) -> Response:
    """What the case waits for ends, but what its circuit keeps."""
    return _moved(rooms, seen, call, reference, Verb.CLOSE)


@router.post(
    "/cases/{reference}/reopen",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Closed),
    summary="Rouvrir un dossier clos",
)
def reopen(rooms: InHouse, seen: Seen, call: Called, reference: Reference) -> Response:
    """What its closing ended waits again."""
    return _moved(rooms, seen, call, reference, Verb.REOPEN)


def _moved(rooms: WebHouse, seen: Viewer, call: Call, reference: str, verb: Verb) -> Response:
    def act(asked: bodies.Closed) -> tuple[models.Done, None]:
        found = closing.move(rooms, seen, reference, verb, asked.version, asked.reason)
        return models.Done(done=f"{verb}-case", case=found), None

    return acted(rooms, seen, call, bodies.Closed, act)


@router.get("/calls", summary="Les appels à passer, dans les files que l’on peut lire")
def every_call(rooms: InHouse, seen: Seen) -> offers.Calls:
    """At most 200 calls, the oldest first."""
    with rooms.database.reading() as session:
        found = calls.visible(rooms, seen, session)
    return offers.Calls(
        calls=[
            offers.CallSeen(
                id=one.call.id or 0,
                reason=str(one.call.reason),
                queue=one.call.queue,
                recipient=one.call.recipient,
                phone=one.call.phone,
                detail=one.call.detail,
                case=one.reference,
                at=one.call.at,
            )
            for one in found
        ]
    )


@router.post(
    "/calls/{call_id}/done",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Telephoned),
    summary="Dire qu’un appel est passé",
)
def telephoned(rooms: InHouse, seen: Seen, call: Called, call_id: RowId) -> Response:
    """The call and the wait of its letter end, with what was said."""

    def act(asked: bodies.Telephoned) -> tuple[models.Done, None]:
        calls.done(rooms, seen, call_id, note=asked.note)
        return models.Done(done="call"), None

    return acted(rooms, seen, call, bodies.Telephoned, act)
