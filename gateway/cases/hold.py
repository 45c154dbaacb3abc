"""Work on hold comes back on its day: to whoever held it, or to its queue when they are gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from gateway.cases.transitions import CLOCK, LEASE, Event, Verb
from gateway.clock import paris_date
from gateway.evidence.record import Kind
from storage import cases, items
from storage.cases import Item, ItemState
from storage.db import Session


def wake(
    session: Session, at: datetime, present: Collection[str], lease: timedelta = LEASE
) -> tuple[Event, ...]:
    """Bring back every piece of work whose day has come; entries to record last.

    ``present``: logins of the people who still come in. Somebody who changes an item at this very moment
    keeps it as they left it: the next turn looks again.
    """
    told: list[Event] = []
    for item in items.to_wake(session, paris_date(at)):
        stays = item.taken_by in present
        after = ItemState.TAKEN if stays else ItemState.NEW
        reason = f"de retour depuis le {paris_date(at):%d/%m/%Y} (date de réveil)"
        columns: dict[str, Any] = {
            "state": after,
            "taken_by": item.taken_by if stays else None,
            "lease_until": at + lease if stays else None,
            "wake_on": None,
            "reasons": [*item.reasons, reason],
        }
        if cases.change_item(session, item.id or 0, item.version, **columns):
            told.append(_told(item, after, stays=stays))
    return tuple(told)


def _told(item: Item, after: ItemState, *, stays: bool) -> Event:
    fields = {
        "item": item.id,
        "queue": item.queue,
        "verb": str(Verb.WAKE),
        "before": str(ItemState.WAITING),
        "after": str(after),
        "by": CLOCK,
        "holder": item.taken_by if stays else None,
    }
    return Kind.ITEM_TAKEN, f"delivery:{item.delivery}", fields
