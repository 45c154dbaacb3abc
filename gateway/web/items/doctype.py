"""On the item: a person says what a document is; who may, what follows, and what the page offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.cases import moves, sorting
from gateway.cases.transitions import Event
from gateway.circuits.model import Circuit
from gateway.errors import NotFound
from gateway.web.access import Viewer, may_open
from gateway.web.guard import ForbiddenError
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items.actions import actor, desk_of_item
from gateway.web.items.corrected import follow_up
from parsers.facts import Confidentiality
from storage import cases, sheets
from storage.cases import Item
from storage.db import Session
from storage.documents import Document
from storage.sheets import Paper

router = APIRouter(prefix="/elements/{item_id}/documents/{document_id}")

READ = "lecture"
"""Asks for the type the machine had read."""
NO_DOCUMENT = "Ce document n’existe pas dans cet élément ; rien n’a été changé. Revenez à l’élément."
NO_CIRCUIT = "Le circuit de ce travail n’est plus configuré ; rien n’a été changé."
SEALED_TYPE = (
    "Ce document est couvert par le secret médical, ou on ne peut pas exclure qu’il le soit : seul qui peut"
    " l’ouvrir peut dire qu’il est administratif ; rien n’a été changé. Réorientez-le."
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A type that may be given, with the class it brings."""

    value: str
    title: str
    confidentiality: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page offers beside one document."""

    administrative: tuple[Choice, ...]
    medical: tuple[Choice, ...]
    undo: bool
    """Whether the type read may be given back."""


@router.post("/type")
def give_type(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    document_id: RowId,
    *,
    version: Annotated[int, Form(ge=1)],
    genre: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Give one document its type, on the version of the item the person saw."""
    with rooms.database.transaction() as session:
        item, desk = desk_of_item(rooms, seen, session, item_id)
        item = moves.changeable(session, item_id, version, actor(seen), desk.roles)
        circuit = circuit_of(rooms, item)
        cases.lock_circuit(session, circuit.name)
        events = give(rooms, seen, session, circuit, document_of(session, item, document_id), genre)
        moves.touch(session, item, version)
        rooms.recorder.add_all(session, events)
    return RedirectResponse(f"/elements/{item_id}?fait=type-document#document-{document_id}", 303)


def give(
    rooms: WebHouse, seen: Viewer, session: Session, circuit: Circuit, document: Document, kind: str
) -> list[Event]:
    """One document given its type, and the periods and due dates that follow; what to record last.

    Hold the circuit before: documents, then items, always in this order. Raises ``ForbiddenError`` when a
    person who may not open a document says it is administrative.
    """
    asked = None if kind == READ else kind
    _, confidentiality = sorting.wanted(circuit, document, asked)
    if sorting.lowers(document, confidentiality) and not may_open(seen, document.confidentiality):
        raise ForbiddenError(SEALED_TYPE)
    told = sorting.give(session, circuit, document, asked, seen.login, rooms.clock.now())
    return [*told, *follow_up(rooms, session, document, retyped=True)]


def lead(rooms: WebHouse, seen: Viewer, session: Session, item: Item, kind: str) -> list[Event]:
    """The document that leads an item takes the new type of the item; what to record."""
    circuit = circuit_of(rooms, item)
    document = sorting.leading(sheets.documents_of_item(session, item), item.kind)
    if document is None or kind not in circuit.kind_titles:
        return []
    if (document.kind, document.confidentiality) == (kind, sorting.class_of(circuit, kind)):
        return []
    return give(rooms, seen, session, circuit, document, kind)


def offers(papers: Iterable[Paper], seen: Viewer, circuit: Circuit | None) -> dict[int, Offer]:
    """What this person may say of each document, by number; the caller has looked at the item."""
    if circuit is None:
        return {}
    return {paper.document.id or 0: _offer(paper.document, seen, circuit) for paper in papers}


def document_of(session: Session, item: Item, document_id: int) -> Document:
    """A document of this piece of work. Raises ``NotFound``."""
    found = next((d for d in sheets.documents_of_item(session, item) if d.id == document_id), None)
    if found is None:
        raise NotFound(NO_DOCUMENT)
    return found


def circuit_of(rooms: WebHouse, item: Item) -> Circuit:
    """The circuit of a piece of work. Raises ``NotFound`` when it is no longer loaded."""
    circuit = rooms.circuits.by_name.get(item.circuit)
    if circuit is None:
        raise NotFound(NO_CIRCUIT)
    return circuit


def _offer(document: Document, seen: Viewer, circuit: Circuit) -> Offer:
    kinds = [kind for kind in sorting.PARTS if kind == document.kind]
    every = [
        Choice(kind, circuit.title_of(kind), sorting.class_of(circuit, kind))
        for kind in (*kinds, *circuit.kind_titles)
    ]
    now = (document.kind, document.confidentiality)
    other = [one for one in every if (one.value, one.confidentiality) != now]
    opens = may_open(seen, document.confidentiality)
    closed = document.read_confidentiality != Confidentiality.ADMINISTRATIVE
    return Offer(
        _of_class(other, medical=False) if opens else (),
        _of_class(other, medical=True),
        document.sorted_by is not None and (opens or closed),
    )


def _of_class(choices: Sequence[Choice], *, medical: bool) -> tuple[Choice, ...]:
    plain = Confidentiality.ADMINISTRATIVE
    return tuple(one for one in choices if (one.confidentiality != plain) is medical)
