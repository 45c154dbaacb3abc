"""Internal notes on a piece of work: sealed, kept from whoever may not read them; whom they name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from gateway.cases.moves import Event
from gateway.errors import Refused
from gateway.evidence.record import Kind
from storage import comments
from storage.cases import Item
from storage.comments import Comment
from storage.db import Session
from storage.keys import KeyRing
from storage.secretbox import seal, unseal

LONGEST = 4_000
_MENTION = re.compile(r"(?<![\w@.])@([A-Za-z0-9][A-Za-z0-9._-]{0,79})")


@dataclass(frozen=True, slots=True)
class Note:
    """A note as one person may see it. ``text`` is ``None`` when its words are not for them."""

    by: str
    at: datetime
    text: str | None
    named: tuple[str, ...]
    medical: bool = False
    """Written in a medical queue."""


def mentions(text: str) -> tuple[str, ...]:
    """Logins named in a text by ``@login``, once each, in order."""
    return tuple(dict.fromkeys(found.rstrip(".-_").lower() for found in _MENTION.findall(text)))


def write(
    session: Session,
    ring: KeyRing,
    item: Item,
    text: str,
    by: str,
    at: datetime,
    *,
    confidentiality: str,
    readers: Collection[str],
) -> Event:
    """Keep a note. ``readers``: logins of those who read the queue; nobody else may be named.

    Raises ``Refused`` when the note is empty, too long, or names somebody who could not read it.
    """
    words = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()
    if not words or len(words) > LONGEST:
        raise Refused(
            f"La note est vide ou dépasse {LONGEST} caractères ; rien n'a été enregistré : reprenez-la."
        )
    named = mentions(words)
    strangers = [login for login in named if login not in readers]
    if strangers:
        raise Refused(
            f"La note nomme quelqu'un qui ne lit pas cette file (@{strangers[0]}) ; rien n'a été"
            " enregistré : corrigez son identifiant, ou retirez-le."
        )
    comment = Comment(
        item_id=item.id or 0,
        by=by,
        at=at,
        text=seal(ring, words, _context(item.id or 0, by)),
        confidentiality=confidentiality,
    )
    number = comments.add(session, comment, named)
    fields = {"action": "written", "item": item.id, "note": number, "by": by, "named": list(named)}
    return Kind.COMMENT, f"delivery:{item.delivery}", fields


def read(session: Session, ring: KeyRing, item_ids: Collection[int], *, medical: bool) -> tuple[Note, ...]:
    """Notes of these items, the oldest first. ``medical``: whether the reader may read medical ones."""
    found = comments.of_items(session, item_ids)
    named = comments.named(session, [c.id or 0 for c in found])
    return tuple(_notes(ring, found, named, medical=medical))


def _notes(
    ring: KeyRing, found: Iterable[Comment], named: dict[int, list[str]], *, medical: bool
) -> Iterable[Note]:
    for comment in found:
        secret = comment.confidentiality != "administrative"
        context = _context(comment.item_id, comment.by)
        text = None if secret and not medical else unseal(ring, comment.text, context)
        yield Note(comment.by, comment.at, text, tuple(named.get(comment.id or 0, ())), medical=secret)


def _context(item_id: int, login: str) -> str:
    return f"note:{item_id}:{login}"
