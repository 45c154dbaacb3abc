"""One box that finds cases and items by what people quote, by a subject, a sender or a word of a text."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from gateway.contestations.transitions import STATES
from gateway.web.access import Right, desks
from gateway.web.contestations.contested import sight_of
from gateway.web.house import InHouse, Seen, Shown
from gateway.web.words import kind_titles
from storage import contestations, queues, search
from storage.findable import Where
from storage.search import Answer, Hit

router = APIRouter()

LONGEST = 80
CONTESTED = 20
"""Contestations shown at most; their own page has them all."""
_WHY = (
    (Where.CASE, "dossier"),
    (Where.ITEM, "objet ou expéditeur"),
    (Where.FIELD, "champ lu"),
    (Where.TEXT, "texte d’un document"),
)


@router.get("/recherche")
def find(request: Request, rooms: InHouse, seen: Seen, shown: Shown, q: str = "") -> Response:
    """What the person may see that answers ``q``; no word of a medical document is in the index."""
    words = asked(q)
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
                size=CONTESTED + 1,
            )
    return shown.show(
        request,
        "recherche.html",
        q=words,
        short=short,
        found=found,
        why={number: why(hit) for number, hit in found.hits.items()},
        cases=[case for case in found.cases if case.id not in found.alike_cases],
        near_cases=[case for case in found.cases if case.id in found.alike_cases],
        lines=[line for line in lines if not found.hits[line.item.id or 0].alike],
        near_lines=[line for line in lines if found.hits[line.item.id or 0].alike],
        contested=contested[:CONTESTED],
        more_contested=len(contested) > CONTESTED,
        contested_states=STATES,
        titles=kind_titles(rooms.circuits.by_name.values()),
        desks={(desk.circuit, desk.name): desk.title for desk in open_desks},
    )


def asked(q: str) -> str:
    """What was typed, without what no keyboard writes, no longer than a search is."""
    return " ".join("".join(c if c.isprintable() else " " for c in q).split())[:LONGEST]


def why(hit: Hit) -> str:
    """Where the words that answer stand: in the case, in the mail, in a field or in a text."""
    where = hit.where & ~Where.TEXT if Where.FIELD in hit.where else hit.where
    return ", ".join(said for place, said in _WHY if place in where)
