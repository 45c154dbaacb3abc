"""A mail filed a second time: what its first journey left elsewhere is closed, or told why it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.circuits.decision import Decision
from gateway.evidence.record import Kind
from storage import cases
from storage.cases import Item, ItemState
from storage.db import Session
from storage.deliveries import Delivery

Event = tuple[Kind, str, Mapping[str, Any]]

_OPENED = "le message a été ouvert et rangé dans sa file"
_ELSEWHERE = "le message a été lu de nouveau et rangé dans une autre file"
_UNTOUCHED = 1
"""The version of an item nobody has acted on yet."""


def settle_quarantine(
    session: Session, delivery: Delivery, decision: Decision, queue: str
) -> tuple[Event, ...]:
    """Settle the item that a former run of ``delivery`` left in ``queue``; the entries to record.

    Nothing happens to a mail on its first journey, nor to one whose reasons are still told. An item
    that somebody changes at this very moment is theirs.
    """
    if not delivery.releases:
        return ()
    former = next((item for item in cases.items_of(session, delivery.sha256) if item.queue == queue), None)
    if former is None:
        return ()
    route = next((route for route in decision.routes if route.queue == queue), None)
    if route is None:
        if former.state is ItemState.DONE:
            return ()
        return _change(session, former, Kind.ITEM_DONE, ItemState.DONE, [*former.reasons, _OPENED])
    if set(route.reasons) <= set(former.reasons):
        return ()
    after = ItemState.NEW if former.state is ItemState.DONE else former.state
    return _change(session, former, Kind.ITEM_FILED, after, list(dict.fromkeys(route.reasons)))


def settle_former(
    session: Session, delivery: Delivery, decision: Decision, quarantine: str
) -> tuple[Event, ...]:
    """Settle what a former run of ``delivery`` left in queues that ``decision`` no longer names.

    What nobody has touched is closed with its reason: nobody should work on a reading that is over. What a
    person has taken, moved or noted stays theirs, and says that the mail was read again. The quarantine has
    its own rule, :func:`settle_quarantine`. Returns the entries to record.
    """
    if not delivery.releases:
        return ()
    kept = {route.queue for route in decision.routes} | {quarantine}
    events: list[Event] = []
    for item in cases.items_of(session, delivery.sha256):
        if item.queue in kept or item.state is ItemState.DONE or _ELSEWHERE in item.reasons:
            continue
        untouched = item.state is ItemState.NEW and item.version == _UNTOUCHED and item.part == 0
        kind, after = (Kind.ITEM_DONE, ItemState.DONE) if untouched else (Kind.ITEM_FILED, item.state)
        events += _change(session, item, kind, after, [*item.reasons, _ELSEWHERE])
    return tuple(events)


def _change(
    session: Session, item: Item, kind: Kind, after: ItemState, reasons: list[str]
) -> tuple[Event, ...]:
    columns: dict[str, Any] = {"state": after, "reasons": reasons}
    if after is ItemState.NEW:
        columns["taken_by"] = None
    fields = {
        "item": item.id,
        "queue": item.queue,
        "before": str(item.state),
        "after": str(after),
        "by": "passerelle",
        "reasons": reasons,
    }
    if not cases.change_item(session, item.id or 0, item.version, **columns):
        return ()
    return ((kind, f"delivery:{item.delivery}", fields),)
