"""Models of letters, each seen as it would leave: text and page, in clear or encrypted, of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gateway.circuits.letter_contract import ELEMENTS, missing
from gateway.circuits.model import Circuit, Letter
from gateway.errors import NotFound, Refused
from gateway.outbound.preview import Preview, preview
from gateway.web.house import InHouse, Shown, WebHouse
from gateway.web.items.richtext import FRAMED

router = APIRouter(prefix="/lettres")

NO_LETTER = (
    "Ce modèle de lettre n’est pas en service ; rien n’a été changé. Revenez à la liste des lettres."
)
FRAMED_LETTER = {
    **FRAMED,
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    ),
}
"""Our own page with its own style sheet: nothing runs, nothing is fetched, only our pages may frame it."""
Encrypted = Annotated[str, Query(max_length=3)]


@dataclass(frozen=True, slots=True)
class Model:
    """A letter of a circuit, and what it lacks (French)."""

    circuit: Circuit
    letter: Letter
    lacks: tuple[str, ...]


@router.get("")
def every_model(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Every letter of every circuit: what it may say, what leaves in its place, what it waits for."""
    models = [
        Model(circuit, letter, tuple(ELEMENTS[element] for element in missing(letter)))
        for circuit in rooms.circuits.by_name.values()
        for letter in circuit.letters.values()
    ]
    return shown.show(request, "lettres.html", models=models, elements=ELEMENTS)


@router.get("/{circuit}/{name}")
def model(
    request: Request, rooms: InHouse, shown: Shown, circuit: str, name: str, *, chiffree: Encrypted = ""
) -> Response:
    """One letter filled with a sample that is nobody's, its text beside its page."""
    encrypted = chiffree == "oui"
    found, letter = _model(rooms, circuit, name)
    made: Preview | None = None
    refusal = ""
    try:
        made = preview(found, name, rooms.clock.now(), encrypted=encrypted)
    except Refused as error:
        refusal = error.public
    return shown.show(
        request,
        "lettre-modele.html",
        circuit=found,
        letter=letter,
        made=made,
        refusal=refusal,
        encrypted=encrypted,
        elements=ELEMENTS,
        lacks=[ELEMENTS[element] for element in missing(letter)],
    )


@router.get("/{circuit}/{name}/page")
def framed(rooms: InHouse, circuit: str, name: str, *, chiffree: Encrypted = "") -> Response:
    """The accessible page of the letter, alone, for the frame."""
    found, _ = _model(rooms, circuit, name)
    made = preview(found, name, rooms.clock.now(), encrypted=chiffree == "oui")
    return Response(made.html, media_type="text/html; charset=utf-8", headers=FRAMED_LETTER)


def _model(rooms: WebHouse, circuit: str, name: str) -> tuple[Circuit, Letter]:
    found = rooms.circuits.by_name.get(circuit)
    letter = found.letters.get(name) if found is not None else None
    if found is None or letter is None:
        raise NotFound(NO_LETTER)
    return found, letter
