"""What people do to an item from its page: the verbs of ``cases.transitions`` under French addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.cases.transitions import Actor, Verb, act, verbs_for
from gateway.errors import NotFound
from gateway.web.access import Desk, Right, Viewer, desk_of
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from storage.cases import Item
from storage.db import Session

router = APIRouter()

NO_ITEM = (
    "Cet élément n’existe pas, ou il est dans une file que votre rôle n’ouvre pas ; rien n’a été changé."
    " Revenez à vos files."
)
ACTIONS: Mapping[str, tuple[Verb, str]] = {
    "prendre": (Verb.TAKE, "Prendre"),
    "terminer": (Verb.FINISH, "Terminer"),
    "attendre": (Verb.WAIT, "Mettre en attente"),
    "reprendre": (Verb.RESUME, "Reprendre"),
    "rendre": (Verb.PUT_BACK, "Rendre à la file"),
    "rouvrir": (Verb.REOPEN, "Rouvrir"),
}
"""Address, verb and label, in the order of the buttons."""


@router.post("/elements/{item_id}/actions/{action}")
def do(
    rooms: InHouse, seen: Seen, item_id: RowId, action: str, version: Annotated[int, Form(ge=1)]
) -> Response:
    """Follow one arrow on the version the person saw, record it, come back to the item."""
    if action not in ACTIONS:
        raise NotFound("Cette action n’existe pas ; rien n’a été changé. Revenez à l’élément.")
    with rooms.database.transaction() as session:
        desk = desk_of_item(rooms, seen, session, item_id)[1]
        _, (kind, subject, fields) = act(
            session, item_id, version, ACTIONS[action][0], actor(seen), queue_roles=desk.roles
        )
        rooms.recorder.add(session, kind, subject, **fields)
    return RedirectResponse(f"/elements/{item_id}?fait={action}", 303)


def offered(item: Item, seen: Viewer, desk: Desk) -> list[tuple[str, str]]:
    """(address, label) of what this person may do to ``item`` now."""
    if not seen.may(Right.ACT):
        return []
    verbs = verbs_for(item, actor(seen), desk.roles)
    return [(address, label) for address, (verb, label) in ACTIONS.items() if verb in verbs]


def actor(seen: Viewer) -> Actor:
    return Actor(seen.login, frozenset(seen.roles))


def desk_of_item(rooms: WebHouse, seen: Viewer, session: Session, item_id: int) -> tuple[Item, Desk]:
    """The item and its queue, when this person reads it; else it does not exist for them."""
    item = session.get(Item, item_id)
    if item is None:
        raise NotFound(NO_ITEM)
    desk = desk_of(seen, rooms.circuits.by_name, rooms.circuits.directory, item.circuit, item.queue)
    if desk is None:
        raise NotFound(NO_ITEM)
    return item, desk
