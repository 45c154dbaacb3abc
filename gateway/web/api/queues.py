"""Queues, their items, their due dates."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.clock import paris_date
from gateway.errors import NotFound
from gateway.web.access import Desk, Viewer, desk_of, desks
from gateway.web.api import models, paging, views
from gateway.web.api.paging import After, Limit
from gateway.web.house import InHouse, Seen, WebHouse
from gateway.web.words import kind_titles
from storage import listing, queues
from storage.cases import ItemState
from storage.queues import Key, Wanted

router = APIRouter(prefix="/api/v1/queues", tags=["Files"])

Word = Annotated[str, Path(max_length=80)]
NO_QUEUE = (
    "Cette file n’existe pas, ou elle n’est pas ouverte à votre rôle ; rien n’a été changé."
    " La liste des files dit celles qui le sont."
)


class Which(StrEnum):
    """Items by state."""

    OPEN = "open"
    NEW = "new"
    TAKEN = "taken"
    WAITING = "waiting"
    DONE = "done"


_STATES = {Which.OPEN: queues.OPEN_STATES} | {w: (ItemState(w),) for w in Which if w is not Which.OPEN}


@router.get("", summary="Les files que l’on peut lire, avec leurs compteurs")
def every_queue(rooms: InHouse, seen: Seen) -> models.Queues:
    """Every queue this person reads."""
    found = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    with rooms.database.reading() as session:
        places = [(desk.circuit, desk.name) for desk in found]
        counts = queues.counts(session, places, seen.login, paris_date(rooms.clock.now()))
    return models.Queues(queues=[_queue(desk, counts[desk.circuit, desk.name]) for desk in found])


@router.get("/{circuit}/{queue}/items", summary="Les éléments d’une file")
def items(
    request: Request,
    response: Response,
    rooms: InHouse,
    seen: Seen,
    *,
    circuit: Word,
    queue: Word,
    state: Which = Which.OPEN,
    kind: Annotated[str, Query(max_length=40)] = "",
    mine: bool = False,
    newest: bool = True,
    after: After = "",
    limit: Limit = paging.SIZE,
) -> models.Lines:
    """A page of the items of a queue, by arrival."""
    desk = here(rooms, seen, circuit, queue)
    key = paging.row_key(after)
    wanted = Wanted(
        desk.name, (desk.circuit,), _STATES[state], kind or None, seen.login if mine else None, newest
    )
    with rooms.database.reading() as session:
        page = queues.page(session, wanted, Key(*key) if key else None, limit)
    titles = kind_titles(rooms.circuits.by_name.values())
    cursor = paging.cursor(page.next.at, page.next.id) if page.next else None
    return models.Lines(
        items=[views.line(one, titles) for one in page.lines],
        next=paging.following(request, response, cursor),
    )


@router.get("/{circuit}/{queue}/deadlines", summary="Les échéances d’une file")
def due_dates(
    request: Request,
    response: Response,
    rooms: InHouse,
    seen: Seen,
    *,
    circuit: Word,
    queue: Word,
    after: After = "",
    limit: Limit = paging.SIZE,
) -> models.Dues:
    """A page of the due dates the items of a queue wait for, the nearest first."""
    desk = here(rooms, seen, circuit, queue)
    with rooms.database.reading() as session:
        found = listing.due_dates(session, [(desk.circuit, desk.name)], paging.day_key(after), limit + 1)
    page, cursor = paging.cut(found, limit, lambda row: paging.cursor(row[0].due, row[0].id or 0))
    return models.Dues(
        deadlines=[views.due(one, case) for one, case in page],
        next=paging.following(request, response, cursor),
    )


def here(rooms: WebHouse, seen: Viewer, circuit: str, queue: str) -> Desk:
    """The queue, when this person reads it; else it does not exist for them."""
    desk = desk_of(seen, rooms.circuits.by_name, rooms.circuits.directory, circuit, queue)
    if desk is None:
        raise NotFound(NO_QUEUE)
    return desk


def places_of(rooms: WebHouse, seen: Viewer) -> list[tuple[str, str]]:
    """Circuit and name of every queue this person reads."""
    found = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    return [(desk.circuit, desk.name) for desk in found]


def _queue(desk: Desk, count: queues.QueueCount) -> models.Queue:
    return models.Queue(
        circuit=desk.circuit,
        name=desk.name,
        title=desk.title,
        confidentiality=desk.confidentiality,
        caisse=desk.caisse,
        new=count.new,
        taken=count.taken,
        waiting=count.waiting,
        mine=count.mine,
        overdue=count.overdue,
        due_this_week=count.soon,
    )
