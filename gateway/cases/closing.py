"""A case is closed and reopened by a person who may act on it, with a reason; a mail that joins reopens it.

    a  open ─ close ─▶ closed      a person, once every piece of its work is finished
    b  closed ─ reopen ─▶ open     a person
    c  closed ─ join ─▶ open       a mail that joins it, or an item a person puts in it

What the case waits for ends with it, but the delays that its circuit says go on, and waits again once it is
reopened (``deadlines.closing``). Nothing is erased: a closed case is read as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.errors import Refused
from gateway.evidence.record import Kind
from storage import cases, items
from storage.cases import Case, CaseState, Item, ItemState
from storage.db import Session

Event = tuple[Kind, str, Mapping[str, Any]]

JOINED = "un message rejoint le dossier"
NO_REASON = "Le motif manque ; rien n'a été changé. Dites en une phrase pourquoi."
CHANGED = "Une autre personne vient d'agir sur ce dossier ; rien n'a été changé : relisez la page."


class Verb(StrEnum):
    CLOSE = "close"
    REOPEN = "reopen"
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class Arrow:
    letter: str
    before: CaseState
    verb: Verb
    after: CaseState
    kind: Kind


ARROWS: tuple[Arrow, ...] = (
    Arrow("a", CaseState.OPEN, Verb.CLOSE, CaseState.CLOSED, Kind.CASE_CLOSED),
    Arrow("b", CaseState.CLOSED, Verb.REOPEN, CaseState.OPEN, Kind.CASE_REOPENED),
    Arrow("c", CaseState.CLOSED, Verb.JOIN, CaseState.OPEN, Kind.CASE_REOPENED),
)
_DENIED = {
    Verb.CLOSE: "Ce dossier est déjà clos ; rien n'a été changé : relisez la page.",
    Verb.REOPEN: "Ce dossier est déjà ouvert ; rien n'a été changé : relisez la page.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who closes or reopens which version of a case, and why."""

    case: Case
    version: int
    by: str
    reason: str


def arrow(before: CaseState, verb: Verb) -> Arrow | None:
    """The one arrow of ``verb`` from ``before``."""
    return next((a for a in ARROWS if a.before is before and a.verb is verb), None)


def unfinished(session: Session, case_id: int) -> list[Item]:
    """The work of a case that nobody finished."""
    return [item for item in items.items_of_cases(session, [case_id]) if item.state is not ItemState.DONE]


def move(session: Session, verb: Verb, asked: Asked, at: datetime) -> Event:
    """Close or reopen; the entry to record. Hold the circuit (``cases.lock_circuit``). Raises ``Refused``.

    What the case waits for is for ``deadlines.closing``.
    """
    said = " ".join(asked.reason.split())[:300]
    if not said:
        raise Refused(NO_REASON)
    case = asked.case
    session.refresh(case)
    if case.version != asked.version:
        raise Refused(CHANGED)
    found = arrow(case.state, verb)
    if found is None:
        raise Refused(_DENIED[verb])
    left = unfinished(session, case.id or 0) if verb is Verb.CLOSE else []
    if left:
        raise Refused(f"Ce dossier a du travail à terminer ({len(left)}) ; rien n'a été changé.")
    return _moved(session, case, found, at, {"by": asked.by, "reason": said})


def rejoined(session: Session, case: Case, at: datetime, delivery: str) -> list[Event]:
    """Reopen a case that a mail joins; nothing when it is open."""
    session.refresh(case)
    found = arrow(case.state, Verb.JOIN)
    if found is None:
        return []
    return [_moved(session, case, found, at, {"delivery": delivery, "reason": JOINED})]


def _moved(session: Session, case: Case, found: Arrow, at: datetime, fields: Mapping[str, Any]) -> Event:
    if not cases.move(session, case, found.after, at if found.after is CaseState.CLOSED else None):
        raise Refused(CHANGED)
    return found.kind, f"case:{case.reference}", {"action": str(found.verb), **fields}
