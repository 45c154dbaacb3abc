"""Correcting one value: what was read stays beside it, and the log says who corrected which field.

The item must not be held by somebody else, and the form names its version: a correction makes another one,
so that of two people who correct one field, the second is shown what the first wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, PasserelleError
from gateway.evidence.record import Kind
from gateway.web.access import Viewer
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from gateway.web.items import held, opened, papers
from gateway.web.items.actions import desk_of_item
from gateway.web.items.corrected import Event, follow_up
from gateway.web.items.document import of_item
from gateway.web.items.held import HeldError, StaleError
from gateway.web.letters import writing
from gateway.web.pages import Pages
from parsers.forms.normalise import typed
from parsers.forms.template import FieldSpec, FieldType
from storage import documents, people, sheets
from storage.cases import Item
from storage.documents import Document, FactRow

router = APIRouter(prefix="/elements/{item_id}/documents/{document_id}/champs/{name}")

NO_FIELD = "Ce champ n’existe pas dans ce document ; rien n’a été changé. Revenez à l’élément."
LONGEST = 500
Version = Annotated[int, Form(ge=1, le=2**31 - 1)]
WANTED = {
    FieldType.DATE: "une date (jj/mm/aaaa)",
    FieldType.MONEY: "un montant (12 345,60)",
    FieldType.FINESS: "un numéro FINESS de 9 caractères",
    FieldType.NIR: "un NIR",
    FieldType.NUMBER: "un nombre",
}


class UnfitValueError(PasserelleError):
    """The value typed is not of the type of its field; nothing changed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The field somebody wants to correct, with what was read of it."""

    item: Item
    document: Document
    shown: papers.Shown
    label: str
    fields: tuple[papers.Field, ...]
    spec: FieldSpec | None
    facts: tuple[FactRow, ...]
    names: dict[str, str]
    """Names of the people who wrote it, by login."""
    holder: str | None
    """Who holds the item, when this person may not write on it."""

    @property
    def best(self) -> str:
        """The reading to start from: the last correction, else the surest reading."""
        corrected = [f.value for f in self.fields if f.source == "person"]
        surest = max(self.fields, key=lambda f: f.confidence, default=None)
        return corrected[-1] if corrected else surest.value if surest else ""

    @property
    def newest(self) -> int:
        """The last of its facts: what somebody writes afterwards has a greater number."""
        return max((fact.id or 0 for fact in self.facts), default=0)

    def since(self, number: int) -> list[str]:
        """What people wrote after the fact ``number``, as sentences."""
        return [
            f"{self.names.get(fact.person or '', fact.person)} a écrit « {fact.value} » entre-temps."
            for fact in self.facts
            if fact.person is not None and (fact.id or 0) > number
        ]


@router.get("")
def form(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    *,
    item_id: RowId,
    document_id: RowId,
    name: str,
) -> Response:
    """The readings of one field and the place to correct it."""
    asked = _asked(rooms, seen, item_id, document_id, name)
    return _page(request, rooms, shown, asked, name)


@router.post("")
def correct(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    *,
    item_id: RowId,
    document_id: RowId,
    name: str,
    version: Version,
    lu: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0,
    valeur: Annotated[str, Form()] = "",
) -> Response:
    """Add the person's value as one more fact; what is refused is asked again, text kept."""
    try:
        fact = add(rooms, seen, item_id, document_id, name, valeur, version)
    except (UnfitValueError, HeldError, StaleError) as error:
        asked = _asked(rooms, seen, item_id, document_id, name)
        return _page(request, rooms, shown, asked, name, error=error, typed=valeur, since=lu)
    return RedirectResponse(f"/elements/{item_id}?fait=corrige&champ={fact}#champ-{fact}", 303)


@router.post("/choisir")
def choose(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    *,
    item_id: RowId,
    document_id: RowId,
    name: str,
    version: Version,
    lecture: Annotated[int, Form(ge=1, le=2**31 - 1)],
) -> Response:
    """Settle a conflict: the reading chosen is what the person says, the others stay beside it."""
    try:
        fact = settle(rooms, seen, item_id, document_id, name, lecture, version)
    except (HeldError, StaleError) as error:
        asked = _asked(rooms, seen, item_id, document_id, name)
        typed = next((one.value for one in asked.facts if one.id == lecture), asked.best)
        return _page(request, rooms, shown, asked, name, error=error, typed=typed, since=lecture)
    return RedirectResponse(f"/elements/{item_id}?fait=choisie&champ={fact}#champ-{fact}", 303)


def add(
    rooms: WebHouse, seen: Viewer, item_id: int, document_id: int, name: str, value: str, version: int
) -> int:
    """Add the person's value of one field, with its event; the number of the fact.

    Raises ``UnfitValueError``, ``HeldError``, ``StaleError``.
    """
    asked = _asked(rooms, seen, item_id, document_id, name)
    text = " ".join(value.split())
    normalised = _normalised(asked.spec, text)
    if len(text) > LONGEST:
        raise UnfitValueError(
            f"Ce texte dépasse {LONGEST} caractères ; rien n’a été changé. Raccourcissez-le."
        )
    if not text or (normalised is None and asked.spec is not None and asked.spec.type in WANTED):
        wanted = WANTED.get(asked.spec.type, "une valeur") if asked.spec else "une valeur"
        raise UnfitValueError(f"Ce champ attend {wanted} ; rien n’a été changé. Corrigez puis enregistrez.")
    return _keep(rooms, seen, asked, name, text, normalised, version)


def settle(
    rooms: WebHouse, seen: Viewer, item_id: int, document_id: int, name: str, reading: int, version: int
) -> int:
    """Choose one of the readings of a field. Raises ``NotFound``, ``HeldError``, ``StaleError``."""
    asked = _asked(rooms, seen, item_id, document_id, name)
    chosen = next((fact for fact in asked.facts if fact.id == reading), None)
    if chosen is None:
        raise NotFound(NO_FIELD)
    return _keep(rooms, seen, asked, name, chosen.value, chosen.normalised, version)


def _keep(
    rooms: WebHouse,
    seen: Viewer,
    asked: Asked,
    name: str,
    value: str,
    normalised: str | None,
    version: int,
) -> int:
    """Write the value with the entry that names its field, never the value; the number of the fact."""
    number = asked.document.id or 0
    with rooms.database.transaction() as session:
        item, _ = desk_of_item(rooms, seen, session, asked.item.id or 0)
        held.write(rooms, seen, session, item, version)
        fact = documents.correct(session, number, name, value, normalised, seen.login, rooms.clock.now())
        fields = {"person": seen.login, "document": asked.document.position, "field": name}
        corrected: Event = (Kind.CORRECTION, f"delivery:{asked.item.delivery}", fields)
        rooms.recorder.add_all(session, [corrected, *follow_up(rooms, session, asked.document)])
        return fact.id or 0


def _page(
    request: Request,
    rooms: WebHouse,
    shown: Pages,
    asked: Asked,
    name: str,
    *,
    error: PasserelleError | None = None,
    typed: str | None = None,
    since: int = 0,
) -> Response:
    """The form; after a refusal with what was typed, and what others wrote since the fact ``since``."""
    refused = isinstance(error, HeldError | StaleError)
    return shown.show(
        request,
        "corriger.html",
        status=409 if refused else 422 if error is not None else 200,
        asked=asked,
        name=name,
        error=error.public if error is not None else None,
        written=asked.since(since) if refused else [],
        typed=typed,
        dpi=rooms.page_dpi,
    )


def _normalised(spec: FieldSpec | None, text: str) -> str | None:
    return typed(spec.type, text).normalised if spec is not None else text


def _asked(rooms: WebHouse, seen: Viewer, item_id: int, document_id: int, name: str) -> Asked:
    """The field, when this person reads the item and may open the document; written down when medical."""
    at = rooms.clock.now()
    with rooms.database.reading() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
        document = of_item(seen, session, item, document_id, NO_FIELD)
        paper = sheets.papers(session, [document])[0]
        facts = tuple(fact for fact in paper.facts if fact.name == name)
        found = {fact.person: people.get(session, fact.person) for fact in facts if fact.person is not None}
        names = {login: person.name for login, person in found.items() if person is not None}
        holder = None if writing.may_write(item, seen, at) else held.holder(session, item, at)
    circuit = rooms.circuits.by_name.get(item.circuit)
    shown = papers.show(paper, seen, circuit)
    fields = tuple(f for f in shown.fields if f.name == name)
    specs = papers.specs(circuit, document.kind or "other")
    if not fields and name not in specs:
        raise NotFound(NO_FIELD)
    opened.documents(rooms, seen, [document])
    label = fields[0].label if fields else papers.labels(circuit, document.kind or "other")[name]
    return Asked(item, document, shown, label, fields, specs.get(name), facts, names, holder)
