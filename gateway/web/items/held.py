"""Writing on a piece of work that somebody may hold, at the version the page showed: refused, or counted.

A refusal says who holds it, or that it changed since; the page that asked keeps what was typed.
"""

from __future__ import annotations

from datetime import datetime

from gateway.cases.transitions import locked_by
from gateway.clock import PARIS
from gateway.errors import Refused
from gateway.web.access import Viewer
from gateway.web.house import WebHouse
from gateway.web.letters import writing
from storage import cases, people
from storage.db import Session
from storage.items import Item


class HeldError(Refused):
    """Somebody else holds the item: what was asked may be asked again once they let it go."""


class StaleError(Refused):
    """The item changed since the page was shown: what was asked is shown again beside what changed."""


STALE = (
    "L’élément a changé depuis que cette page était affichée ; rien n’a été changé."
    " Relisez, puis recommencez."
)


def holder(session: Session, item: Item, at: datetime) -> str | None:
    """The sentence that says who holds ``item`` now; ``None`` when nobody does."""
    login = locked_by(item, at)
    if login is None:
        return None
    person = people.get(session, login)
    name = person.name if person is not None else login
    until = item.lease_until
    said = f", réservé jusqu’au {until.astimezone(PARIS):%d/%m/%Y à %H:%M}" if until is not None else ""
    return f"{name} tient cet élément{said}"


def check(rooms: WebHouse, seen: Viewer, session: Session, item: Item, version: int) -> None:
    """Whether this person may write on ``item`` as they saw it. Raises ``HeldError``, ``StaleError``."""
    at = rooms.clock.now()
    if not writing.may_write(item, seen, at):
        said = holder(session, item, at) or "Cet élément n’est pas ouvert à votre écriture"
        raise HeldError(f"{said} ; rien n’a été changé. Demandez-lui, ou reprenez-le.")
    if item.version != version:
        raise StaleError(STALE)


def write(rooms: WebHouse, seen: Viewer, session: Session, item: Item, version: int) -> None:
    """The same, and from now on another version: a page shown before is refused.

    The circuit first, then the lists: the order in which every verb takes them.
    """
    check(rooms, seen, session, item, version)
    cases.lock_circuit(session, item.circuit)
    if not cases.change_item(session, item.id or 0, version):
        raise StaleError(STALE)
