"""Who sees which contestation: those who read the queue of contestations; a caisse, its own recoveries."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.circuits.model import Circuit
from gateway.clock import paris_date
from gateway.contestations.act import NO_CONTESTATION
from gateway.contestations.transitions import Actor
from gateway.contesting.rooms import Contesting
from gateway.errors import NotFound, Refused
from gateway.web.access import Right, Viewer, desk_of, desks
from gateway.web.house import WebHouse
from storage import cases, contestations
from storage.cases import Case
from storage.contestations import Cause, Contestation
from storage.db import Session


@dataclass(frozen=True, slots=True)
class Sight:
    """What one person may see of contestations.

    ``works``: the circuits whose contestations they handle; ``caisses``: the caisses whose recoveries they
    follow, when they handle no contestation.
    """

    works: tuple[str, ...]
    caisses: tuple[str, ...]
    actor: Actor

    def sees(self, found: Contestation, case: Case | None) -> bool:
        """Whether this contestation exists for this person."""
        if found.circuit in self.works:
            return True
        return found.cause is Cause.HOSPITAL and case is not None and case.caisse in self.caisses


def sight_of(rooms: WebHouse, viewer: Viewer) -> Sight:
    """What ``viewer`` sees."""
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    today = paris_date(rooms.clock.now())
    works = []
    for circuit in circuits.values():
        if circuit.contestations is None:
            continue
        route = circuit.route(circuit.contestations.kind, today)
        if route is not None and desk_of(viewer, circuits, directory, circuit.name, route.queue):
            works.append(circuit.name)
    own = () if works else tuple(d.caisse for d in desks(viewer, circuits, directory) if d.caisse)
    actor = Actor(
        viewer.login,
        works=bool(works) and viewer.may(Right.ACT),
        supervises=viewer.may(Right.SUPERVISE),
    )
    return Sight(tuple(works), own, actor)


def opened(
    rooms: WebHouse, viewer: Viewer, session: Session, reference: str, *, works: bool = False
) -> tuple[Contestation, Case | None, Circuit, Sight]:
    """A contestation this person may see (or handle, with ``works``). Raises ``NotFound``."""
    sight = sight_of(rooms, viewer)
    found = contestations.get(session, reference)
    case = cases.by_id(session, found.case_id) if found and found.case_id is not None else None
    if found is None or not sight.sees(found, case) or (works and found.circuit not in sight.works):
        raise NotFound(NO_CONTESTATION)
    circuit = rooms.circuits.by_name.get(found.circuit)
    if circuit is None or circuit.contestations is None:
        raise NotFound(NO_CONTESTATION)
    return found, case, circuit, sight


def contesting(rooms: WebHouse) -> Contesting:
    """The rooms behind the pages. Raises ``Refused`` when the pages were opened without them."""
    if rooms.contesting is None:
        raise Refused(
            "Les actions sur les contestations ne sont pas ouvertes sur cette installation ;"
            " rien n’a été changé. Prévenez l’exploitation."
        )
    return rooms.contesting
