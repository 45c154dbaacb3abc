"""The lists of the pages as files: a queue, a search, its due dates, contestations, set aside, the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.circuits.contested import Reason
from gateway.clock import paris_date
from gateway.errors import Refused
from gateway.web import story
from gateway.web.access import Right, Viewer, desks
from gateway.web.contestations.contestation import FILTERS
from gateway.web.contestations.contested import sight_of
from gateway.web.files import rows
from gateway.web.files.exports import PAGE, export, paged
from gateway.web.files.tabular import Format, Sheet, Value
from gateway.web.house import InHouse, Seen, WebHouse
from gateway.web.queues import choices
from gateway.web.queues.queue import here_of
from gateway.web.queues.search import LONGEST, asked, why
from gateway.web.supervision import logbook
from gateway.web.supervision.ledger import DAYS
from gateway.web.words import kind_titles, names
from storage import balances, contestations, listing, people, queues, search
from storage import logbook as log
from storage.cases import Case
from storage.contestations import Contestation, ContestationState
from storage.db import Session
from storage.deadlines import Deadline
from storage.deliveries import Delivery
from storage.logbook import Sought
from storage.queues import Key, Line, Wanted
from storage.search import Hit
from storage.tallies import NEVER

router = APIRouter()

TOO_BROAD = (
    "Trop de mots commencent ainsi ; aucun fichier n’a été fait."
    " Écrivez un mot plus long, puis recommencez."
)
_ANSWERS = {False: "exacte", True: "approchante"}
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
    called = names_of(rooms, seen)
    found = _by_due(rooms, wanted) if chosen.tri == "echeance" else _by_arrival(rooms, wanted)
    sheet = Sheet(f"file-{queue}", desk[0].title, rows.ITEMS, (rows.item(line, called) for line in found))
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
    called = names_of(rooms, seen)

    def made() -> Iterator[Sequence[Value]]:
        for hits in _answers(rooms, seen, q):
            with rooms.database.reading() as session:
                known = search.items_of(session, hits)
                lines = queues.lines(session, [known[h.item_id] for h in hits if h.item_id in known])
            told = {hit.item_id: hit for hit in hits}
            for line in lines:
                hit = told[line.item.id or 0]
                yield *rows.item(line, called), _ANSWERS[hit.alike], why(hit)

    return export(rooms, seen, Sheet("recherche", "Recherche", rows.FOUND, made()), kind)


@router.get("/recherche/dossiers.{kind}")
def cases_of_search(
    rooms: InHouse, seen: Seen, kind: Format, q: Annotated[str, Query(max_length=LONGEST)] = ""
) -> Response:
    """The cases that answer a search."""

    def made() -> Iterator[Sequence[Value]]:
        told: set[int] = set()
        for hits in _answers(rooms, seen, q):
            with rooms.database.reading() as session:
                found = search.cases_of(hits, search.items_of(session, hits))
                fresh = [number for number in found if number not in told]
                known = search.cases_named(session, fresh)
            told |= set(fresh)
            yield from (rows.case(one, _ANSWERS[found[one.id or 0]]) for one in known)

    sheet = Sheet("recherche-dossiers", "Dossiers trouvés", rows.CASES, made())
    return export(rooms, seen, sheet, kind)


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
def of_journal(request: Request, rooms: InHouse, seen: Seen, kind: Format) -> Response:
    """The log in words as its page filters it, the latest first."""
    with rooms.database.reading() as session:
        wanted = logbook.sought(session, logbook.read(request.query_params))
    made = _told(rooms, wanted)
    return export(rooms, seen, Sheet("journal", "Journal des preuves", rows.JOURNAL, made), kind)


def names_of(rooms: WebHouse, seen: Viewer) -> rows.Names:
    """What the codes of a list are called, for this person."""
    with rooms.database.reading() as session:
        known = {person.login: person.name for person in people.everyone(session)}
    open_desks = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    titles = {(desk.circuit, desk.name): desk.title for desk in open_desks}
    return rows.Names(kind_titles(rooms.circuits.by_name.values()), titles, known)


def _answers(rooms: WebHouse, seen: Viewer, q: str) -> Iterator[Sequence[Hit]]:
    """Everything that answers a search, page by page: what was typed, then what comes near."""
    words, count = asked(q), 0
    places = [(d.circuit, d.name) for d in desks(seen, rooms.circuits.by_name, rooms.circuits.directory)]
    if len(words) < search.SHORTEST:
        return
    terms, text = search.understand(words), seen.may(Right.CONTENT)
    for alike in (False, True):
        before, more, near = None, True, count < search.ENOUGH
        while more:
            with rooms.database.reading() as session:
                try:
                    hits, before = search.further(
                        session, terms, places, before, PAGE, alike=alike, near=near, text=text
                    )
                except search.TooBroad as error:
                    raise Refused(TOO_BROAD) from error
            count += len(hits)
            more = before is not None
            yield hits


def _by_arrival(rooms: WebHouse, wanted: Wanted) -> Iterator[Line]:
    def page(session: Session, after: Key | None) -> Sequence[Line]:
        return queues.page(session, wanted, after, PAGE).lines

    return paged(rooms, page, lambda line: Key(line.item.created_at, line.item.id or 0))


def _by_due(rooms: WebHouse, wanted: Wanted) -> Iterator[Line]:
    def page(session: Session, after: tuple[date, int] | None) -> Sequence[Line]:
        return queues.page_by_due(session, wanted, after, PAGE).lines

    return paged(rooms, page, lambda line: (line.item.next_due or NEVER, line.item.id or 0))


def _told(rooms: WebHouse, wanted: Sought) -> Iterator[Sequence[Value]]:
    known = names(rooms.circuits.by_name.values(), rooms.circuits.directory)
    with rooms.database.reading() as session:
        persons = {person.login: person.name for person in people.everyone(session)}
    found = paged(rooms, lambda s, before: log.page(s, wanted, before, PAGE), lambda one: one.position)
    return (rows.event(story.tell(one, known), persons) for one in found)


def _reasons(rooms: WebHouse, circuits: Sequence[str]) -> dict[str, str]:
    titles: dict[str, str] = {}
    for name in circuits:
        rules = rooms.circuits.by_name[name].contestations
        titles |= rules.titles if rules is not None else {}
    return titles
