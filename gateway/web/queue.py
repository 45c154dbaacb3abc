"""The queues a person may read, and one queue as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from gateway.clock import paris_date
from gateway.errors import NotFound
from gateway.web.access import Desk, Viewer, desks
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from gateway.web.words import kind_titles
from storage import queues
from storage.cases import ItemState
from storage.db import Session
from storage.queues import Key, Line, QueueCount, Wanted

router = APIRouter()

PAGE = 50
STATES: dict[str, tuple[str, tuple[ItemState, ...]]] = {
    "ouverts": ("Ouverts", queues.OPEN_STATES),
    "nouveaux": ("Nouveaux", (ItemState.NEW,)),
    "a-moi": ("À moi", (ItemState.TAKEN, ItemState.WAITING)),
    "pris": ("Pris", (ItemState.TAKEN,)),
    "attente": ("En attente", (ItemState.WAITING,)),
    "termines": ("Terminés", (ItemState.DONE,)),
}
SORTS = {
    "recent": "Plus récents d’abord",
    "ancien": "Plus anciens d’abord",
    "echeance": "Échéance la plus proche",
}

_CURSOR = re.compile(r"([0-9T:.+-]{10,40})~([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filter of a queue says, each with a safe default."""

    etat: str = "ouverts"
    type: str = ""
    tri: str = "recent"

    def query(self, **changed: str) -> str:
        values = {"etat": self.etat, "type": self.type, "tri": self.tri} | changed
        defaults = {"etat": "ouverts", "type": "", "tri": "recent"}
        return urlencode({k: v for k, v in values.items() if v != defaults.get(k)})


@dataclass(frozen=True, slots=True)
class Counted:
    desk: Desk
    count: QueueCount


@router.get("/files")
def every_queue(request: Request, rooms: InHouse, seen: Seen, shown: Shown) -> Response:
    """Counters of each queue; the empty ones of the caisses are folded away."""
    found = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    with rooms.database.reading() as session:
        counts = queues.counts(
            session,
            [(desk.circuit, desk.name) for desk in found],
            seen.login,
            paris_date(rooms.clock.now()),
        )
    groups = []
    for circuit in rooms.circuits.by_name.values():
        here = [Counted(d, counts[d.circuit, d.name]) for d in found if d.circuit == circuit.name]
        if here:
            groups.append({"circuit": circuit, "queues": here})
    return shown.show(request, "files.html", groups=groups)


@router.get("/files/{queue}")
def one_queue(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    queue: str,
    *,
    etat: str = "ouverts",
    type: str = "",  # noqa: A002 (the word of the address)
    tri: str = "recent",
    apres: str = "",
) -> Response:
    """One page of a queue, by key."""
    here = _here(rooms, seen, queue)
    choices = Choices(
        etat if etat in STATES else "ouverts",
        type[:40],
        tri if tri in SORTS else "recent",
    )
    wanted = Wanted(
        queue,
        tuple(desk.circuit for desk in here),
        STATES[choices.etat][1],
        choices.type or None,
        seen.login if choices.etat == "a-moi" else None,
        choices.tri != "ancien",
    )
    with rooms.database.reading() as session:
        lines, following = _lines(session, wanted, choices, apres)
        places = [(desk.circuit, desk.name) for desk in here]
        counts = queues.counts(session, places, seen.login, paris_date(rooms.clock.now()))
    values: dict[str, Any] = {
        "desk": here[0],
        "count": _sum(counts.values()),
        "lines": lines,
        "titles": kind_titles(rooms.circuits.by_name.values()),
        "kinds": [k for d in here for k in rooms.circuits.by_name[d.circuit].kind_titles],
        "choices": choices,
        "states": STATES,
        "sorts": SORTS,
        "first_page": not apres,
        "following": following,
    }
    return shown.show(request, "file.html", **values)


def _here(rooms: WebHouse, seen: Viewer, queue: str) -> list[Desk]:
    found = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    here = [desk for desk in found if desk.name == queue]
    if not here:
        raise NotFound(
            "Cette file n’existe pas, ou elle n’est pas ouverte à votre rôle ; rien n’a été changé."
            " Revenez à la liste de vos files."
        )
    return here


def _lines(
    session: Session, wanted: Wanted, choices: Choices, after: str
) -> tuple[tuple[Line, ...], str | None]:
    """Lines of the page, and the query of the next page."""
    at, number = _cursor(after)
    if choices.tri == "echeance":
        key = (date.fromisoformat(at[:10]), number) if at else None
        page = queues.page_by_due(session, wanted, key, PAGE)
        last = page.lines[-1].item.next_due if page.lines else None
        cursor = f"{last.isoformat()}~{page.next.id}" if page.next and last else None
    else:
        page = queues.page(session, wanted, Key(datetime.fromisoformat(at), number) if at else None, PAGE)
        cursor = f"{page.next.at.isoformat()}~{page.next.id}" if page.next else None
    return page.lines, choices.query(apres=cursor) if cursor else None


def _cursor(text: str) -> tuple[str, int]:
    """The key in an address; a mangled one starts from the beginning."""
    match = _CURSOR.fullmatch(text)
    if match is None:
        return "", 0
    try:
        datetime.fromisoformat(match[1])
        date.fromisoformat(match[1][:10])
    except ValueError:
        return "", 0
    return match[1], int(match[2])


def _sum(counts: Iterable[QueueCount]) -> QueueCount:
    every = list(counts)
    return QueueCount(
        *(
            sum(getattr(c, name) for c in every)
            for name in ("new", "taken", "waiting", "mine", "overdue", "soon")
        )
    )
