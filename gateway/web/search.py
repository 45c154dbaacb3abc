"""One box that finds a case or an item by reference, number, name, FINESS, subject or sender."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from gateway.cases.matching import fold_reference, name_key
from gateway.web.access import desks
from gateway.web.house import InHouse, Seen, Shown
from gateway.web.words import kind_titles
from parsers.folding import capitals
from storage import queues, search
from storage.search import Terms

router = APIRouter()

SHORTEST = 2
LONGEST = 80
_DIGITS = 4


@router.get("/recherche")
def find(request: Request, rooms: InHouse, seen: Seen, shown: Shown, q: str = "") -> Response:
    """What the person may see that answers ``q``; a word of a document is never searched."""
    words = " ".join("".join(c if c.isprintable() else " " for c in q).split())[:LONGEST]
    open_desks = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    places = [(desk.circuit, desk.name) for desk in open_desks]
    cases, lines = [], []
    if len(words) >= SHORTEST:
        terms = understand(words)
        with rooms.database.reading() as session:
            cases = search.cases(session, terms, places)
            found = search.items(session, terms, [c.id for c in cases if c.id is not None], places)
            lines = queues.lines(session, found)
    return shown.show(
        request,
        "recherche.html",
        q=words,
        short=0 < len(words) < SHORTEST,
        cases=cases,
        lines=lines,
        titles=kind_titles(rooms.circuits.by_name.values()),
        desks={(desk.circuit, desk.name): desk.title for desk in open_desks},
    )


def understand(words: str) -> Terms:
    """The forms under which the columns keep what was typed."""
    digits = "".join(c for c in words if c.isdigit())
    letters = any(c.isalpha() for c in words)
    return Terms(
        words=words,
        reference=fold_reference(words) or "",
        digits=digits if len(digits) >= _DIGITS and not letters else "",
        name=capitals(words) if letters else "",
        name_key=_sounds(words) if letters else "",
    )


def _sounds(words: str) -> str:
    """Consonants of the words, for names written in another transliteration; too short says nothing."""
    key = name_key(words, None) or ""
    return key if all(len(sound) >= SHORTEST for sound in key.split()) else ""
