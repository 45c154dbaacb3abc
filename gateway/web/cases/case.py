"""One case: its beneficiary, life-line, documents, letters, due dates, and everything that happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.cases import nir
from gateway.cases.nir import Found
from gateway.cases.registration import Basis, offered
from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.contestations.transitions import STATES
from gateway.errors import NotFound
from gateway.evidence.cover import discharges
from gateway.web.access import Right, Viewer, desk_of, reads_any
from gateway.web.cases import proposal, registration, timeline
from gateway.web.cases.doubts import doubted
from gateway.web.cases.duedates import due_dates
from gateway.web.cases.exchanges import exchanges, openings
from gateway.web.cases.life import Life, life
from gateway.web.cases.printed import printed
from gateway.web.contestations.contested import sight_of
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from gateway.web.items import opened, papers
from gateway.web.items.papers import values_in
from gateway.web.letters import calls, sent, writing
from gateway.web.words import names
from storage import contestations, happenings, proposals, registrations, reviews, sheets
from storage.cases import Item
from storage.db import Session
from storage.happenings import Happening
from storage.registrations import Registration
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
        if sheet is not None:
            sheet = replace(sheet, letters=sent.titled(session, seen, sheet.letters))
        number = sheet.case.id or 0 if sheet else 0
        contested = contestations.of_case(session, number)
        proposed, happened = proposals.of_case(session, number), happenings.of_case(session, number)
        asked = calls.about(rooms, seen, session, number, None)
        entries = registrations.of_case(session, number)
        unopened = _unopened(session, sheet, circuits, entries)
        said = reviews.latest(session, [p.document.id or 0 for p in (sheet.papers if sheet else ())])
        places = sheets.places_of_case(session, number)
    if sheet is None or not reads_any(seen, circuits, directory, places):
        raise NotFound(NO_CASE)
    opened.documents(rooms, seen, [paper.document for paper in sheet.papers], opened.NAME)
    sight = sight_of(rooms, seen)
    circuit = circuits.get(sheet.case.circuit)
    caisse = directory.caisses.get(sheet.case.caisse or "")
    today = paris_date(rooms.clock.now())
    open_desks = {i.queue: desk_of(seen, circuits, directory, i.circuit, i.queue) for i in sheet.items}
    queue_titles = {name: desk.title for name, desk in open_desks.items() if desk is not None}
    items = [i for i in sheet.items if i.queue in queue_titles]
    days = timeline.timeline(
        sheet.events, sheet.letters, {**names([circuit] if circuit else [], directory), **queue_titles}
    )
    recent, older = timeline.folded(days, CHAPTERS)
    documents = [papers.show(p, seen, circuit, said.get(p.document.id or 0)) for p in sheet.papers]
    values: dict[str, Any] = {
        "sheet": sheet,
        "case": sheet.case,
        "circuit": circuit,
        "caisse": caisse,
        "documents": _by_kind(documents),
        "doubts": doubted(sheet, documents),
        "received": {d.sha256: d.received_at for d in sheet.deliveries},
        "deliveries": {p.document.id: p.document.delivery for p in sheet.papers},
        "items": items,
        "mails": timeline.titles(items),
        "life": _life(sheet, today, circuit, entries, happened),
        **_registered(rooms, seen, sheet, circuit, entries),
        "unopened": unopened,
        "answers": _answers(sheet, items, seen, circuit, rooms.clock.now()),
        "exchanges": exchanges(sheet.deliveries, sheet.letters, timeline.titles(items)),
        "openings": openings(sheet.events),
        "hidden": len(sheet.items) - len(items),
        "due": due_dates(sheet.deadlines),
        "contested": [one for one in contested if sight.sees(one, sheet.case)],
        "contested_states": STATES,
        "appels": asked,
        "proposals": proposal.cards(rooms, seen, sheet.case, proposed),
        "recorded": proposal.recorded(circuit, happened),
        "recordable": proposal.recordable(seen, circuit),
        "recent": recent,
        "older": older,
        "queue_titles": queue_titles,
    }
    return shown.show(request, "dossier.html", **values)


@dataclass(frozen=True, slots=True)
class Group:
    """Documents of one kind."""

    title: str
    documents: tuple[papers.Shown, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """The provisional number of the beneficiary, registered or only read on a form, with its checks."""

    text: str
    registered: bool
    found: tuple[Found, ...]


def _by_kind(documents: Iterable[papers.Shown]) -> list[Group]:
    groups: dict[str, list[papers.Shown]] = {}
    for document in documents:
        groups.setdefault(document.title, []).append(document)
    return [Group(title, tuple(found)) for title, found in groups.items()]


def _life(
    sheet: CaseSheet,
    today: date,
    circuit: Circuit | None,
    entries: list[Registration],
    happened: Iterable[Happening],
) -> Life:
    reports = circuit.forwarding.kinds if circuit is not None and circuit.forwarding is not None else ()
    care_ended = discharges(circuit)
    discharged = max((one.on for one in happened if one.name in care_ended), default=None)
    return life(sheet, today, entries[-1] if entries else None, reports, discharged)


def _registered(
    rooms: WebHouse, seen: Viewer, sheet: CaseSheet, circuit: Circuit | None, entries: list[Registration]
) -> dict[str, Any]:
    """What the card of the provisional number shows, and whether this person may change it."""
    return {
        "printed": printed(sheet.case, sheet.papers),
        "entries": entries,
        "number": _number(rooms, sheet, circuit, entries),
        "unfounded": _unfounded(sheet, entries),
        "registers": registration.registers(rooms, seen, sheet.case),
    }


def _unopened(
    session: Session,
    sheet: CaseSheet | None,
    circuits: Mapping[str, Circuit],
    entries: list[Registration],
) -> list[Basis]:
    """Periods a form grants on which no rights were opened yet, once the beneficiary is registered."""
    circuit = circuits.get(sheet.case.circuit) if sheet is not None else None
    if sheet is None or circuit is None or not entries:
        return []
    return [one for one in offered(session, circuit, sheet.case) if not one.done and not one.tacit]


def _unfounded(sheet: CaseSheet, entries: list[Registration]) -> bool:
    """Whether the rights in force were opened on a period struck since."""
    struck = {period.id for period in sheet.periods if not period.stands}
    return bool(entries) and entries[-1].period_id in struck


def _number(
    rooms: WebHouse, sheet: CaseSheet, circuit: Circuit | None, entries: list[Registration]
) -> Numbered | None:
    rules = circuit.registration if circuit is not None else None
    text = nir.written(entries[-1].nir) if entries else values_in(sheet.papers, "provisional_nir")
    if rules is None or not text:
        return None
    caisse = rooms.circuits.directory.caisses.get(sheet.case.caisse or "")
    codes = [caisse.code, *([caisse.pole] if caisse.pole else [])] if caisse is not None else []
    number = nir.read(text)
    found = nir.check(number, rules.checks, codes, values_in(sheet.papers, "patient_sex"))
    return Numbered(nir.written(number.digits), bool(entries), found)


def _answers(
    sheet: CaseSheet, items: list[Item], seen: Viewer, circuit: Circuit | None, at: datetime
) -> Item | None:
    """The item from which this person may write about the case: the latest they may work on."""
    if circuit is None or circuit.desk is None or not seen.may(Right.ACT):
        return None
    mails = {d.sha256 for d in sheet.deliveries}
    return next((i for i in items if i.delivery in mails and writing.may_write(i, seen, at)), None)
