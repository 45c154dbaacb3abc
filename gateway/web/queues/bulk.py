"""Several pieces of work at once: first what will and will not be done, and why; then each by itself.

The page before tries every act and undoes them all: what it promises is what the rules answer, not a
second copy of them. Each act that is done is its own transition and its own entry of the log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from gateway.cases.transitions import Event, Verb
from gateway.errors import NotFound, PasserelleError, Refused
from gateway.web.access import Desk, Right, Viewer, desks
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from gateway.web.items import actions, doors, moves
from gateway.web.items.actions import Asked, day_of
from gateway.web.words import kind_titles
from storage import items
from storage.db import Session

router = APIRouter()

MOST = 200
"""Items of one bulk action."""
VERBS: Mapping[str, tuple[str, Right]] = {
    "prendre": ("Prendre", Right.ACT),
    "confier": ("Confier à une personne", Right.TAKE_OVER),
    "attendre": ("Mettre en attente", Right.ACT),
    "type": ("Changer le type", Right.ACT),
    "reorientation": ("Réorienter", Right.ACT),
    "rendre": ("Rendre à la file", Right.ACT),
    "terminer": ("Terminer", Right.ACT),
}
"""Address and label of each bulk action, and the right it asks for."""
_ARROWS: Mapping[str, Verb] = {
    "prendre": Verb.TAKE,
    "confier": Verb.ASSIGN,
    "attendre": Verb.WAIT,
    "rendre": Verb.PUT_BACK,
    "terminer": Verb.FINISH,
}
_TICK = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")
NO_VERB = "Cette action n’existe pas pour plusieurs éléments ; rien n’a été changé."


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of every item."""

    verb: str
    person: str = ""
    kind: str = ""
    door: str = ""
    day: str = ""
    tell: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one item. ``why`` is empty when it is done."""

    id: int
    title: str
    why: str = ""


def offered(seen: Viewer) -> dict[str, str]:
    """Bulk actions this person may ask for."""
    return {verb: label for verb, (label, right) in VERBS.items() if seen.may(right)}


def permit(seen: Viewer, verb: str) -> None:
    """Raises ``NotFound`` for an action that is not offered to this person."""
    if verb not in offered(seen):
        raise NotFound(NO_VERB)


@router.post("/files/{queue}/lot")
def several(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    queue: str,
    *,
    elements: Annotated[list[str] | None, Form(max_length=MOST)] = None,
    action: Annotated[str, Form(max_length=20)] = "",
    personne: Annotated[str, Form(max_length=80)] = "",
    genre: Annotated[str, Form(max_length=40)] = "",
    porte: Annotated[str, Form(max_length=330)] = "",
    reveil: Annotated[str, Form(max_length=10)] = "",
    prevenir: Annotated[str, Form(max_length=3)] = "",
    confirme: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Show what would be done to the items ticked; do it when it is confirmed."""
    permit(seen, action)
    wanted = _ticked(elements or [])
    order = Order(action, personne, genre, porte, reveil, prevenir == "oui")
    done = confirme == "oui"
    outcomes, here = run(rooms, seen, queue, wanted, order, keep=done)
    values: dict[str, Any] = {
        "queue": queue,
        "desk": here[0],
        "order": order,
        "label": VERBS[action][0],
        "done": [one for one in outcomes if not one.why],
        "refused": [one for one in outcomes if one.why],
        "versions": dict(wanted),
        "finished": done,
        **_asked(rooms, here[0], order),
    }
    return shown.show(request, "lot.html", **values)


def _ticked(elements: Sequence[str]) -> list[tuple[int, int]]:
    """(item, version) of each box ticked, once each. Raises ``Refused`` when there is none."""
    found: dict[int, int] = {}
    for text in elements:
        match = _TICK.fullmatch(text)
        if match is not None:
            found[int(match[1])] = int(match[2])
    if not found:
        raise Refused("Aucun élément n’est coché ; rien n’a été changé. Cochez-en au moins un.")
    return list(found.items())


def run(
    rooms: WebHouse,
    seen: Viewer,
    queue: str,
    wanted: Sequence[tuple[int, int]],
    order: Order,
    *,
    keep: bool,
) -> tuple[list[Outcome], list[Desk]]:
    """Act on each item in turn; without ``keep`` nothing of it stays."""
    here = _here(rooms, seen, queue)
    outcomes: list[Outcome] = []
    events: list[Event] = []
    with rooms.database.transaction() as session:
        for item_id, version in wanted:
            outcome, told = _one(rooms, seen, session, queue, item_id, version, order, keep=keep)
            outcomes.append(outcome)
            events += told
        if not keep:
            session.rollback()  # a trial: nothing of it stays
        elif events:
            rooms.recorder.add_all(session, events)
    return outcomes, here


def _one(
    rooms: WebHouse,
    seen: Viewer,
    session: Session,
    queue: str,
    item_id: int,
    version: int,
    order: Order,
    *,
    keep: bool,
) -> tuple[Outcome, Sequence[Event]]:
    item = items.item(session, item_id)
    title = item.title if item is not None and item.queue == queue else ""
    try:
        actions.desk_of_item(rooms, seen, session, item_id)
        with session.begin_nested():
            told = _act(rooms, seen, session, item_id, version, order, keep=keep)
    except PasserelleError as error:
        return Outcome(item_id, title or f"Élément {item_id}", error.public), ()
    return Outcome(item_id, title), told


def _act(
    rooms: WebHouse, seen: Viewer, session: Session, item_id: int, version: int, order: Order, *, keep: bool
) -> Sequence[Event]:
    if order.verb == "type":
        return moves.sort(rooms, seen, session, item_id, version, order.kind, follow=True)
    if order.verb == "reorientation":
        if order.door.startswith(doors.OUTSIDE):
            raise Refused("Un autre service se choisit élément par élément ; rien n’a été changé.")
        return moves.send(rooms, seen, session, item_id, version, order.door, tell=order.tell and keep)
    asked = Asked(item_id, version, _ARROWS[order.verb], order.person, day_of(order.day))
    return actions.follow(rooms, seen, session, asked)


def _asked(rooms: WebHouse, desk: Desk, order: Order) -> dict[str, Any]:
    """What the page needs to ask what the action lacks: a person, a type, a destination."""
    circuit = rooms.circuits.by_name[desk.circuit]
    with rooms.database.reading() as session:
        people = actions.readers(session, desk) if order.verb == "confier" else []
    inside = [
        door for door in doors.doors(circuit, rooms.circuits.directory, desk.name) if not door.outside
    ]
    return {
        "people": people,
        "kinds": circuit.kind_titles if order.verb == "type" else {},
        "doors": inside if order.verb == "reorientation" else [],
        "titles": kind_titles(rooms.circuits.by_name.values()),
        "lacks": {"confier": not order.person, "type": not order.kind, "reorientation": not order.door}.get(
            order.verb, False
        ),
    }


def _here(rooms: WebHouse, seen: Viewer, queue: str) -> list[Desk]:
    found = [
        desk for desk in desks(seen, rooms.circuits.by_name, rooms.circuits.directory) if desk.name == queue
    ]
    if not found:
        raise NotFound(actions.NO_ITEM)
    return found
