"""One case: its beneficiary, life-line, documents, letters, due dates, and everything that happened."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.clock import paris_date
from gateway.contestations.transitions import STATES
from gateway.errors import NotFound
from gateway.evidence.cover import covering
from gateway.evidence.lifeline import Lifeline, Mark, Span, lifeline, uncovered
from gateway.web import papers, present, proposal, timeline
from gateway.web.access import desk_of, reads_any
from gateway.web.contested import sight_of
from gateway.web.duedates import due_dates
from gateway.web.house import InHouse, Seen, Shown
from gateway.web.words import names
from storage import contestations, happenings, proposals, sheets
from storage.cases import PeriodStatus
from storage.deadlines import DeadlineState
from storage.sheets import CaseSheet

router = APIRouter()

CHAPTERS = 4
"""Chapters of the timeline shown without unfolding anything."""
NO_CASE = (
    "Ce dossier n’existe pas, ou il relève de files que votre rôle n’ouvre pas ; rien n’a été changé."
    " Vérifiez la référence."
)


@router.get("/dossiers/{reference}")
def case(request: Request, rooms: InHouse, seen: Seen, shown: Shown, reference: str) -> Response:
    """The case as this person may see it."""
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    with rooms.database.reading() as session:
        sheet = sheets.case_sheet(session, reference.upper())
        number = sheet.case.id or 0 if sheet else 0
        contested = contestations.of_case(session, number)
        proposed, happened = proposals.of_case(session, number), happenings.of_case(session, number)
    if sheet is None:
        raise NotFound(NO_CASE)
    if not reads_any(seen, circuits, directory, {(i.circuit, i.queue) for i in sheet.items}):
        raise NotFound(NO_CASE)
    sight = sight_of(rooms, seen)
    circuit = circuits.get(sheet.case.circuit)
    caisse = directory.caisses.get(sheet.case.caisse or "")
    today = paris_date(rooms.clock.now())
    open_desks = {i.queue: desk_of(seen, circuits, directory, i.circuit, i.queue) for i in sheet.items}
    queue_titles = {name: desk.title for name, desk in open_desks.items() if desk is not None}
    items = [i for i in sheet.items if i.queue in queue_titles]
    days = timeline.timeline(
        sheet.events, sheet.letters, names([circuit] if circuit else []) | queue_titles
    )
    recent, older = timeline.folded(days, CHAPTERS)
    values: dict[str, Any] = {
        "sheet": sheet,
        "case": sheet.case,
        "circuit": circuit,
        "caisse": caisse,
        "documents": [papers.show(paper, seen, circuit) for paper in sheet.papers],
        "received": {d.sha256: d.received_at for d in sheet.deliveries},
        "deliveries": {p.document.id: p.document.delivery for p in sheet.papers},
        "items": items,
        "mails": timeline.titles(items),
        "lifeline": life(sheet, today),
        "due": due_dates(sheet.deadlines),
        "contested": [one for one in contested if sight.sees(one, sheet.case)],
        "contested_states": STATES,
        "proposals": proposal.cards(rooms, seen, sheet.case, proposed),
        "recorded": proposal.recorded(circuit, happened),
        "recordable": proposal.recordable(seen, circuit),
        "recent": recent,
        "older": older,
        "queue_titles": queue_titles,
    }
    return shown.show(request, "dossier.html", **values)


def life(sheet: CaseSheet, today: date) -> Lifeline | None:
    """Periods and pending due dates, laid out."""
    spans = [
        Span(
            p.status,
            f"{present.state('origin', p.origin)} {present.state('period', p.status)} :"
            f" du {present.day(p.starts)} au {present.day(p.ends)}",
            p.starts,
            p.ends,
            f"{present.state('origin', p.origin)} {present.state('period', p.status)}",
        )
        for p in sheet.periods
        if p.starts is not None and p.ends is not None and p.starts <= p.ends
    ]
    granted = list(covering(sheet.periods))
    asked = [s.ends for s in spans if s.status == PeriodStatus.REQUESTED]
    spans += [
        Span("uncovered", f"Sans couverture : du {present.day(first)} au {present.day(last)}", first, last)
        for first, last in uncovered(granted, max(asked, default=None))
    ]
    marks = [
        Mark("late" if d.due < today else "deadline", f"{d.title or d.kind} : {present.day(d.due)}", d.due)
        for d in sheet.deadlines
        if d.state in {DeadlineState.OPEN, DeadlineState.MISSED}
    ]
    return lifeline(sorted(spans, key=lambda s: s.starts), marks, today)
