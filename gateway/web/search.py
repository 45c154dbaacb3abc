"""One box that finds cases and items by what people quote, by a subject, a sender or a word of a text."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from gateway.contestations.transitions import STATES
from gateway.web.access import Right, desks
from gateway.web.contested import sight_of
from gateway.web.house import InHouse, Seen, Shown
from gateway.web.words import kind_titles
from storage import contestations, queues, search
from storage.search import Answer

router = APIRouter()

LONGEST = 80


@router.get("/recherche")
def find(request: Request, rooms: InHouse, seen: Seen, shown: Shown, q: str = "") -> Response:
    """What the person may see that answers ``q``; no word of a medical document is in the index."""
    words = " ".join("".join(c if c.isprintable() else " " for c in q).split())[:LONGEST]
    open_desks = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    places = [(desk.circuit, desk.name) for desk in open_desks]
    short = 0 < len(words) < search.SHORTEST
    found, lines, contested = Answer(), [], []
    if words and not short:
        with rooms.database.reading() as session:
            terms = search.understand(words)
            found = search.find(session, terms, places, text=seen.may(Right.CONTENT))
            lines = queues.lines(session, found.items)
            sight = sight_of(rooms, seen)
            contested = contestations.search(
                session,
                words,
                sight.works or tuple(rooms.circuits.by_name),
                cases=[case.id for case in found.cases if case.id is not None],
                caisses=None if sight.works else sight.caisses,
            )
    return shown.show(
        request,
        "recherche.html",
        q=words,
        short=short,
        found=found,
        lines=lines,
        contested=contested,
        contested_states=STATES,
        titles=kind_titles(rooms.circuits.by_name.values()),
        desks={(desk.circuit, desk.name): desk.title for desk in open_desks},
    )
