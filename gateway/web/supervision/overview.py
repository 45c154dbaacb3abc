"""The lists behind the figures of the dashboard: what came, is open, ends soon; as files too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.clock import paris_date
from gateway.web import present
from gateway.web.access import desks
from gateway.web.cursors import instant
from gateway.web.files import rows
from gateway.web.files.exports import PAGE as AT_ONCE
from gateway.web.files.exports import export, paged
from gateway.web.files.listings import names_of
from gateway.web.files.tabular import Column, Format, Sheet, Value
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from gateway.web.supervision.dashboard import NO_PLACE, NONE, SOON, USUAL, Days, Span, caisse_names, span
from gateway.web.words import kind_titles
from storage import figures, listing, queues
from storage.cases import Item, ItemState
from storage.db import Session
from storage.deliveries import Delivery
from storage.figures import Ending
from storage.listing import Sought
from storage.queues import OPEN_STATES

router = APIRouter(prefix="/tableau")

PAGE = 50
LONGEST = max(SOON)
RECEIVED = (
    Column("Reçu le", 17),
    Column("Boîte", 44),
    Column("Avancement", 16),
    Column("Files", 34),
    Column("Empreinte", 66),
)
ENDS = (
    Column("Fin", 13),
    Column("Dossier", 17),
    Column("Caisse", 30),
    Column("Établissement", 40),
    Column("FINESS", 12),
)

Text = Annotated[str, Query(max_length=120)]


class What(StrEnum):
    """Which open items."""

    OPEN = "ouverts"
    WAITING = "attente"
    LATE = "retard"


@router.get("/recus.{kind}")
def received_file(rooms: InHouse, seen: Seen, kind: Format, jours: Days = USUAL) -> Response:
    """Messages received in the period, as a file."""
    chosen = span(paris_date(rooms.clock.now()), jours)

    def page(session: Session, after: tuple[datetime, str] | None) -> Sequence[tuple[Delivery, list[Item]]]:
        return listing.received(session, *chosen.bounds, after, AT_ONCE)

    found = paged(rooms, page, lambda row: (row[0].received_at, row[0].sha256))
    titles = _queue_titles(rooms, seen)
    made = (_received(*row, titles) for row in found)
    return export(rooms, seen, Sheet("recus", "Messages reçus", RECEIVED, made), kind)


@router.get("/recus")
def received(
    request: Request, rooms: InHouse, seen: Seen, shown: Shown, jours: Days = USUAL, apres: Text = ""
) -> Response:
    """Messages received in the period, the latest first: where each went."""
    chosen: Span = span(paris_date(rooms.clock.now()), jours)
    with rooms.database.reading() as session:
        found = listing.received(session, *chosen.bounds, _after(apres), PAGE + 1)
    last = found[PAGE - 1][0] if len(found) > PAGE else None
    return shown.show(
        request,
        "tableau-recus.html",
        rows=found[:PAGE],
        span=chosen,
        days=jours,
        titles=_queue_titles(rooms, seen),
        first_page=not apres,
        following=f"{last.received_at.isoformat()}~{last.sha256}" if last else None,
    )


@router.get("/elements.{kind}")
def items_file(
    rooms: InHouse,
    seen: Seen,
    kind: Format,
    quoi: What = What.OPEN,
    caisse: Text = "",
    etablissement: Text = "",
) -> Response:
    """Open items of every queue, as a file."""
    sought = _sought(rooms, quoi, caisse, etablissement)

    def page(session: Session, after: tuple[datetime, int] | None) -> Sequence[queues.Line]:
        return queues.lines(session, listing.items(session, sought, after, AT_ONCE))

    found = paged(rooms, page, lambda line: (line.item.created_at, line.item.id or 0))
    called = names_of(rooms, seen)
    made = (rows.item(line, called) for line in found)
    return export(rooms, seen, Sheet(f"elements-{quoi}", "Éléments", rows.ITEMS, made), kind)


@router.get("/elements")
def items(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    *,
    quoi: What = What.OPEN,
    caisse: Text = "",
    etablissement: Text = "",
    apres: Text = "",
) -> Response:
    """Open items of every queue, the oldest first."""
    sought = _sought(rooms, quoi, caisse, etablissement)
    key = _after(apres)
    number = int(key[1]) if key and key[1].isascii() and key[1].isdigit() and len(key[1]) < 10 else 0
    with rooms.database.reading() as session:
        found = listing.items(session, sought, (key[0], number) if key else None, PAGE + 1)
        lines = queues.lines(session, found[:PAGE])
    last = found[PAGE - 1] if len(found) > PAGE else None
    said = {"quoi": str(quoi), "caisse": caisse, "etablissement": etablissement}
    return shown.show(
        request,
        "tableau-elements.html",
        lines=lines,
        what=quoi,
        place=_place(rooms, lines, caisse, etablissement),
        query={name: value for name, value in said.items() if value},
        titles=kind_titles(rooms.circuits.by_name.values()),
        queue_titles=_queue_titles(rooms, seen),
        first_page=not apres,
        following=f"{last.created_at.isoformat()}~{last.id}" if last else None,
    )


@router.get("/fins.{kind}")
def ends_file(rooms: InHouse, seen: Seen, kind: Format, sous: Days = LONGEST) -> Response:
    """Covers that end soon, as a file."""
    today = paris_date(rooms.clock.now())

    def page(session: Session, after: tuple[date, int] | None) -> Sequence[Ending]:
        return figures.endings(session, today, today + timedelta(days=sous), after, AT_ONCE)

    names = caisse_names(rooms.circuits.directory)
    found = paged(rooms, page, lambda one: (one.ends, one.case.id or 0))
    made = (_ends(one, names) for one in found)
    return export(rooms, seen, Sheet(f"fins-{sous}-jours", "Fins de prise en charge", ENDS, made), kind)


@router.get("/fins")
def ends(
    request: Request, rooms: InHouse, shown: Shown, sous: Days = LONGEST, apres: Text = ""
) -> Response:
    """Cases whose cover ends within so many days, the nearest first."""
    today = paris_date(rooms.clock.now())
    with rooms.database.reading() as session:
        found = figures.endings(session, today, today + timedelta(days=sous), _day(apres), PAGE + 1)
    last = found[PAGE - 1] if len(found) > PAGE else None
    return shown.show(
        request,
        "tableau-fins.html",
        found=found[:PAGE],
        within=sous,
        choices=SOON,
        caisses=caisse_names(rooms.circuits.directory),
        first_page=not apres,
        following=f"{last.ends.isoformat()}~{last.case.id}" if last else None,
    )


def _sought(rooms: WebHouse, what: What, caisse: str, finess: str) -> Sought:
    return Sought(
        states=(ItemState.WAITING,) if what is What.WAITING else OPEN_STATES,
        due_before=paris_date(rooms.clock.now()) if what is What.LATE else None,
        caisse=_named(caisse),
        finess=_named(finess),
    )


def _named(value: str) -> str | None:
    return None if not value else "" if value == NONE else value


def _place(rooms: WebHouse, lines: Sequence[queues.Line], caisse: str, finess: str) -> str:
    """Whose items are shown, in words; empty for everybody's."""
    if caisse:
        code = _named(caisse) or ""
        return caisse_names(rooms.circuits.directory).get(code, code)
    if finess == NONE:
        return NO_PLACE
    known = rooms.circuits.directory.establishments.get(finess)
    return known.name if known else f"FINESS {finess}" if finess and lines else finess


def _queue_titles(rooms: WebHouse, seen: Seen) -> dict[str, str]:
    found = desks(seen, rooms.circuits.by_name, rooms.circuits.directory)
    return {desk.name: desk.title for desk in found}


def _received(mail: Delivery, items: Sequence[Item], titles: dict[str, str]) -> Sequence[Value]:
    queues_of = ", ".join(titles.get(item.queue, item.queue) for item in items)
    return mail.received_at, mail.mailbox, present.state("delivery", mail.state), queues_of, mail.sha256


def _ends(one: Ending, names: dict[str, str]) -> Sequence[Value]:
    case = one.case
    caisse = names.get(case.caisse or "", case.caisse) if case.caisse else None
    return one.ends, case.reference, caisse, case.establishment_name, case.establishment_finess


def _after(text: str) -> tuple[datetime, str] | None:
    """The key (instant, what follows); a mangled one starts from the beginning."""
    said, _, rest = text.partition("~")
    found = instant(said)
    return (found, rest) if found is not None else None


def _day(text: str) -> tuple[date, int] | None:
    said, _, rest = text.partition("~")
    try:
        return date.fromisoformat(said), int(rest[:9])
    except ValueError:
        return None
