"""The rules in force and the directory, read-only: each rule with its source and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response

from gateway.circuits.directory import Correspondent
from gateway.errors import NotFound
from gateway.web.admin.circuit_rules import sections
from gateway.web.house import InHouse, Shown, naming
from parsers.certificates import describe
from parsers.errors import ParseError
from storage import addresses, certbook
from storage.certbook import CertificateState

router = APIRouter(prefix="/administration")

_SEEN = 200
NO_CIRCUIT = "Ce circuit n’est pas en service ; rien n’a été changé. Revenez à la liste des circuits."


@dataclass(frozen=True, slots=True)
class Certified:
    """A correspondent of the directory, with the certificates its files hold."""

    who: Correspondent
    ends: tuple[tuple[str, datetime | None], ...]
    """Subject and last day of each; ``None`` when it cannot be read."""


@router.get("/annuaire")
def directory(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Caisses, establishments, correspondents with their certificates, addresses that gave letters back."""
    known = rooms.circuits.directory
    with rooms.database.reading() as session:
        waiting = len(certbook.listed(session, [CertificateState.PROPOSED], _SEEN))
        failed = addresses.listed(session, _SEEN)
    return shown.show(
        request,
        "annuaire.html",
        caisses=sorted(known.caisses.values(), key=lambda caisse: (caisse.departement, caisse.code)),
        establishments=sorted(known.establishments.values(), key=lambda one: one.name),
        correspondents=[certified(one) for one in known.correspondents],
        unconfirmed=len(known.unconfirmed),
        waiting=waiting,
        failed=failed,
        now=rooms.clock.now(),
    )


@router.get("/circuits")
def circuits(request: Request, rooms: InHouse, shown: Shown) -> Response:
    """Every circuit in force, with how many of its rules await confirmation."""
    return shown.show(request, "circuits.html", circuits=list(rooms.circuits.by_name.values()))


@router.get("/circuits/{name}")
def circuit(request: Request, rooms: InHouse, shown: Shown, name: str) -> Response:
    """One circuit: every rule of it, each with its source and status, or that it has none."""
    found = rooms.circuits.by_name.get(name)
    if found is None:
        raise NotFound(NO_CIRCUIT)
    return shown.show(request, "circuit.html", circuit=found, sections=sections(found, naming(rooms)))


def certified(who: Correspondent) -> Certified:
    """A correspondent with what its files hold."""
    return Certified(who, tuple(_end(der) for der in who.certificates))


def _end(der: bytes) -> tuple[str, datetime | None]:
    try:
        told = describe(der)
    except ParseError:
        return "illisible", None
    return told.subject, told.not_after
