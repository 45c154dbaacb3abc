"""One item of a queue: what came, whether it can be believed, what was read, what was answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.cases.review import Standing
from gateway.web.access import Viewer, desks, may_open, reads_any
from gateway.web.cases import registration
from gateway.web.cases.duedates import due_dates
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from gateway.web.items import choice, doctype, following, opened, papers
from gateway.web.items.actions import desk_of_item
from gateway.web.items.document import sees_all
from gateway.web.items.panel import panel
from gateway.web.items.verdict import verdict
from gateway.web.letters import calls, forward, sent, writing
from storage import documents, lacking, queues, reviews, sheets
from storage.db import Session
from storage.documents import PERSON
from storage.reviews import Review
from storage.sheets import ItemSheet

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Checked:
    """A value that was just corrected or chosen."""

    document: int
    fact: int
    next: papers.Field | None
    """What remains to check in its document."""


@router.get("/elements/{item_id}")
def item(request: Request, rooms: InHouse, seen: Seen, shown: Shown, item_id: RowId) -> Response:
    """The item as this person may see it."""
    with rooms.database.reading() as session:
        _, desk = desk_of_item(rooms, seen, session, item_id)
        sheet = sheets.item_sheet(session, item_id)
        sheet = replace(sheet, letters=sent.titled(session, seen, sheet.letters))
        offered = panel(rooms, session, seen, sheet, desk)
        asked = calls.about(rooms, seen, session, sheet.item.case_id, sheet.item.delivery)
        newer, older = queues.neighbours(session, sheet.item)
        shared = not sees_all(rooms, seen, session, sheet.item.delivery)
        every = documents.of_delivery(session, sheet.item.delivery)
        said = reviews.latest(session, [paper.document.id or 0 for paper in sheet.papers])
        open_cases = _open_cases(rooms, seen, session, sheet)
    circuit = rooms.circuits.by_name.get(sheet.item.circuit)
    pieces = [papers.show(paper, seen, circuit, said.get(paper.document.id or 0)) for paper in sheet.papers]
    whole = bool(every) and not shared and all(may_open(seen, d.confidentiality) for d in every)
    noted = any(note.medical and note.text is not None for note in offered.notes)
    shown_papers = [paper.document for paper in sheet.papers]
    opened.item(rooms, seen, sheet.item, shown_papers, mail=every if whole else (), noted=noted)
    left = _left(sheet, said)
    free = writing.may_write(sheet.item, seen, rooms.clock.now())
    working = free and circuit is not None
    names = {d.name for d in desks(seen, rooms.circuits.by_name, rooms.circuits.directory)}
    values: dict[str, Any] = {
        "sheet": sheet,
        "item": sheet.item,
        "desk": desk,
        "circuit": circuit,
        "notes": [d for d in pieces if d.note],
        "documents": [d for d in pieces if not d.note and not d.decoration],
        "decorations": [d for d in pieces if d.decoration],
        "shared": shared,
        "whole": whole,
        "due": due_dates(sheet.deadlines, sheet.item.delivery),
        "can_choose": choice.offered(sheet.item, seen, circuit),
        "may_open_case": circuit is not None and sheet.item.kind in circuit.opens_case,
        "missing": [(d, t) for d in pieces for t in d.troubles if t.severity != "info" and t.id in left],
        "left": left,
        "rejected": next((d for d in pieces if d.standing is Standing.REJECTED), None),
        "verdict": verdict(sheet.delivery.security),
        "reasons": _reasons(sheet),
        "newer": newer,
        "older": older,
        "open_cases": open_cases,
        "elsewhere": [other for other in sheet.elsewhere if other.queue in names],
        "dpi": rooms.page_dpi,
        "can_correct": free,
        "appels": asked,
        "checked": _checked(pieces, request.query_params.get("champ", "")),
        "can_judge": working,
        "can_write": working and circuit is not None and circuit.desk is not None,
        "registers": sheet.case is not None and registration.registers(rooms, seen, sheet.case),
        "can_forward": forward.offered(rooms, seen, sheet.item.queue, sheet.item.circuit),
        "types": doctype.offers(sheet.papers, seen, circuit) if offered.can_change else {},
        "panel": offered,
    }
    answer = shown.show(request, "element.html", **values)
    following.remember(rooms, request, answer)
    return answer


def _checked(pieces: Sequence[papers.Shown], champ: str) -> Checked | None:
    """The value just written, and the next of its document that a person should look at."""
    for piece in pieces:
        place = next((n for n, field in enumerate(piece.fields) if str(field.fact) == champ), None)
        if place is None:
            continue
        settled = {field.name for field in piece.fields if field.source == PERSON}
        others = (*piece.fields[place + 1 :], *piece.fields[:place])
        doubtful = (f for f in others if (f.uncertain or f.conflict) and f.name not in settled)
        return Checked(piece.id, piece.fields[place].fact, next(doubtful, None))
    return None


def _left(sheet: ItemSheet, said: Mapping[int, Review]) -> frozenset[int]:
    """Issues that still hold after what people wrote and judged."""
    return frozenset(
        issue.id or 0
        for paper in sheet.papers
        for issue in lacking.remaining(paper.issues, paper.facts, said.get(paper.document.id or 0))
    )


def _open_cases(rooms: WebHouse, seen: Viewer, session: Session, sheet: ItemSheet) -> set[int]:
    """Which of its case and its candidates this person reads."""
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    every = (sheet.case, *(case for _, case in sheet.candidates))
    return {
        case.id
        for case in every
        if case is not None
        and case.id is not None
        and reads_any(seen, circuits, directory, sheets.places_of_case(session, case.id))
    }


def _reasons(sheet: ItemSheet) -> list[str]:
    """Reasons of the decision as a whole, then those of this queue, once each."""
    decision = sheet.delivery.decision or {}
    said = [str(reason) for reason in decision.get("reasons") or ()]
    return list(dict.fromkeys([*sheet.item.reasons, *said]))
