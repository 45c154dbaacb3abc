"""Cases: those of the queues a person reads, one in full, its letters."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from gateway.errors import NotFound
from gateway.web.access import Viewer, reads_any
from gateway.web.api import models, paging, views
from gateway.web.api.calls import tag
from gateway.web.api.paging import After, Limit
from gateway.web.api.queues import places_of
from gateway.web.cases.case import NO_CASE
from gateway.web.house import InHouse, Seen, WebHouse
from gateway.web.items import opened, papers
from gateway.web.letters import sent
from gateway.web.words import kind_titles
from storage import listing, queues, sheets
from storage.db import Session
from storage.sheets import CaseSheet

router = APIRouter(prefix="/api/v1/cases", tags=["Dossiers"])

Reference = Annotated[str, Path(max_length=32, description="Référence (SPA-2026-00042).")]


@router.get("", summary="Les dossiers des files que l’on peut lire")
def every_case(
    request: Request,
    response: Response,
    rooms: InHouse,
    seen: Seen,
    after: After = "",
    limit: Limit = paging.SIZE,
) -> models.Cases:
    """A page of cases, the latest opened first."""
    places = places_of(rooms, seen)
    with rooms.database.reading() as session:
        found = listing.cases(session, places, paging.number_key(after), limit + 1)
    page, cursor = paging.cut(found, limit, lambda case: paging.cursor(case.id or 0))
    return models.Cases(
        cases=[views.case_line(case) for case in page], next=paging.following(request, response, cursor)
    )


@router.get("/{reference}", summary="Un dossier : périodes, documents, échéances, lettres")
def case(response: Response, rooms: InHouse, seen: Seen, reference: Reference) -> models.Case:
    """The case as this person may see it."""
    with rooms.database.reading() as session:
        sheet = _sheet(rooms, seen, session, reference)
        mine = set(places_of(rooms, seen))
        lines = queues.lines(session, [i for i in sheet.items if (i.circuit, i.queue) in mine])
        mailed = sent.titled(session, seen, sheet.letters)
    opened.documents(rooms, seen, [paper.document for paper in sheet.papers])
    circuit = rooms.circuits.by_name.get(sheet.case.circuit)
    titles = kind_titles(rooms.circuits.by_name.values())
    response.headers["ETag"] = tag("c", sheet.case.id or 0, sheet.case.version)
    return models.Case(
        **views.case_line(sheet.case).model_dump(),
        version=sheet.case.version,
        periods=[views.period(one) for one in sheet.periods],
        documents=[views.document(papers.show(paper, seen, circuit)) for paper in sheet.papers],
        items=[views.line(one, titles) for one in lines],
        deadlines=[views.due(one, sheet.case.reference) for one in sheet.deadlines],
        letters=views.letters(mailed),
    )


@router.get("/{reference}/letters", summary="Les lettres d’un dossier et leurs retours")
def letters(rooms: InHouse, seen: Seen, reference: Reference) -> models.Letters:
    """What was sent about this case."""
    with rooms.database.reading() as session:
        mailed = sent.titled(session, seen, _sheet(rooms, seen, session, reference).letters)
    return models.Letters(letters=views.letters(mailed))


def _sheet(rooms: WebHouse, seen: Viewer, session: Session, reference: str) -> CaseSheet:
    """The case, when this person reads one of its queues; else it does not exist for them."""
    sheet = sheets.case_sheet(session, reference.upper())
    if sheet is None:
        raise NotFound(NO_CASE)
    places = sheets.places_of_case(session, sheet.case.id or 0)
    if not reads_any(seen, rooms.circuits.by_name, rooms.circuits.directory, places):
        raise NotFound(NO_CASE)
    return sheet
