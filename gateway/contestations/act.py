"""One verb on one contestation: the arrow, the version its author saw, the entry to record last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.contestations.transitions import Actor, Verb, follow
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import cases, contestations
from storage.contestations import Contestation
from storage.db import Session

Event = tuple[Kind, str, Mapping[str, Any]]

NO_CONTESTATION = (
    "Cette contestation n’existe pas, ou votre rôle ne l’ouvre pas ; rien n’a été changé."
    " Revenez à la liste des contestations."
)
CHANGED = (
    "Une autre personne vient d’agir sur cette contestation ; rien n’a été changé : relisez la page avant"
    " de recommencer."
)


def move(
    session: Session,
    reference: str,
    version: int | None,
    verb: Verb,
    actor: Actor,
    at: datetime,
    *,
    columns: Mapping[str, Any] | None = None,
    told: Mapping[str, Any] | None = None,
) -> tuple[Contestation, Event]:
    """Follow one arrow; the contestation as it now is, and the entry.

    ``version`` is the one the person saw, ``None`` for the gateway itself. ``columns`` change with the
    state, ``told`` completes the entry. Raises ``NotFound``, or ``Refused`` when the arrow does not exist,
    is not for this person, or the contestation changed meanwhile.
    """
    found = contestations.get(session, reference)
    if found is None or found.id is None:
        raise NotFound(NO_CONTESTATION)
    arrow = follow(found.state, verb, actor)
    if version is not None and version != found.version:
        raise Refused(CHANGED)
    values: dict[str, Any] = {"state": arrow.after, **(columns or {})}
    if arrow.outcome is not None:
        values["outcome"] = arrow.outcome
    if verb is Verb.REOPEN:
        values["outcome"] = None
    if not contestations.change(session, found.id, found.version, at, values):
        raise Refused(CHANGED)
    return after(session, reference), event_of(session, found, verb, str(arrow.after), actor.login, told)


def note(
    session: Session,
    reference: str,
    version: int,
    actor: Actor,
    at: datetime,
    columns: Mapping[str, Any],
    action: str,
    told: Mapping[str, Any],
) -> tuple[Contestation, Event]:
    """Change columns without moving (a date, an argument). Raises as ``move`` does."""
    found = contestations.get(session, reference)
    if found is None or found.id is None:
        raise NotFound(NO_CONTESTATION)
    if found.version != version or not contestations.change(session, found.id, version, at, columns):
        raise Refused(CHANGED)
    return after(session, reference), event_of(session, found, action, str(found.state), actor.login, told)


def after(session: Session, reference: str) -> Contestation:
    """The contestation as this transaction left it."""
    found = contestations.get(session, reference)
    if found is None:
        raise NotFound(NO_CONTESTATION)
    return found


def event_of(
    session: Session,
    found: Contestation,
    action: str,
    state: str,
    login: str,
    told: Mapping[str, Any] | None,
) -> Event:
    """The entry about the case when there is one: its evidence file tells the story of the contestation."""
    case = cases.by_id(session, found.case_id) if found.case_id is not None else None
    subject = f"case:{case.reference}" if case else f"delivery:{found.delivery}"
    fields = {
        "contestation": found.reference,
        "delivery": found.delivery,
        "code": found.reason,
        "action": str(action),
        "state": state,
        "by": login,
        **(told or {}),
    }
    return Kind.CONTESTATION, subject, fields
