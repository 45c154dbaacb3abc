"""What a program does to an item: the verbs of the pages, each under its key and its condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from gateway.web.access import Viewer
from gateway.web.api import bodies, models
from gateway.web.api.calls import Call, Called, acted, body_of, changed, tag
from gateway.web.api.items import LETTER
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items import actions, choice, correction, detach
from gateway.web.items.actions import desk_of_item
from gateway.web.items.held import StaleError
from storage import cases

router = APIRouter(prefix="/api/v1/items/{item_id}", tags=["Actions"])

_BARE = body_of(bodies.Nothing)
_Body = TypeVar("_Body", bound=BaseModel)


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

    def act(asked: bodies.Waiting, version: int) -> None:
        said = asked.wake_on.isoformat() if asked.wake_on else ""
        actions.do(rooms, seen, item_id, "attendre", version=version, reveil=said)

    return acted_on(rooms, seen, call, item_id, bodies.Waiting, act, "wait")


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

    def act(asked: bodies.Assigned, version: int) -> None:
        actions.do(rooms, seen, item_id, "confier", version=version, personne=asked.person)

    return acted_on(rooms, seen, call, item_id, bodies.Assigned, act, "assign")


@router.post(
    "/link",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Linked),
    summary="Rattacher un élément à un dossier",
)
def link(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """File the mail in a case, or in a new one."""

    def act(asked: bodies.Linked, version: int) -> None:
        new = "" if asked.case else "oui"
        choice.choose(rooms, seen, item_id, version=version, reference=asked.case or "", nouveau=new)

    return acted_on(rooms, seen, call, item_id, bodies.Linked, act, "link")


@router.post(
    "/unlink",
    response_model=models.Done,
    openapi_extra=body_of(bodies.Unlinked),
    summary="Détacher un élément de son dossier, ou le mettre dans un autre",
)
def unlink(rooms: InHouse, seen: Seen, call: Called, item_id: RowId) -> Response:
    """Its documents leave with it; ``link`` with the same case undoes it."""

    def act(asked: bodies.Unlinked, version: int) -> None:
        other = asked.case or ""
        detach.detach(rooms, seen, item_id, version=version, motif=asked.reason, reference=other)

    return acted_on(rooms, seen, call, item_id, bodies.Unlinked, act, "unlink")


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

    def act(asked: bodies.Corrected, version: int) -> None:
        with unchanged():
            correction.add(rooms, seen, item_id, document_id, name, asked.value, version)

    return acted_on(rooms, seen, call, item_id, bodies.Corrected, act, "correct")


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

    def act(asked: bodies.Chosen, version: int) -> None:
        with unchanged():
            correction.settle(rooms, seen, item_id, document_id, name, asked.reading, version)

    return acted_on(rooms, seen, call, item_id, bodies.Chosen, act, "choose")


def _simple(rooms: WebHouse, seen: Viewer, call: Call, item_id: int, address: str, done: str) -> Response:
    def act(_asked: bodies.Nothing, version: int) -> None:
        actions.do(rooms, seen, item_id, address, version=version)

    return acted_on(rooms, seen, call, item_id, bodies.Nothing, act, done)


def acted_on(
    rooms: WebHouse,
    seen: Viewer,
    call: Call,
    item_id: int,
    body: type[_Body],
    act: Callable[[_Body, int], None],
    done: str,
) -> Response:
    """Read the body, check the version of the item, ``act`` with both, tell what became of the item.

    The body first, as ``calls.acted`` says: a call whose body and version are both wrong is told 422,
    not 412 or 428. The verbs of ``api.sorting`` check the version first, and answer the other problem.
    """

    def work(asked: _Body) -> tuple[models.Done, str | None]:
        act(asked, item_version(rooms, seen, call, item_id))
        return told(rooms, item_id, done)

    return acted(rooms, seen, call, body, work)


def item_version(rooms: WebHouse, seen: Viewer, call: Call, item_id: int) -> int:
    """The version the program saw, when it is still the item's. Raises ``ApiError`` (412, 428)."""
    with rooms.database.reading() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
    version = call.version(LETTER, item_id)
    if item.version != version:
        raise changed()
    return version


@contextmanager
def unchanged() -> Iterator[None]:
    """An item that changed between the look at its version and the act is told as before it: 412."""
    try:
        yield
    except StaleError as error:
        raise changed() from error


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
