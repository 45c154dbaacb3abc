"""The log as an auditor reads it: by period, by person, by kind, by what it is about; page by page.

Each filter is a walk along an index, the latest position first: fifty thousand events or a million, a page
costs the same. Nothing here writes, and no value of an event is looked into but the login of who did it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal_column, or_, select, union
from sqlmodel import col

from storage import audit
from storage.audit import Event, EventRow
from storage.canonical import canonical
from storage.cases import Case, CaseDocument, Item
from storage.db import Session, table_of
from storage.deliveries import Delivery
from storage.documents import Document
from storage.outbox import OutboxEntry

HASH = 8
"""Characters of a hash from which it names a message."""
_MANY = 20
_EVENTS, _CLEARS = table_of(EventRow), table_of(audit.ClearRow)
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which events; ``None``: whatever it is."""

    since: datetime | None = None
    until: datetime | None = None
    """Not included."""
    person: str | None = None
    """Login of who did it, or whose account it is about."""
    kind: str | None = None
    subjects: frozenset[str] | None = None


def page(session: Session, sought: Sought, before: int | None, size: int) -> list[Event]:
    """A page of the events sought, the latest first; ``before`` is the last position seen."""
    statement = select(_EVENTS).order_by(_EVENTS.c.position.desc()).limit(size)
    if sought.since is not None or sought.until is not None:
        period = [_EVENTS.c.at >= sought.since] if sought.since is not None else []
        period += [_EVENTS.c.at < sought.until] if sought.until is not None else []
        bounds = select(func.min(_EVENTS.c.position), func.max(_EVENTS.c.position)).where(*period)
        first, last = session.connection().execute(bounds).one()
        if first is None:
            return []
        statement = statement.where(_EVENTS.c.position.between(first, last), *period)
    if sought.kind is not None:
        statement = statement.where(_EVENTS.c.kind == sought.kind)
    if sought.subjects is not None:
        statement = statement.where(_EVENTS.c.subject.in_(sought.subjects))
    if sought.person is not None:
        done = select(_CLEARS.c.position).where(
            literal_column(audit.BY_PERSON), _CLEARS.c.value == canonical(sought.person)
        )
        account = select(_EVENTS.c.position).where(_EVENTS.c.subject == f"person:{sought.person}")
        statement = statement.where(_EVENTS.c.position.in_(union(done, account)))
    if before is not None:
        statement = statement.where(_EVENTS.c.position < before)
    return audit.told(session, statement)


def subjects_of(session: Session, text: str) -> frozenset[str]:
    """What a reference, a number of an item or a hash names in the log; nothing when it names nothing."""
    said = text.strip()
    if ":" in said:
        return frozenset({said})
    case = session.execute(
        select(col(Case.id), col(Case.reference)).where(col(Case.reference) == said.upper())
    )
    if (found := case.first()) is not None:
        return _of_case(session, *found)
    number = said.lstrip("n°N #")
    if number.isascii() and number.isdigit() and len(number) < 10:
        of_item = select(col(Item.delivery)).where(col(Item.id) == int(number))
        if (delivery := session.execute(of_item).scalar()) is not None:
            return frozenset({f"delivery:{delivery}"})
    prefix = said.lower()
    if len(prefix) < HASH or set(prefix) - set("0123456789abcdef"):
        return frozenset()
    named = select(col(Delivery.sha256)).where(col(Delivery.sha256).between(prefix, prefix + "g"))
    return frozenset(f"delivery:{row.sha256}" for row in session.execute(named.limit(_MANY)))


def _of_case(session: Session, case_id: int, reference: str) -> frozenset[str]:
    """A case, its mails and its letters."""
    filed = (
        select(col(Document.delivery))
        .join(CaseDocument, col(CaseDocument.document_id) == col(Document.id))
        .where(col(CaseDocument.case_id) == case_id)
    )
    worked = select(col(Item.delivery)).where(col(Item.case_id) == case_id)
    opened = select(col(Case.opened_by_delivery)).where(
        col(Case.id) == case_id, col(Case.opened_by_position) >= 0
    )
    mails = {row[0] for row in session.execute(union(filed, worked, opened))}
    letters = select(col(OutboxEntry.message_id)).where(
        or_(col(OutboxEntry.case_id) == case_id, col(OutboxEntry.delivery).in_(mails))
    )
    return frozenset(
        {
            f"case:{reference}",
            *(f"delivery:{mail}" for mail in mails),
            *(f"outbox:{row[0]}" for row in session.execute(letters)),
        }
    )


def places_of_cases(session: Session, references: Collection[str]) -> Mapping[str, set[Place]]:
    """Where the items of each of these cases lie."""
    statement = (
        select(col(Case.reference), col(Item.circuit), col(Item.queue))
        .join(Item, col(Item.case_id) == col(Case.id))
        .where(col(Case.reference).in_(references))
    )
    found: dict[str, set[Place]] = {}
    for reference, circuit, queue in session.execute(statement):
        found.setdefault(reference, set()).add((circuit, queue))
    return found


def items_of_mails(session: Session, mails: Collection[str]) -> Mapping[str, list[tuple[int, Place]]]:
    """Number and place of each item of these mails, the first made first."""
    statement = (
        select(col(Item.delivery), col(Item.id), col(Item.circuit), col(Item.queue))
        .where(col(Item.delivery).in_(mails))
        .order_by(col(Item.id))
    )
    found: dict[str, list[tuple[int, Place]]] = {}
    for delivery, number, circuit, queue in session.execute(statement):
        found.setdefault(delivery, []).append((number, (circuit, queue)))
    return found
