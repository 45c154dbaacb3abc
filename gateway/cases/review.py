"""A person vouches for the reading of a document, or says that the document is no use.

    a  unsaid ─ confirm ─▶ confirmed       nothing in it is in conflict
    b  unsaid ─ reject ─▶ rejected         with a reason
    c  confirmed ─ reject ─▶ rejected      with a reason
    d  confirmed ─ withdraw ─▶ unsaid
    e  rejected ─ withdraw ─▶ unsaid

A confirmation speaks of the facts it saw: once one is corrected, or the document is read again, nothing is
said any more. A rejected document stays in its case, with its bytes; no rights are founded on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.errors import Refused
from gateway.evidence.record import Kind
from storage import reviews
from storage.db import Session
from storage.documents import Document
from storage.reviews import Review, Said

Event = tuple[Kind, str, Mapping[str, Any]]


class Standing(StrEnum):
    UNSAID = "unsaid"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Arrow:
    letter: str
    before: Standing
    said: Said
    after: Standing


ARROWS: tuple[Arrow, ...] = (
    Arrow("a", Standing.UNSAID, Said.CONFIRMED, Standing.CONFIRMED),
    Arrow("b", Standing.UNSAID, Said.REJECTED, Standing.REJECTED),
    Arrow("c", Standing.CONFIRMED, Said.REJECTED, Standing.REJECTED),
    Arrow("d", Standing.CONFIRMED, Said.WITHDRAWN, Standing.UNSAID),
    Arrow("e", Standing.REJECTED, Said.WITHDRAWN, Standing.UNSAID),
)
_STANDS = {Said.CONFIRMED: Standing.CONFIRMED, Said.REJECTED: Standing.REJECTED}


def standing(review: Review | None, facts: Collection[int]) -> Standing:
    """Where a document stands, given the last word about it and the facts it holds now."""
    if review is None:
        return Standing.UNSAID
    if review.said is Said.CONFIRMED and set(review.facts) != set(facts):
        return Standing.UNSAID
    return _STANDS.get(review.said, Standing.UNSAID)


def verbs(now: Standing) -> tuple[Said, ...]:
    """What may be said from there."""
    return tuple(arrow.said for arrow in ARROWS if arrow.before is now)


def say(
    session: Session,
    document: Document,
    said: Said,
    *,
    facts: Collection[int],
    conflicts: Collection[str],
    reason: str,
    by: str,
    at: datetime,
) -> Event:
    """Write one word; the entry to record last. ``conflicts``: names that two sources read differently.

    Raises ``Refused`` when the arrow does not exist, a conflict is left, or a rejection says nothing.
    """
    number = document.id or 0
    now = standing(reviews.latest(session, [number]).get(number), facts)
    if said not in verbs(now):
        raise Refused("Ce document a déjà été jugé ; rien n’a été changé : relisez la page.")
    if said is Said.CONFIRMED and conflicts:
        raise Refused(
            "Des sources sont en désaccord ; rien n’a été confirmé : choisissez d’abord la bonne valeur."
        )
    if said is Said.CONFIRMED and not facts:
        raise Refused("Rien n’est lu dans ce document ; rien n’a été confirmé.")
    why = " ".join(reason.split())[:300]
    if said is Said.REJECTED and not why:
        raise Refused("Le motif manque ; rien n’a été changé. Dites en une phrase pourquoi, puis rejetez.")
    reviews.add(
        session,
        Review(document_id=number, said=said, reason=why, facts=sorted(facts), by=by[:80], at=at),
    )
    fields = {
        "action": str(said),
        "position": document.position,
        "kind": document.kind,
        "count": len(facts),
        "reason": why,
        "by": by,
    }
    return Kind.REVIEW, f"delivery:{document.delivery}", fields
