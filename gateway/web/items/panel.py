"""What the page of an item offers to do: verbs, moves, notes; by the same rules as the acts themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.cases import notes
from gateway.cases.notes import Note
from gateway.cases.transitions import locked_by, may_change
from gateway.circuits.model import OTHER, Circuit
from gateway.clock import paris_date
from gateway.web.access import Desk, Right, Viewer, desk_of, may_open
from gateway.web.house import WebHouse
from gateway.web.items import actions, doors, remarks
from gateway.web.items.doors import Door
from gateway.web.letters.pieces import PDF, pages_of, told
from storage import comments, items, joinings, registrations
from storage.cases import Item, ItemState
from storage.db import Session
from storage.documents import Document
from storage.joinings import Joining, JoiningKind
from storage.people import Person
from storage.sheets import ItemSheet

_ALIKE = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """A document that may be cut out with others."""

    position: int
    title: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A split or a merge that stands, seen from this item."""

    id: int
    item_id: int
    words: str
    title: str
    open: bool
    can_undo: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything ``_actions.html`` shows."""

    verbs: tuple[tuple[str, str], ...]
    colleagues: tuple[Person, ...]
    can_change: bool
    kinds: tuple[tuple[str, str], ...]
    doors: tuple[Door, ...]
    pieces: tuple[Piece, ...]
    alike: tuple[Item, ...]
    joined: tuple[Joined, ...]
    holder: str | None
    holder_name: str
    lock_over: bool
    lease_until: datetime | None
    wake_on: date | None
    wake_from: date
    notes: tuple[Note, ...]
    named_me: bool
    can_note: bool
    nameable: tuple[Person, ...]
    names: dict[str, str]
    registered: bool
    """Whether somebody registered a beneficiary on its case."""


def panel(rooms: WebHouse, session: Session, seen: Viewer, sheet: ItemSheet, desk: Desk) -> Panel:
    """What this person may do to the item of ``sheet``, and what was noted about it."""
    item, at = sheet.item, rooms.clock.now()
    circuit = rooms.circuits.by_name.get(item.circuit)
    acts = seen.may(Right.ACT)
    change = acts and circuit is not None and may_change(item, actions.actor(seen), desk.roles)
    titles = circuit.kind_titles if circuit is not None else {}
    nameable = remarks.nameable(session, desk)
    names = {person.login: person.name for person in nameable}
    return Panel(
        verbs=tuple(actions.offered(item, seen, desk, at)),
        colleagues=tuple(actions.colleagues(session, item, seen, desk)),
        can_change=change,
        kinds=tuple((k, t) for k, t in titles.items() if k != item.kind) if change else (),
        doors=doors.doors(circuit, rooms.circuits.directory, item.queue) if change and circuit else (),
        pieces=_pieces(sheet, circuit, seen) if change and circuit else (),
        alike=tuple(_alike(rooms, session, seen, sheet, at)) if change else (),
        joined=tuple(_joined(rooms, session, seen, item, change=change)),
        holder=item.taken_by if item.state is not ItemState.DONE else None,
        holder_name=names.get(item.taken_by or "", item.taken_by or ""),
        lock_over=item.taken_by is not None and locked_by(item, at) is None,
        lease_until=item.lease_until,
        wake_on=item.wake_on,
        wake_from=paris_date(at) + timedelta(days=1),
        notes=notes.read(session, rooms.vault.ring, [item.id or 0], medical=remarks.may_read_medical(seen)),
        named_me=comments.waiting_for(session, seen.login, item.id or 0),
        can_note=acts,
        nameable=tuple(nameable),
        names=names,
        registered=item.case_id is not None and bool(registrations.of_case(session, item.case_id)),
    )


def _pieces(sheet: ItemSheet, circuit: Circuit, seen: Viewer) -> tuple[Piece, ...]:
    """Documents of the item, each by its type, its file and its pages; none when it has fewer than two."""
    found = [p.document for p in sheet.papers if p.document.kind != "decoration"]
    if len(found) < 2:
        return ()
    return tuple(Piece(d.position, _said(d, circuit, seen)) for d in found)


def _said(document: Document, circuit: Circuit, seen: Viewer) -> str:
    """``Devis : pages 2 à 3 de envoi.pdf``; the name of a file only to who may open it."""
    title, paged = circuit.title_of(document.kind or OTHER), document.pages and document.media_type == PDF
    if may_open(seen, document.confidentiality) and document.name:
        return f"{title} : {told(document) if paged else document.name}"
    return f"{title} : {pages_of(document)}" if paged else title


def _alike(
    rooms: WebHouse, session: Session, seen: Viewer, sheet: ItemSheet, at: datetime
) -> Sequence[Item]:
    """Open work that may be the same: of the same case, or of the same sender without another case."""
    item = sheet.item
    found = items.alike(session, item, _ALIKE)
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    open_to_me = []
    for other in found:
        desk = desk_of(seen, circuits, directory, other.circuit, other.queue)
        holder = locked_by(other, at)
        if desk is not None and (holder in {None, seen.login} or seen.may(Right.TAKE_OVER)):
            open_to_me.append(other)
    return open_to_me


def _joined(rooms: WebHouse, session: Session, seen: Viewer, item: Item, *, change: bool) -> list[Joined]:
    told = []
    for one in joinings.of_item(session, item.id or 0):
        kept = one.kept == item.id
        other = items.item(session, one.other if kept else one.kept)
        if other is not None:
            told.append(_told(rooms, seen, one, other, kept=kept, change=change))
    return told


def _told(rooms: WebHouse, seen: Viewer, one: Joining, other: Item, *, kept: bool, change: bool) -> Joined:
    words = {
        (JoiningKind.SPLIT, True): "Une partie de ce message est traitée à part",
        (JoiningKind.SPLIT, False): "Cette partie a été séparée de",
        (JoiningKind.MERGE, True): "Traite aussi",
        (JoiningKind.MERGE, False): "Traité désormais avec",
    }[one.kind, kept]
    desk = desk_of(seen, rooms.circuits.by_name, rooms.circuits.directory, other.circuit, other.queue)
    title = other.title or "(sans objet)" if desk is not None else "un élément d’une autre file"
    return Joined(one.id or 0, other.id or 0, words, title, desk is not None, kept and change)
