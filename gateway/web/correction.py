"""Correcting one value: what was read stays beside it, and the log says who corrected which field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway.errors import NotFound, PasserelleError
from gateway.evidence.record import Kind
from gateway.web import papers
from gateway.web.access import Viewer
from gateway.web.actions import desk_of_item
from gateway.web.corrected import Event, follow_up
from gateway.web.document import of_item
from gateway.web.house import InHouse, RowId, Seen, Shown, WebHouse
from parsers.forms.normalise import typed
from parsers.forms.template import FieldSpec, FieldType
from storage import documents, sheets
from storage.cases import Item
from storage.documents import Document

router = APIRouter(prefix="/elements/{item_id}/documents/{document_id}/champs/{name}")

NO_FIELD = "Ce champ n’existe pas dans ce document ; rien n’a été changé. Revenez à l’élément."
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

    @property
    def best(self) -> str:
        """The reading to start from: the last correction, else the surest reading."""
        corrected = [f.value for f in self.fields if f.source == "person"]
        surest = max(self.fields, key=lambda f: f.confidence, default=None)
        return corrected[-1] if corrected else surest.value if surest else ""


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
    return shown.show(
        request, "corriger.html", asked=asked, name=name, error=None, typed=None, dpi=rooms.page_dpi
    )


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
    valeur: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Add the person's value as one more fact; a value of the wrong type is asked again, text kept."""
    try:
        add(rooms, seen, item_id, document_id, name, valeur)
    except UnfitValueError as error:
        asked = _asked(rooms, seen, item_id, document_id, name)
        return shown.show(
            request,
            "corriger.html",
            status=422,
            asked=asked,
            name=name,
            error=error.public,
            typed=valeur,
            dpi=rooms.page_dpi,
        )
    return RedirectResponse(f"/elements/{item_id}?fait=corrige#document-{document_id}", 303)


def add(rooms: WebHouse, seen: Viewer, item_id: int, document_id: int, name: str, value: str) -> None:
    """Add the person's value of one field, with its event. Raises ``UnfitValueError``."""
    asked = _asked(rooms, seen, item_id, document_id, name)
    text = " ".join(value.split())
    normalised = _normalised(asked.spec, text)
    if not text or (normalised is None and asked.spec is not None and asked.spec.type in WANTED):
        wanted = WANTED.get(asked.spec.type, "une valeur") if asked.spec else "une valeur"
        raise UnfitValueError(f"Ce champ attend {wanted} ; rien n’a été changé. Corrigez puis enregistrez.")
    _keep(rooms, seen, asked, name, text, normalised)


def _keep(
    rooms: WebHouse, seen: Viewer, asked: Asked, name: str, value: str, normalised: str | None
) -> None:
    """Write the value with the entry that names its field, never the value."""
    number = asked.document.id or 0
    with rooms.database.transaction() as session:
        documents.correct(session, number, name, value, normalised, seen.login, rooms.clock.now())
        fields = {"person": seen.login, "document": asked.document.position, "field": name}
        corrected: Event = (Kind.CORRECTION, f"delivery:{asked.item.delivery}", fields)
        rooms.recorder.add_all(session, [corrected, *follow_up(rooms, session, asked.document)])


@router.post("/choisir")
def choose(
    rooms: InHouse,
    seen: Seen,
    *,
    item_id: RowId,
    document_id: RowId,
    name: str,
    lecture: Annotated[int, Form(ge=1, le=2**31 - 1)],
) -> Response:
    """Settle a conflict: the reading chosen is what the person says, the others stay beside it."""
    asked = _asked(rooms, seen, item_id, document_id, name)
    with rooms.database.reading() as session:
        found = documents.facts_of(session, [document_id])
    chosen = next((fact for fact in found if fact.id == lecture and fact.name == name), None)
    if chosen is None:
        raise NotFound(NO_FIELD)
    _keep(rooms, seen, asked, name, chosen.value, chosen.normalised)
    return RedirectResponse(f"/elements/{item_id}?fait=choisie#document-{document_id}", 303)


def _normalised(spec: FieldSpec | None, text: str) -> str | None:
    return typed(spec.type, text).normalised if spec is not None else text


def _asked(rooms: WebHouse, seen: Viewer, item_id: int, document_id: int, name: str) -> Asked:
    """The field, when this person reads the item and may open the document."""
    with rooms.database.reading() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
        document = of_item(seen, session, item, document_id, NO_FIELD)
        paper = sheets.papers(session, [document])[0]
    circuit = rooms.circuits.by_name.get(item.circuit)
    shown = papers.show(paper, seen, circuit)
    fields = tuple(f for f in shown.fields if f.name == name)
    specs = papers.specs(circuit, document.kind or "other")
    if not fields and name not in specs:
        raise NotFound(NO_FIELD)
    label = fields[0].label if fields else papers.labels(circuit, document.kind or "other")[name]
    return Asked(item, document, shown, label, fields, specs.get(name))
