"""What a program does to an item: the verbs of the pages, each under its key and its condition."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from gateway.web import actions, choice, correction
from gateway.web.access import Viewer
from gateway.web.actions import desk_of_item
from gateway.web.api import bodies, models
from gateway.web.api.calls import Call, Called, body_of, changed, once, tag
from gateway.web.api.items import LETTER
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from storage import cases

router = APIRouter(prefix="/api/v1/items/{item_id}", tags=["Actions"])

_BARE = body_of(bodies.Nothing)


@router.post("/take", response_model=models.Done, openapi_extra=_BARE, summary="Prendre un élément")
def take(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """Hold the item: nobody else works on it meanwhile."""
    return _simple(rooms, seen, call, item_id, "prendre", "take")


@router.post(
    "/put-back", response_model=models.Done, openapi_extra=_BARE, summary="Rendre un élément à sa file"
)
def put_back(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """Let the item go."""
    return _simple(rooms, seen, call, item_id, "rendre", "put-back")


@router.post("/close", response_model=models.Done, openapi_extra=_BARE, summary="Terminer un élément")
def close(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """The work is done; the delays that waited for it end."""
    return _simple(rooms, seen, call, item_id, "terminer", "close")


@router.post(
    "/reopen", response_model=models.Done, openapi_extra=_BARE, summary="Rouvrir un élément terminé"
)
def reopen(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """The work was not done after all; whoever reopens it holds it."""
    return _simple(rooms, seen, call, item_id, "rouvrir", "reopen")


@router.post(
    "/wait",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Waiting),
    summary="Mettre un élément en attente, jusqu’à un jour s’il est donné",
)
def wait(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """Nothing can be done now; the item comes back by itself on its day."""

    def work() -> tuple[models.Done, str | None]:
        on = call.read(bodies.Waiting).wake_on
        version = item_version(rooms, seen, call, item_id)
        said = on.isoformat() if on else ""
        actions.do(rooms, seen, item_id, "attendre", version=version, reveil=said)
        return told(rooms, item_id, "wait")

    return once(rooms, seen, call, work)


@router.post(
    "/take-over",
    response_model=models.Done,
    openapi_extra=_BARE,
    summary="Reprendre à son compte un élément dont le verrou est passé",
)
def take_over(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """Somebody holds it no longer; a supervisor does not wait."""
    return _simple(rooms, seen, call, item_id, "relever", "take-over")


@router.post(
    "/resume", response_model=models.Done, openapi_extra=_BARE, summary="Reprendre un élément en attente"
)
def resume(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """What was waited for is there."""
    return _simple(rooms, seen, call, item_id, "reprendre", "resume")


@router.post(
    "/assign",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Assigned),
    summary="Confier un élément à une personne",
)
def assign(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """Give the item to somebody who reads its queue."""

    def work() -> tuple[models.Done, str | None]:
        person = call.read(bodies.Assigned).person
        version = item_version(rooms, seen, call, item_id)
        actions.do(rooms, seen, item_id, "confier", version=version, personne=person)
        return told(rooms, item_id, "assign")

    return once(rooms, seen, call, work)


@router.post(
    "/link",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Linked),
    summary="Rattacher un élément à un dossier",
)
def link(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """File the mail in a case, or in a new one."""

    def work() -> tuple[models.Done, str | None]:
        wanted = call.read(bodies.Linked).case
        version = item_version(rooms, seen, call, item_id)
        new = "" if wanted else "oui"
        choice.choose(rooms, seen, item_id, version=version, reference=wanted or "", nouveau=new)
        return told(rooms, item_id, "link")

    return once(rooms, seen, call, work)


@router.post(
    "/documents/{document_id}/fields/{name}",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Corrected),
    summary="Corriger une valeur lue",
)
def correct(
    rooms: InHouse,
    seen: Seen,
    call: Called,
    item_id: RowId,
    document_id: RowId,
    name: Annotated[str, Path(max_length=60)],
) -> Response:
    """Add the person's value beside what was read; the reading is kept."""

    def work() -> tuple[models.Done, str | None]:
        value = call.read(bodies.Corrected).value
        item_version(rooms, seen, call, item_id)
        correction.add(rooms, seen, item_id, document_id, name, value)
        return told(rooms, item_id, "correct")

    return once(rooms, seen, call, work)


@router.post(
    "/documents/{document_id}/fields/{name}/choose",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Chosen),
    summary="Choisir entre deux sources d’une même valeur",
)
def choose(
    rooms: InHouse,
    seen: Seen,
    call: Called,
    item_id: RowId,
    document_id: RowId,
    name: Annotated[str, Path(max_length=60)],
) -> Response:
    """The reading chosen is what the person says; the others stay beside it."""

    def work() -> tuple[models.Done, str | None]:
        wanted = call.read(bodies.Chosen).reading
        item_version(rooms, seen, call, item_id)
        correction.choose(rooms, seen, item_id=item_id, document_id=document_id, name=name, lecture=wanted)
        return told(rooms, item_id, "choose")

    return once(rooms, seen, call, work)


def _simple(rooms: WebHouse, seen: Viewer, call: Call, item_id: int, address: str, done: str) -> Response:
    def work() -> tuple[models.Done, str | None]:
        call.read(bodies.Nothing)
        version = item_version(rooms, seen, call, item_id)
        actions.do(rooms, seen, item_id, address, version=version)
        return told(rooms, item_id, done)

    return once(rooms, seen, call, work)


def item_version(rooms: WebHouse, seen: Viewer, call: Call, item_id: int) -> int:
    """The version the program saw, when it is still the item's. Raises ``ApiError`` (412, 428)."""
    with rooms.database.reading() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
    version = call.version(LETTER, item_id)
    if item.version != version:
        raise changed()
    return version


def told(rooms: WebHouse, item_id: int, done: str) -> tuple[models.Done, str | None]:
    with rooms.database.reading() as session:
        item = cases.item(session, item_id)
        case = cases.by_id(session, item.case_id) if item and item.case_id is not None else None
    if item is None:
        return models.Done(done=done, item=item_id), None
    told = models.Done(
        done=done,
        item=item_id,
        state=str(item.state),
        version=item.version,
        case=case.reference if case else None,
    )
    return told, tag(LETTER, item_id, item.version)
