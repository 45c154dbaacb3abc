"""Legal holds and the end of retention, for whoever supervises: what is held, what will be erased, when."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.clock import paris_date
from gateway.contestations import holds
from gateway.contestations.plan import preview
from gateway.contestations.recovery import later
from gateway.errors import NotFound
from gateway.web.cases.case import NO_CASE
from gateway.web.house import InHouse, RowId, Seen, Shown
from storage import cases, retention

router = APIRouter()

MONTHS = 12
"""How far ahead the page looks."""
_LINES = 200


@router.get("/conservation")
def kept(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Holds, the schedule with its statuses, and what falls due within a year."""
    today = paris_date(rooms.clock.now())
    with rooms.database.reading() as session:
        placed = retention.holds(session)
        reasons = holds.held(session, rooms.circuits.by_name, today)
        due = preview(session, rooms.retention, rooms.circuits.by_name, today) if rooms.retention else []
        known = {number: cases.by_id(session, number) for number in reasons}
    soon = [one for one in due if one.due <= later(today, MONTHS)]
    return shown.show(
        request,
        "conservation.html",
        placed=placed,
        reasons=[(known[number], why) for number, why in sorted(reasons.items()) if known[number]],
        schedule=rooms.retention,
        due=soon[:_LINES],
        further=len(due) - len(soon[:_LINES]),
    )


@router.post("/dossiers/{reference}/gel")
def place(
    rooms: InHouse, seen: Seen, reference: str, *, motif: Annotated[str, Form(max_length=300)] = ""
) -> Response:
    """Put a hold on a case."""
    with rooms.database.transaction() as session:
        case = cases.get(session, reference)
        if case is None:
            raise NotFound(NO_CASE)
        _hold, event = holds.place(session, case, motif, seen.login, rooms.clock.now())
        rooms.recorder.add_all(session, [event])
    return RedirectResponse("/conservation?fait=gel", 303)


@router.post("/conservation/gels/{number}/lever")
def lift(rooms: InHouse, seen: Seen, number: RowId) -> Response:
    """Lift a hold."""
    with rooms.database.transaction() as session:
        event = holds.lift(session, number, seen.login, rooms.clock.now())
        rooms.recorder.add_all(session, [event])
    return RedirectResponse("/conservation?fait=degel", 303)
