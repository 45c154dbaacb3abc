"""What came and what left about a case, in one list; who opened its medical documents. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.clock import paris_date
from gateway.evidence.record import Kind
from storage.audit import Event
from storage.cases import Item
from storage.deliveries import Delivery
from storage.outbox import OutboxEntry, Receipt
from storage.sheets import Mailed


@dataclass(frozen=True, slots=True)
class Exchange:
    """One mail received, or one letter. What this person may not see of it is empty."""

    out: bool
    at: datetime
    title: str
    who: str
    """Sender of a mail, recipient of a letter; empty when not theirs to know."""
    link: str | None
    state: str | None
    """State of a letter in the outbox."""
    receipts: tuple[Receipt, ...] = ()
    letter: OutboxEntry | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody asked for medical documents of the case on one day."""

    person: str
    outcome: str
    count: int
    first: datetime
    last: datetime


def exchanges(
    deliveries: Iterable[Delivery], letters: Iterable[Mailed], items: Mapping[str, Item]
) -> tuple[Exchange, ...]:
    """Mails and letters, the latest first. ``items``: by mail, what this person may open."""
    found = [_mail(mail, items.get(mail.sha256)) for mail in deliveries if mail.kind == "mail"]
    found += [_letter(one, items) for one in letters]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def openings(events: Iterable[Event]) -> tuple[Opening, ...]:
    """Who asked for medical documents, opened or refused, by day and person; the latest first."""
    groups: dict[tuple[str, str, str], list[datetime]] = {}
    for event in events:
        if event.kind != Kind.ACCESS:
            continue
        person = str(event.fields.get("person") or "(effacé)")
        key = (paris_date(event.at).isoformat(), person, str(event.fields.get("outcome") or "opened"))
        groups.setdefault(key, []).append(event.at)
    found = [
        Opening(person, outcome, len(times), min(times), max(times))
        for (_, person, outcome), times in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: one.last, reverse=True))


def _mail(mail: Delivery, item: Item | None) -> Exchange:
    if item is None:
        return Exchange(False, mail.received_at, "Un message d’une autre file", "", None, None)
    title = item.title or "(sans objet)"
    return Exchange(False, mail.received_at, title, mail.sender or "", f"/elements/{item.id}", None)


def _letter(one: Mailed, items: Mapping[str, Item]) -> Exchange:
    letter = one.letter
    item = items.get(letter.delivery or "") or next(iter(items.values()), None)
    link = f"/elements/{item.id}/lettres/{letter.id}" if item is not None else None
    at = letter.sent_at or letter.created_at
    return Exchange(
        True, at, letter.subject, letter.recipient, link, str(letter.state), one.receipts, letter
    )
