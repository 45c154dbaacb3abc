"""The lists of the pages as files: a queue, a search, its due dates, contestations, set aside, the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.circuits.contested import Reason
from gateway.clock import paris_date
from gateway.web import choices, rows, story
from gateway.web.access import Right, desks
from gateway.web.contestation import FILTERS
from gateway.web.contested import sight_of
from gateway.web.exports import PAGE, export, paged
from gateway.web.house import InHouse, Seen, WebHouse
from gateway.web.ledger import DAYS
from gateway.web.queue import here_of
from gateway.web.search import LONGEST
from gateway.web.tabular import Format, Sheet, Value
from gateway.web.words import kind_titles, names
from storage import balances, contestations, listing, queues, search, sheets
from storage.cases import Case
from storage.contestations import Contestation, ContestationState
from storage.db import Session
from storage.deadlines import Deadline
from storage.deliveries import Delivery
from storage.queues import Key, Line, Wanted
from storage.tallies import NEVER

router = APIRouter()

_EARLIEST = date(2002, 1, 1)
"""Older addresses show this one: nothing was received then."""
Short = Annotated[str, Query(max_length=40)]


@router.get("/files/{queue}/export.{kind}")
def of_queue(request: Request, rooms: InHouse, seen: Seen, queue: str, kind: Format) -> Response:
    """A queue as it is filtered and sorted on its page: the same address, the same rows."""
    desk = here_of(rooms, seen, queue)
    today = paris_date(rooms.clock.now())
    chosen = choices.read(request.query_params, rooms.circuits.directory.caisses)
    wanted = choices.wanted(chosen, queue, tuple(one.circuit for one in desk), seen.login, today)
    titles = kind_titles(rooms.circuits.by_name.values())
    found = _by_due(rooms, wanted) if chosen.tri == "echeance" else _by_arrival(rooms, wanted)
    sheet = Sheet(f"file-{queue}", desk[0].title, rows.ITEMS, (rows.item(line, titles) for line in found))
    return export(rooms, seen, sheet, kind)


@router.get("/files/{queue}/echeances.{kind}")
def due_dates(rooms: InHouse, seen: Seen, queue: str, kind: Format) -> Response:
    """What the items of a queue wait for, the nearest first."""
    desk = here_of(rooms, seen, queue)
    places = [(one.circuit, one.name) for one in desk]

    def page(session: Session, after: tuple[date, int] | None) -> Sequence[tuple[Deadline, str | None]]:
        return listing.due_dates(session, places, after, PAGE)

    found = paged(rooms, page, lambda row: (row[0].due, row[0].id or 0))
    made = (rows.due_date(*row) for row in found)
    sheet = Sheet(f"echeances-{queue}", f"Échéances {desk[0].title}", rows.DUE_DATES, made)
    return export(rooms, seen, sheet, kind)


@router.get("/recherche/export.{kind}")
def of_search(
    rooms: InHouse, seen: Seen, kind: Format, q: Annotated[str, Query(max_length=LONGEST)] = ""
) -> Response:
    """The items that answer a search."""
    words = " ".join("".join(c if c.isprintable() else " " for c in q).split())
    places = [
        (desk.circuit, desk.name) for desk in desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    ]
    lines: list[Line] = []
    if len(words) >= search.SHORTEST:
        with rooms.database.reading() as session:
            terms = search.understand(words)
            answer = search.find(session, terms, places, text=seen.may(Right.CONTENT))
            lines = queues.lines(session, answer.items)
    titles = kind_titles(rooms.circuits.by_name.values())
    made = (rows.item(line, titles) for line in lines)
    return export(rooms, seen, Sheet("recherche", "Recherche", rows.ITEMS, made), kind)


@router.get("/contestations/export.{kind}")
def of_contestations(
    rooms: InHouse, seen: Seen, kind: Format, *, etat: Short = "ouvertes", motif: Short = ""
) -> Response:
    """Contestations as they are filtered on their page, the oldest first."""
    sight = sight_of(rooms, seen)
    circuits = sight.works or tuple(rooms.circuits.by_name)
    states = FILTERS.get(etat, FILTERS["ouvertes"])[1] if sight.works else tuple(ContestationState)
    reason = motif if motif in {str(one) for one in Reason} else None

    def page(session: Session, after: int | None) -> Sequence[tuple[Contestation, Case | None]]:
        caisses = None if sight.works else sight.caisses
        return contestations.page(
            session, circuits, states, reason=reason, caisses=caisses, after=after, size=PAGE
        )

    titles = _reasons(rooms, circuits)
    found = paged(rooms, page, lambda row: row[0].id or 0)
    made = (rows.contestation(*row, titles) for row in found)
    return export(rooms, seen, Sheet("contestations", "Contestations", rows.CONTESTATIONS, made), kind)


@router.get("/mis-de-cote/export.{kind}")
def of_set_aside(rooms: InHouse, seen: Seen, kind: Format) -> Response:
    """Messages that stopped, the latest first."""

    def page(session: Session, after: tuple[datetime, str] | None) -> Sequence[Delivery]:
        return listing.set_aside(session, after, PAGE)

    found = paged(rooms, page, lambda one: (one.set_aside_at or one.received_at, one.sha256))
    made = (rows.set_aside(one) for one in found)
    return export(rooms, seen, Sheet("mis-de-cote", "Mis de côté", rows.SET_ASIDE, made), kind)


@router.get("/registre/export.{kind}")
def of_ledger(
    rooms: InHouse,
    seen: Seen,
    kind: Format,
    jusque: date | None = None,
    jours: Annotated[int, Query(ge=1, le=366)] = DAYS,
) -> Response:
    """The ledger of the mailboxes, the first day first."""
    today = paris_date(rooms.clock.now())
    last = min(max(jusque or today, _EARLIEST), today)
    with rooms.database.reading() as session:
        found = balances.balances(session, last - timedelta(days=jours - 1), last, paris_date)
    made = (rows.balance(one) for one in found)
    return export(rooms, seen, Sheet("registre", "Registre des boîtes", rows.LEDGER, made), kind)


@router.get("/journal/export.{kind}")
def of_journal(rooms: InHouse, seen: Seen, kind: Format) -> Response:
    """The whole log in words, the latest first."""
    made = _told(rooms)
    return export(rooms, seen, Sheet("journal", "Journal des preuves", rows.JOURNAL, made), kind)


def _by_arrival(rooms: WebHouse, wanted: Wanted) -> Iterator[Line]:
    def page(session: Session, after: Key | None) -> Sequence[Line]:
        return queues.page(session, wanted, after, PAGE).lines

    return paged(rooms, page, lambda line: Key(line.item.created_at, line.item.id or 0))


def _by_due(rooms: WebHouse, wanted: Wanted) -> Iterator[Line]:
    def page(session: Session, after: tuple[date, int] | None) -> Sequence[Line]:
        return queues.page_by_due(session, wanted, after, PAGE).lines

    return paged(rooms, page, lambda line: (line.item.next_due or NEVER, line.item.id or 0))


def _told(rooms: WebHouse) -> Iterator[Sequence[Value]]:
    known = names(rooms.circuits.by_name.values())
    found = paged(rooms, lambda s, before: sheets.journal(s, before, PAGE), lambda one: one.position)
    return (rows.event(story.tell(one, known)) for one in found)


def _reasons(rooms: WebHouse, circuits: Sequence[str]) -> dict[str, str]:
    titles: dict[str, str] = {}
    for name in circuits:
        rules = rooms.circuits.by_name[name].contestations
        titles |= rules.titles if rules is not None else {}
    return titles
