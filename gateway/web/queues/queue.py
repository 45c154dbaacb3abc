"""The queues a person may read, and one queue as a table that is sorted, filtered and ticked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.cases.transitions import locked_by
from gateway.clock import paris_date
from gateway.errors import NotFound
from gateway.web.access import Desk, Right, Viewer, desks
from gateway.web.cursors import instant
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from gateway.web.items import actions, remarks
from gateway.web.queues import bulk, choices, live
from gateway.web.queues.choices import Choices
from gateway.web.words import kind_titles
from storage import queues, views
from storage.db import Session
from storage.queues import Key, Line, QueueCount, Wanted
from storage.tallies import NEVER

router = APIRouter()

PAGE = 50

LAST = 2**31 - 1
"""The largest number of a row."""
_CURSOR = re.compile(r"([0-9T:.+-]{10,40})~([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Counted:
    desk: Desk
    count: QueueCount


@router.get("/files")
def every_queue(request: Request, rooms: InHouse, seen: Seen, shown: Shown) -> Response:
    """Counters of each queue; the empty ones of the caisses are folded away. Notes that name the person."""
    found = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    places = [(desk.circuit, desk.name) for desk in found]
    with rooms.database.reading() as session:
        version = live.version(session, places)
        counts = queues.counts(session, places, seen.login, paris_date(rooms.clock.now()))
        called = remarks.waiting(session, seen, places)
        kept = [
            view for view in views.of_person(session, seen.login) if view.queue in {p[1] for p in places}
        ]
    groups = []
    for circuit in rooms.circuits.by_name.values():
        here = [Counted(d, counts[d.circuit, d.name]) for d in found if d.circuit == circuit.name]
        if here:
            groups.append({"circuit": circuit, "queues": here})
    return shown.show(
        request,
        "files.html",
        groups=groups,
        called=called,
        version=version,
        views=kept,
        titles={desk.name: desk.title for desk in found},
    )


@router.get("/files/{queue}")
def one_queue(
    request: Request, rooms: InHouse, seen: Seen, shown: Shown, queue: str, *, apres: str = ""
) -> Response:
    """One page of a queue, by key; its filters and its order are its address."""
    here = here_of(rooms, seen, queue)
    at = rooms.clock.now()
    today = paris_date(at)
    chosen = choices.read(request.query_params, rooms.circuits.directory.caisses)
    wanted = choices.wanted(chosen, queue, tuple(desk.circuit for desk in here), seen.login, today)
    with rooms.database.reading() as session:
        version = live.version(session, [(desk.circuit, desk.name) for desk in here])
        lines, following = _lines(session, wanted, chosen, apres)
        counts = queues.counts(session, [(desk.circuit, desk.name) for desk in here], seen.login, today)
        kept = views.of_queue(session, queue, seen.login)
        people = actions.readers(session, here[0])
    values: dict[str, Any] = {
        "desk": here[0],
        "count": _sum(counts.values()),
        "lines": lines,
        "version": version,
        "titles": kind_titles(rooms.circuits.by_name.values()),
        "kinds": [k for d in here for k in rooms.circuits.by_name[d.circuit].kind_titles],
        "choices": chosen,
        "words": choices,
        "views": kept,
        "people": people,
        "names": {person.login: person.name for person in people},
        "establishments": list(rooms.circuits.directory.establishments.values()),
        "caisses": list(rooms.circuits.directory.caisses.values()) if here[0].caisse is None else [],
        "locked": {line.item.id: locked_by(line.item, at) for line in lines},
        "verbs": bulk.offered(seen) if seen.may(Right.ACT) else {},
        "first_page": not apres,
        "following": following,
        "query": chosen.query(apres=apres),
        "may_share": seen.may(Right.SUPERVISE),
    }
    return shown.show(request, "file.html", **values)


def here_of(rooms: WebHouse, seen: Viewer, queue: str) -> list[Desk]:
    """The queue of this name in each circuit the person reads it in. Raises ``NotFound``."""
    found = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    here = [desk for desk in found if desk.name == queue]
    if not here:
        raise NotFound(
            "Cette file n’existe pas, ou elle n’est pas ouverte à votre rôle ; rien n’a été changé."
            " Revenez à la liste de vos files."
        )
    return here


def _lines(
    session: Session, wanted: Wanted, chosen: Choices, after: str
) -> tuple[tuple[Line, ...], str | None]:
    """Lines of the page, and the query of the next page."""
    at, number = _cursor(after)
    if chosen.tri == "echeance":
        key = (date.fromisoformat(at[:10]), number) if at else None
        page = queues.page_by_due(session, wanted, key, PAGE)
        last = page.lines[-1].item.next_due or NEVER if page.lines else None
        cursor = f"{last.isoformat()}~{page.next.id}" if page.next and last else None
    else:
        since = instant(at)
        page = queues.page(session, wanted, Key(since, number) if since else None, PAGE)
        cursor = f"{page.next.at.isoformat()}~{page.next.id}" if page.next else None
    return page.lines, chosen.query(apres=cursor) if cursor else None


def _cursor(text: str) -> tuple[str, int]:
    """The key in an address; a mangled one starts from the beginning."""
    match = _CURSOR.fullmatch(text)
    if match is None:
        return "", 0
    try:
        date.fromisoformat(match[1][:10])
    except ValueError:
        return "", 0
    plausible = "T" not in match[1] or instant(match[1]) is not None
    number = int(match[2])
    return (match[1], number) if plausible and number <= LAST else ("", 0)


def _sum(counts: Iterable[QueueCount]) -> QueueCount:
    every = list(counts)
    return QueueCount(
        *(
            sum(getattr(c, name) for c in every)
            for name in ("new", "taken", "waiting", "mine", "overdue", "soon")
        )
    )
