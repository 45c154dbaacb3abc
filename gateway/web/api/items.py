"""One item in full, its letters, and the search that finds items and cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.web.access import Right, Viewer, reads_any
from gateway.web.api import models, views
from gateway.web.api.calls import tag
from gateway.web.api.queues import places_of
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items import actions, choice, doors, opened, papers
from gateway.web.items.actions import desk_of_item
from gateway.web.items.verdict import verdict
from gateway.web.letters import sent
from gateway.web.words import kind_titles
from storage import joinings, queues, search, sheets
from storage.db import Session
from storage.sheets import ItemSheet

router = APIRouter(prefix="/api/v1", tags=["Éléments"])

LETTER = "i"
"""What the ETag of an item starts with."""


VERBS: Mapping[str, str] = {
    "prendre": "take",
    "terminer": "close",
    "attendre": "wait",
    "reprendre": "resume",
    "rendre": "put-back",
    "relever": "take-over",
    "rouvrir": "reopen",
}
"""Name of each verb here, by its address in the pages."""


@router.get("/items/{item_id}", summary="Un élément : documents, lectures, échéances, actions possibles")
def item(response: Response, rooms: InHouse, seen: Seen, item_id: RowId) -> models.Item:
    """The item as this person may see it; its ETag is what ``If-Match`` asks for."""
    with rooms.database.reading() as session:
        _, desk = desk_of_item(rooms, seen, session, item_id)
        sheet = sheets.item_sheet(session, item_id)
        readable = _readable(rooms, seen, session, sheet)
        line = queues.lines(session, [sheet.item])[0]
        joined = joinings.of_item(session, item_id)
        mailed = sent.titled(session, seen, sheet.letters)
    opened.documents(rooms, seen, [paper.document for paper in sheet.papers])
    circuit = rooms.circuits.by_name.get(sheet.item.circuit)
    response.headers["ETag"] = tag(LETTER, item_id, sheet.item.version)
    said = verdict(sheet.delivery.security)
    verbs = actions.offered(sheet.item, seen, desk, rooms.clock.now())
    offered = [VERBS[address] for address, _ in verbs if address in VERBS]
    if choice.offered(sheet.item, seen, circuit):
        offered.append("link")
    case = sheet.case.reference if sheet.case and sheet.case.id in readable else None
    summary = views.line(line, kind_titles(rooms.circuits.by_name.values())).model_dump()
    return models.Item(
        **(summary | {"case": case}),
        lease_until=sheet.item.lease_until,
        wake_on=sheet.item.wake_on,
        doors=[
            models.Door(name=one.name, title=one.title, outside=one.outside)
            for one in (doors.doors(circuit, rooms.circuits.directory, sheet.item.queue) if circuit else ())
        ],
        joined=[
            models.Joined(
                id=one.id or 0, kind=str(one.kind), other=one.kept if one.other == item_id else one.other
            )
            for one in joined
        ],
        mailbox=sheet.delivery.mailbox,
        delivery=sheet.delivery.sha256,
        security=[said.title, *said.sentences],
        reasons=list(sheet.item.reasons),
        forward_to=list(sheet.item.forward_to),
        documents=[views.document(papers.show(paper, seen, circuit)) for paper in sheet.papers],
        candidates=[
            models.Candidate(case=c.reference, score=found.score, reasons=list(found.reasons))
            for found, c in sheet.candidates
            if c.id in readable
        ],
        letters=views.letters(mailed),
        deadlines=[views.due(one, case) for one in sheet.deadlines],
        actions=offered,
    )


@router.get("/items/{item_id}/letters", summary="Les lettres d’un élément et leurs retours")
def letters(rooms: InHouse, seen: Seen, item_id: RowId) -> models.Letters:
    """What was answered to the mail of this item."""
    with rooms.database.reading() as session:
        desk_of_item(rooms, seen, session, item_id)
        mailed = sent.titled(session, seen, sheets.item_sheet(session, item_id).letters)
    return models.Letters(letters=views.letters(mailed))


@router.get("/search", summary="Chercher un dossier ou un élément")
def find(
    rooms: InHouse,
    seen: Seen,
    q: Annotated[
        str, Query(min_length=search.SHORTEST, max_length=80, description="Référence, nom, numéro…")
    ],
) -> models.Found:
    """What the person may see that answers ``q``; a word of a document is never searched."""
    words = " ".join("".join(c if c.isprintable() else " " for c in q).split())
    if len(words) < search.SHORTEST:
        return models.Found(cases=[], items=[])
    with rooms.database.reading() as session:
        terms = search.understand(words)
        found = search.find(session, terms, places_of(rooms, seen), text=seen.may(Right.CONTENT))
        lines = queues.lines(session, found.items)
    titles = kind_titles(rooms.circuits.by_name.values())
    return models.Found(
        cases=[views.case_line(case) for case in found.cases],
        items=[views.line(one, titles) for one in lines],
        near_items=[number for number, hit in found.hits.items() if hit.alike],
        more=found.more or found.more_cases,
    )


def _readable(rooms: WebHouse, seen: Viewer, session: Session, sheet: ItemSheet) -> set[int]:
    """Numbers of the case and of the candidates that this person reads."""
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    every = (sheet.case, *(case for _, case in sheet.candidates))
    numbers = {case.id for case in every if case is not None and case.id is not None}
    return {
        number
        for number in numbers
        if reads_any(seen, circuits, directory, sheets.places_of_case(session, number))
    }
