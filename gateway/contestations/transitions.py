"""What happens to a contestation: one verb, one arrow, one entry of the log.

    a  received ─ match ─▶ matched            the staff, or the gateway at its threshold
    b  matched ─ lack ─▶ to-complete          the gateway, when a proof is missing
    c  to-complete ─ complete ─▶ matched      the gateway, when what was missing came
    d  to-complete ─ ask ─▶ waiting           the staff: the hospital is asked
    e  waiting ─ complete ─▶ matched          the gateway, when what was missing came
    f  matched ─ answer ─▶ answered           the staff: reintroduced with proof
    g  to-complete ─ answer ─▶ answered       the staff, with what there is
    h  waiting ─ answer ─▶ answered           the staff, with what there is
    i  matched ─ accept ─▶ accepted           the staff
    j  to-complete ─ accept ─▶ accepted       the staff
    k  waiting ─ accept ─▶ accepted           the staff
    l  answered ─ win ─▶ closed               the staff: the other institution agrees
    m  answered ─ dispute ─▶ dispute          the staff: it does not
    n  dispute ─ answer ─▶ answered           the staff, with something new
    o  dispute ─ accept ─▶ accepted           the staff
    p  dispute ─ refer ─▶ commission          a supervisor: only a dispute goes there (circular, §6)
    q  dispute ─ examine ─▶ expertise         a supervisor (protocol, article 10)
    r  commission ─ examine ─▶ expertise      a supervisor (protocol, article 10)
    s  expertise ─ report ─▶ commission       the staff: the expert has answered
    t  commission ─ win ─▶ closed             the staff: decided for us
    u  commission ─ accept ─▶ accepted        the staff: decided against us
    v  accepted ─ close ─▶ closed             the staff, once the recovery is told
    w  matched ─ withdraw ─▶ closed           the staff: the other institution takes it back
    x  answered ─ withdraw ─▶ closed          the staff
    y  matched ─ unmatch ─▶ received          the staff: it is another case
    z  closed ─ reopen ─▶ matched             a supervisor

A verb names the version its author saw: two people acting at once, the second is told so and nothing of the
first is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import Refused
from storage.contestations import ContestationState as State
from storage.contestations import Outcome


class Verb(StrEnum):
    MATCH = "match"
    LACK = "lack"
    COMPLETE = "complete"
    ASK = "ask"
    ANSWER = "answer"
    ACCEPT = "accept"
    WIN = "win"
    DISPUTE = "dispute"
    REFER = "refer"
    EXAMINE = "examine"
    REPORT = "report"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    UNMATCH = "unmatch"
    REOPEN = "reopen"


class Who(StrEnum):
    """Who may follow an arrow."""

    GATEWAY = "the gateway"
    STAFF = "the staff"
    STAFF_OR_GATEWAY = "the staff, or the gateway"
    SUPERVISOR = "a supervisor"


@dataclass(frozen=True, slots=True)
class Arrow:
    letter: str
    before: State
    verb: Verb
    after: State
    who: Who
    outcome: Outcome | None = None
    """What the arrow decides of the contestation."""


_R, _M, _C, _W = State.RECEIVED, State.MATCHED, State.TO_COMPLETE, State.WAITING
_A, _OK, _D, _CO = State.ANSWERED, State.ACCEPTED, State.DISPUTE, State.COMMISSION
_E, _END = State.EXPERTISE, State.CLOSED
ARROWS: tuple[Arrow, ...] = (
    Arrow("a", _R, Verb.MATCH, _M, Who.STAFF_OR_GATEWAY),
    Arrow("b", _M, Verb.LACK, _C, Who.GATEWAY),
    Arrow("c", _C, Verb.COMPLETE, _M, Who.GATEWAY),
    Arrow("d", _C, Verb.ASK, _W, Who.STAFF),
    Arrow("e", _W, Verb.COMPLETE, _M, Who.GATEWAY),
    Arrow("f", _M, Verb.ANSWER, _A, Who.STAFF),
    Arrow("g", _C, Verb.ANSWER, _A, Who.STAFF),
    Arrow("h", _W, Verb.ANSWER, _A, Who.STAFF),
    Arrow("i", _M, Verb.ACCEPT, _OK, Who.STAFF, Outcome.ACCEPTED),
    Arrow("j", _C, Verb.ACCEPT, _OK, Who.STAFF, Outcome.ACCEPTED),
    Arrow("k", _W, Verb.ACCEPT, _OK, Who.STAFF, Outcome.ACCEPTED),
    Arrow("l", _A, Verb.WIN, _END, Who.STAFF, Outcome.WON),
    Arrow("m", _A, Verb.DISPUTE, _D, Who.STAFF),
    Arrow("n", _D, Verb.ANSWER, _A, Who.STAFF),
    Arrow("o", _D, Verb.ACCEPT, _OK, Who.STAFF, Outcome.ACCEPTED),
    Arrow("p", _D, Verb.REFER, _CO, Who.SUPERVISOR),
    Arrow("q", _D, Verb.EXAMINE, _E, Who.SUPERVISOR),
    Arrow("r", _CO, Verb.EXAMINE, _E, Who.SUPERVISOR),
    Arrow("s", _E, Verb.REPORT, _CO, Who.STAFF),
    Arrow("t", _CO, Verb.WIN, _END, Who.STAFF, Outcome.WON),
    Arrow("u", _CO, Verb.ACCEPT, _OK, Who.STAFF, Outcome.ACCEPTED),
    Arrow("v", _OK, Verb.CLOSE, _END, Who.STAFF),
    Arrow("w", _M, Verb.WITHDRAW, _END, Who.STAFF, Outcome.WITHDRAWN),
    Arrow("x", _A, Verb.WITHDRAW, _END, Who.STAFF, Outcome.WITHDRAWN),
    Arrow("y", _M, Verb.UNMATCH, _R, Who.STAFF),
    Arrow("z", _END, Verb.REOPEN, _M, Who.SUPERVISOR),
)

STATES: dict[State, str] = {
    _R: "à rattacher",
    _M: "rattachée",
    _C: "à compléter",
    _W: "hôpital interrogé",
    _A: "réintroduite, réponse envoyée",
    _OK: "acceptée",
    _D: "litige",
    _CO: "en commission mixte",
    _E: "en expertise (article 10)",
    _END: "close",
}
"""How people call each state."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. ``works``: reads the queue of contestations and may act; ``machine``: the gateway."""

    login: str
    works: bool = False
    supervises: bool = False
    machine: bool = False


GATEWAY = Actor("passerelle", machine=True)


def arrow(before: State, verb: Verb) -> Arrow | None:
    """The one arrow of ``verb`` from ``before``."""
    return next((a for a in ARROWS if a.before is before and a.verb is verb), None)


def may(found: Arrow, actor: Actor) -> bool:
    """Whether ``actor`` may follow this arrow."""
    match found.who:
        case Who.GATEWAY:
            return actor.machine
        case Who.STAFF:
            return actor.works
        case Who.STAFF_OR_GATEWAY:
            return actor.works or actor.machine
        case Who.SUPERVISOR:
            return actor.works and actor.supervises


def verbs_for(state: State, actor: Actor) -> tuple[Verb, ...]:
    """What ``actor`` may do now, in the order of the table."""
    return tuple(a.verb for a in ARROWS if a.before is state and may(a, actor))


def follow(state: State, verb: Verb, actor: Actor) -> Arrow:
    """The arrow to follow. Raises ``Refused`` when there is none, or not for this person."""
    found = arrow(state, verb)
    if found is None:
        raise Refused(
            f"Cette contestation est maintenant « {STATES[state]} » ; rien n'a été changé : "
            "relisez la page avant de recommencer."
        )
    if not may(found, actor):
        raise Refused(
            "Cette action n'est pas ouverte à votre rôle ; rien n'a été changé : "
            + (
                "demandez à un superviseur."
                if found.who is Who.SUPERVISOR
                else "la passerelle la fait d'elle-même."
                if found.who is Who.GATEWAY
                else "demandez au service administratif du CNSE."
            )
        )
    return found
