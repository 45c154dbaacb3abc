"""A piece of work sorted anew, or sent to the queue where it belongs. One change, one entry of the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from gateway.cases.transitions import Actor, may_change
from gateway.circuits.model import CAISSE, Circuit
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import cases
from storage.cases import Item, ItemState
from storage.db import Session

Event = tuple[Kind, str, Mapping[str, Any]]

NO_ITEM = "Ce travail n'existe pas ; rien n'a été changé."
CHANGED = "Une autre personne vient d'agir sur ce travail ; rien n'a été changé : relisez la page."
HELD = "Ce travail est terminé, ou une autre personne le tient ; rien n'a été changé : relisez la page."


def reclassify(
    session: Session,
    circuit: Circuit,
    item_id: int,
    version: int,
    kind: str,
    actor: Actor,
    *,
    queue_roles: Collection[str],
    day: date,
    follow: bool = True,
) -> tuple[Item, Event]:
    """Say what a piece of work really is; ``follow`` sends it to the queue the rules name for that.

    Only the work is sorted anew: the type of its document is for ``sorting.give``. Raises ``Refused``.
    """
    item = changeable(session, item_id, version, actor, queue_roles)
    if kind not in circuit.kind_titles or kind == item.kind:
        raise Refused("Ce type n'existe pas, ou c'est déjà le sien ; rien n'a été changé.")
    queue = (queue_for(circuit, kind, item, day) or item.queue) if follow else item.queue
    before = {"kind": item.kind, "queue": item.queue}
    columns: dict[str, Any] = {"kind": kind, "title": _title(circuit, item, kind)}
    reason = f"type changé par {actor.login} : « {circuit.title_of(kind)} »"
    columns["reasons"] = [*item.reasons, reason]
    changed = _move(session, item, version, queue, columns)
    return changed, _told(changed, "reclassified", actor, kind=kind, **{"from": before["kind"]})


def reroute(
    session: Session,
    circuit: Circuit,
    item_id: int,
    version: int,
    queue: str,
    actor: Actor,
    *,
    queue_roles: Collection[str],
) -> tuple[Item, Event]:
    """Send a piece of work to another queue of its circuit, free for its readers. Raises ``Refused``."""
    item = changeable(session, item_id, version, actor, queue_roles)
    if circuit.queue(queue) is None:
        raise Refused("Cette file n'existe pas ; rien n'a été changé : choisissez-en une autre.")
    if queue == item.queue:
        raise Refused("Ce travail est déjà dans cette file ; rien n'a été changé.")
    before = item.queue
    reasons = [*item.reasons, f"réorienté par {actor.login} depuis la file {before}"]
    changed = _move(session, item, version, queue, {"reasons": reasons})
    return changed, _told(changed, "rerouted", actor, **{"from": before})


def send_away(
    session: Session,
    item_id: int,
    version: int,
    actor: Actor,
    *,
    queue_roles: Collection[str],
    to: str,
) -> tuple[Item, Event]:
    """End a piece of work that another service must have: its sender is told whom to write to."""
    item = changeable(session, item_id, version, actor, queue_roles)
    reasons = [*item.reasons, f"réorienté par {actor.login} vers un autre service"]
    columns = {"state": ItemState.DONE, "taken_by": actor.login, "reasons": reasons}
    changed = _written(session, item, version, columns | {"lease_until": None, "wake_on": None})
    return changed, _told(changed, "sent-away", actor, to=to)


def queue_for(circuit: Circuit, kind: str, item: Item, day: date) -> str | None:
    """The queue the rules name for this kind, for the caisse of the work; ``None`` when they cannot say."""
    route = circuit.route(kind, day)
    if route is None:
        return None
    if CAISSE not in route.queue:
        return route.queue
    return route.queue.replace(CAISSE, item.caisse) if item.caisse else None


def touch(session: Session, item: Item, version: int) -> None:
    """Something of the item changed beside its row: whoever saw it before must look again."""
    _written(session, item, version, {})


def changeable(
    session: Session, item_id: int, version: int, actor: Actor, queue_roles: Collection[str]
) -> Item:
    """The item, at the version its author saw and open to them. Raises ``NotFound`` or ``Refused``."""
    item = cases.item(session, item_id)
    if item is None:
        raise NotFound(NO_ITEM)
    if item.version != version:
        raise Refused(CHANGED)
    if not may_change(item, actor, queue_roles):
        raise Refused(HELD)
    return item


def _move(session: Session, item: Item, version: int, queue: str, columns: dict[str, Any]) -> Item:
    """Write the change; work that reaches another queue is new there, nobody holds it."""
    if queue != item.queue:
        if any(o.queue == queue and o.part == item.part for o in cases.items_of(session, item.delivery)):
            raise Refused("Ce message est déjà dans cette file ; rien n'a été changé : ouvrez-le là-bas.")
        columns |= {
            "queue": queue,
            "state": ItemState.NEW,
            "taken_by": None,
            "lease_until": None,
            "wake_on": None,
        }
    return _written(session, item, version, columns)


def _written(session: Session, item: Item, version: int, columns: Mapping[str, Any]) -> Item:
    if not cases.change_item(session, item.id or 0, version, **columns):
        raise Refused(CHANGED)
    session.refresh(item)
    return item


def _title(circuit: Circuit, item: Item, kind: str) -> str:
    """The title with the new type where it named the old one; one that a sender wrote stays."""
    old = circuit.title_of(item.kind)
    return (
        (circuit.title_of(kind) + item.title[len(old) :])[:300]
        if item.title.startswith(old)
        else item.title
    )


def _told(item: Item, action: str, actor: Actor, **more: str | None) -> Event:
    fields = {"item": item.id, "queue": item.queue, "action": action, "by": actor.login, **more}
    return Kind.ITEM_CHANGED, f"delivery:{item.delivery}", fields
