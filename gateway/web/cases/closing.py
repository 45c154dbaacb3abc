"""A case closed, or reopened, from its page: with a reason, once its work is finished."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.cases import closing
from gateway.cases.closing import Asked, Verb, unfinished
from gateway.deadlines.closing import end, wait_again
from gateway.deadlines.judged import Moment
from gateway.errors import Refused
from gateway.web.access import Viewer, desk_of
from gateway.web.cases.proposal import case_of
from gateway.web.house import InHouse, Seen, WebHouse
from storage import cases
from storage.db import Session

router = APIRouter(prefix="/dossiers/{reference}")


@router.post("/cloture")
def close(
    rooms: InHouse,
    seen: Seen,
    reference: str,
    *,
    version: Annotated[int, Form(ge=1)],
    motif: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Close the case: what it waits for ends, but what its circuit keeps."""
    found = move(rooms, seen, reference, Verb.CLOSE, version, motif)
    return RedirectResponse(f"/dossiers/{found}?fait=clos", 303)


@router.post("/reouverture")
def reopen(
    rooms: InHouse,
    seen: Seen,
    reference: str,
    *,
    version: Annotated[int, Form(ge=1)],
    motif: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Open the case again: what its closing ended waits again."""
    found = move(rooms, seen, reference, Verb.REOPEN, version, motif)
    return RedirectResponse(f"/dossiers/{found}?fait=rouvert", 303)


def move(rooms: WebHouse, seen: Viewer, reference: str, verb: Verb, version: int, reason: str) -> str:
    """Follow one arrow; the reference of the case. Raises ``NotFound`` or ``Refused``."""
    with rooms.database.transaction() as session:
        case, circuit = case_of(rooms, seen, session, reference)
        cases.lock_circuit(session, circuit.name)
        if verb is Verb.CLOSE:
            _finished(rooms, seen, session, case.id or 0)
        now = Moment(circuit, rooms.calendars, rooms.clock.now())
        told = closing.move(session, verb, Asked(case, version, seen.login, reason), now.at)
        follow = end if verb is Verb.CLOSE else wait_again
        rooms.recorder.add_all(session, [told, *follow(session, now, case.id or 0)])
        return case.reference


def _finished(rooms: WebHouse, seen: Viewer, session: Session, case_id: int) -> None:
    """Tell which work is left: by its title in the queues this person reads, by number elsewhere."""
    left = unfinished(session, case_id)
    if not left:
        return
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    named = [
        f"« {item.title or '(sans objet)'} » ({desk.title})"
        for item in left
        if (desk := desk_of(seen, circuits, directory, item.circuit, item.queue)) is not None
    ]
    hidden = len(left) - len(named)
    if hidden:
        named.append(f"{hidden} dans des files que votre rôle n’ouvre pas")
    raise Refused(
        f"Ce dossier a encore du travail ; rien n’a été changé. Terminez d’abord : {', '.join(named)}."
    )
