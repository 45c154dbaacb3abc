"""What people do to a piece of work: one verb, one transition, one audit entry.

    a  new ─ take ─▶ taken              whoever reads the queue
    b  taken ─ put back ─▶ new          the holder, or a supervisor
    c  taken ─ wait ─▶ waiting          the holder
    d  waiting ─ resume ─▶ taken        the holder, or a supervisor
    e  taken ─ finish ─▶ done           the holder
    f  waiting ─ finish ─▶ done         the holder
    g  done ─ reopen ─▶ taken           whoever reads the queue (who then holds it)
    h  new ─ assign ─▶ taken            a supervisor, for someone else
    i  taken ─ assign ─▶ taken          a supervisor
    j  waiting ─ assign ─▶ taken        a supervisor
    k  new ─ wait ─▶ waiting            whoever reads the queue (who then holds it)
    l  taken ─ take over ─▶ taken       a reader once the lock is over, a supervisor before
    m  waiting ─ take over ─▶ taken     a reader once the lock is over, a supervisor before
    n  waiting ─ wake ─▶ taken          the clock

Whoever takes a piece of work locks it for a time (``lease``): meanwhile nobody else acts on it but a
supervisor. Work put on hold has no lock to run out: it comes back to its holder on its day.
A verb names the version its author saw: two people acting at once, the second is told so and nothing
of the first is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from gateway.clock import paris_date
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import cases
from storage.cases import Item, ItemState
from storage.db import Session

Event = tuple[Kind, str, Mapping[str, Any]]

SUPERVISOR = "supervisor"
LEASE = timedelta(hours=4)
"""How long whoever takes a piece of work is alone on it, unless the settings say otherwise."""
LONGEST_HOLD = timedelta(days=366)
CLOCK = "passerelle"
"""Who the log says woke a piece of work."""


class Verb(StrEnum):
    TAKE = "take"
    PUT_BACK = "put back"
    WAIT = "wait"
    RESUME = "resume"
    FINISH = "finish"
    REOPEN = "reopen"
    ASSIGN = "assign"
    TAKE_OVER = "take over"
    WAKE = "wake"


class Who(StrEnum):
    """Who may follow an arrow."""

    READER = "whoever reads the queue"
    HOLDER = "the holder"
    HOLDER_OR_SUPERVISOR = "the holder, or a supervisor"
    SUPERVISOR = "a supervisor"
    LATER = "a reader once the lock is over, a supervisor before"
    CLOCK = "the clock"


@dataclass(frozen=True, slots=True)
class Arrow:
    letter: str
    before: ItemState
    verb: Verb
    after: ItemState
    who: Who
    kind: Kind


_N, _T, _W, _D = ItemState.NEW, ItemState.TAKEN, ItemState.WAITING, ItemState.DONE
ARROWS: tuple[Arrow, ...] = (
    Arrow("a", _N, Verb.TAKE, _T, Who.READER, Kind.ITEM_TAKEN),
    Arrow("b", _T, Verb.PUT_BACK, _N, Who.HOLDER_OR_SUPERVISOR, Kind.ITEM_ASSIGNED),
    Arrow("c", _T, Verb.WAIT, _W, Who.HOLDER, Kind.ITEM_ASSIGNED),
    Arrow("d", _W, Verb.RESUME, _T, Who.HOLDER_OR_SUPERVISOR, Kind.ITEM_TAKEN),
    Arrow("e", _T, Verb.FINISH, _D, Who.HOLDER, Kind.ITEM_DONE),
    Arrow("f", _W, Verb.FINISH, _D, Who.HOLDER, Kind.ITEM_DONE),
    Arrow("g", _D, Verb.REOPEN, _T, Who.READER, Kind.ITEM_TAKEN),
    Arrow("h", _N, Verb.ASSIGN, _T, Who.SUPERVISOR, Kind.ITEM_ASSIGNED),
    Arrow("i", _T, Verb.ASSIGN, _T, Who.SUPERVISOR, Kind.ITEM_ASSIGNED),
    Arrow("j", _W, Verb.ASSIGN, _T, Who.SUPERVISOR, Kind.ITEM_ASSIGNED),
    Arrow("k", _N, Verb.WAIT, _W, Who.READER, Kind.ITEM_ASSIGNED),
    Arrow("l", _T, Verb.TAKE_OVER, _T, Who.LATER, Kind.ITEM_TAKEN),
    Arrow("m", _W, Verb.TAKE_OVER, _T, Who.LATER, Kind.ITEM_TAKEN),
    Arrow("n", _W, Verb.WAKE, _T, Who.CLOCK, Kind.ITEM_TAKEN),
)

_STATES = {_N: "à prendre", _T: "pris", _W: "en attente", _D: "terminé"}
_DENIED = {
    Who.READER: "ce travail est dans une file que vous ne lisez pas",
    Who.HOLDER: "une autre personne tient ce travail",
    Who.HOLDER_OR_SUPERVISOR: "une autre personne tient ce travail",
    Who.SUPERVISOR: "seul un responsable peut le confier",
    Who.LATER: "une autre personne le tient encore ; un responsable peut vous le confier",
    Who.CLOCK: "il revient de lui-même à la date prévue",
}
_LOCKED = frozenset({Verb.TAKE, Verb.TAKE_OVER, Verb.RESUME, Verb.REOPEN, Verb.ASSIGN, Verb.WAKE})
"""Verbs after which the lock runs anew; after any other there is none."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person as authorisation sees one."""

    login: str
    roles: frozenset[str]

    @property
    def supervises(self) -> bool:
        return SUPERVISOR in self.roles


def arrow(before: ItemState, verb: Verb) -> Arrow | None:
    """The one arrow of ``verb`` from ``before``."""
    return next((a for a in ARROWS if a.before is before and a.verb is verb), None)


def verbs_for(
    item: Item, actor: Actor, queue_roles: Collection[str], at: datetime | None = None
) -> tuple[Verb, ...]:
    """What ``actor`` may do to ``item`` at this time, in the order of the table; without a time, every
    lock holds."""
    return tuple(a.verb for a in ARROWS if a.before is item.state and _may(a, item, actor, queue_roles, at))


def locked_by(item: Item, at: datetime) -> str | None:
    """Who alone may act on ``item`` now; ``None`` when nobody holds it, or the lock is over."""
    if item.taken_by is None or item.state is ItemState.DONE or lock_is_over(item, at):
        return None
    return item.taken_by


def lock_is_over(item: Item, at: datetime | None) -> bool:
    """Whether the time of a lock has run out; work on hold waits for its day instead."""
    return at is not None and item.lease_until is not None and item.lease_until <= at


def may_change(item: Item, actor: Actor, queue_roles: Collection[str]) -> bool:
    """Whether ``actor`` may move, sort, cut or join ``item``: it is open, and nobody else holds it."""
    if item.state is ItemState.DONE or not _reads(actor, queue_roles):
        return False
    return item.taken_by in {None, actor.login} or actor.supervises


def act(
    session: Session,
    item_id: int,
    version: int,
    verb: Verb,
    actor: Actor,
    *,
    queue_roles: Collection[str],
    at: datetime,
    holder: str | None = None,
    wake_on: date | None = None,
    lease: timedelta = LEASE,
) -> tuple[Item, Event]:
    """Follow one arrow; returns the item as it now is, and the entry to record last.

    ``holder`` is the login the work is given to, for ``ASSIGN``; ``wake_on`` the day it comes back, for
    ``WAIT``. Raises ``NotFound`` when there is no such item, ``Refused`` when the arrow does not exist, is
    not for this person, or the item changed.
    """
    item, found = _followed(session, item_id, version, verb)
    if not _may(found, item, actor, queue_roles, at):
        raise Refused(f"Action refusée : {_DENIED[found.who]} ; rien n'a été changé.")
    given = _holder(found, item, actor, holder)
    columns: dict[str, Any] = {
        "state": found.after,
        "taken_by": given,
        "lease_until": at + lease if verb in _LOCKED else None,
        "wake_on": _wake_day(verb, wake_on, at),
    }
    before = item.taken_by
    if not cases.change_item(session, item_id, version, **columns):
        raise Refused(
            "Une autre personne vient d'agir sur ce travail ; rien n'a été changé : relisez la page."
        )
    fields: dict[str, Any] = {
        "item": item_id,
        "queue": item.queue,
        "verb": str(verb),
        "before": str(found.before),
        "after": str(found.after),
        "by": actor.login,
        "holder": given,
    }
    if verb in {Verb.TAKE_OVER, Verb.ASSIGN} and before is not None:
        fields["from"] = before
    if columns["wake_on"] is not None:
        fields["until"] = columns["wake_on"].isoformat()
    session.refresh(item)
    return item, (found.kind, f"delivery:{item.delivery}", fields)


def _followed(session: Session, item_id: int, version: int, verb: Verb) -> tuple[Item, Arrow]:
    """The item as its author saw it and the arrow to follow. Raises ``NotFound`` or ``Refused``."""
    item = cases.item(session, item_id)
    if item is None:
        raise NotFound("Ce travail n'existe pas ; rien n'a été changé.")
    found = arrow(item.state, verb)
    if item.version != version or item.merged_into is not None:
        raise Refused(
            f"Ce travail est maintenant « {_STATES[item.state]} » ; rien n'a été changé : "
            "relisez la page avant de recommencer."
        )
    if found is None:
        raise Refused(
            f"Ce travail est « {_STATES[item.state]} », cette action n'y est pas possible ; rien n'a été "
            "changé : relisez la page."
        )
    return item, found


def _reads(actor: Actor, queue_roles: Collection[str]) -> bool:
    return actor.supervises or not actor.roles.isdisjoint(queue_roles)


def _may(found: Arrow, item: Item, actor: Actor, queue_roles: Collection[str], at: datetime | None) -> bool:
    reads = _reads(actor, queue_roles)
    holds = item.taken_by == actor.login
    match found.who:
        case Who.READER:
            return reads
        case Who.HOLDER:
            return reads and holds
        case Who.HOLDER_OR_SUPERVISOR:
            return reads and (holds or actor.supervises)
        case Who.SUPERVISOR:
            return actor.supervises
        case Who.LATER:
            return reads and not holds and (actor.supervises or lock_is_over(item, at))
        case Who.CLOCK:
            return actor.login == CLOCK


def _wake_day(verb: Verb, wake_on: date | None, at: datetime) -> date | None:
    if verb is not Verb.WAIT or wake_on is None:
        return None
    today = paris_date(at)
    if not today < wake_on <= today + LONGEST_HOLD:
        raise Refused(
            "Le jour du réveil doit être à venir, dans un an au plus ; rien n'a été changé : choisissez un"
            " autre jour."
        )
    return wake_on


def _holder(found: Arrow, item: Item, actor: Actor, holder: str | None) -> str | None:
    if found.verb is Verb.ASSIGN:
        if not holder:
            raise Refused(
                "Aucune personne n'est choisie ; rien n'a été changé : dites à qui confier ce travail."
            )
        return holder
    if found.verb is Verb.PUT_BACK:
        return None
    if found.verb in {Verb.TAKE, Verb.REOPEN, Verb.TAKE_OVER}:
        return actor.login
    return item.taken_by or actor.login
