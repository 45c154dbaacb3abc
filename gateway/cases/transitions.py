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

A verb names the version its author saw: two people acting at once, the second is told so and nothing
of the first is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import cases
from storage.cases import Item, ItemState
from storage.db import Session

Event = tuple[Kind, str, Mapping[str, Any]]

SUPERVISOR = "supervisor"


class Verb(StrEnum):
    TAKE = "take"
    PUT_BACK = "put back"
    WAIT = "wait"
    RESUME = "resume"
    FINISH = "finish"
    REOPEN = "reopen"
    ASSIGN = "assign"


class Who(StrEnum):
    """Who may follow an arrow."""

    READER = "whoever reads the queue"
    HOLDER = "the holder"
    HOLDER_OR_SUPERVISOR = "the holder, or a supervisor"
    SUPERVISOR = "a supervisor"


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
)

_STATES = {_N: "à prendre", _T: "pris", _W: "en attente", _D: "terminé"}
_DENIED = {
    Who.READER: "ce travail est dans une file que vous ne lisez pas",
    Who.HOLDER: "une autre personne tient ce travail",
    Who.HOLDER_OR_SUPERVISOR: "une autre personne tient ce travail",
    Who.SUPERVISOR: "seul un responsable peut le confier",
}


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


def verbs_for(item: Item, actor: Actor, queue_roles: Collection[str]) -> tuple[Verb, ...]:
    """What ``actor`` may do to ``item`` now, in the order of the table."""
    return tuple(a.verb for a in ARROWS if a.before is item.state and _may(a, item, actor, queue_roles))


def act(
    session: Session,
    item_id: int,
    version: int,
    verb: Verb,
    actor: Actor,
    *,
    queue_roles: Collection[str],
    holder: str | None = None,
) -> tuple[Item, Event]:
    """Follow one arrow; returns the item as it now is, and the entry to record last.

    ``holder`` is the login the work is given to, for ``ASSIGN``. Raises ``NotFound`` when there is no
    such item, ``Refused`` when the arrow does not exist, is not for this person, or the item changed.
    """
    item = cases.item(session, item_id)
    if item is None:
        raise NotFound("Ce travail n'existe pas ; rien n'a été changé.")
    found = arrow(item.state, verb)
    if item.version != version or found is None:
        raise Refused(
            f"Ce travail est maintenant « {_STATES[item.state]} » ; rien n'a été changé : "
            "relisez la page avant de recommencer."
        )
    if not _may(found, item, actor, queue_roles):
        raise Refused(f"Action refusée : {_DENIED[found.who]} ; rien n'a été changé.")
    given = _holder(found, item, actor, holder)
    if not cases.change_item(session, item_id, version, state=found.after, taken_by=given):
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
    session.refresh(item)
    return item, (found.kind, f"delivery:{item.delivery}", fields)


def _may(found: Arrow, item: Item, actor: Actor, queue_roles: Collection[str]) -> bool:
    reads = actor.supervises or not actor.roles.isdisjoint(queue_roles)
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


def _holder(found: Arrow, item: Item, actor: Actor, holder: str | None) -> str | None:
    if found.verb is Verb.ASSIGN:
        if not holder:
            raise Refused(
                "Aucune personne n'est choisie ; rien n'a été changé : dites à qui confier ce travail."
            )
        return holder
    if found.verb is Verb.PUT_BACK:
        return None
    if found.verb in {Verb.TAKE, Verb.REOPEN}:
        return actor.login
    return item.taken_by
