"""A caisse registers the beneficiary of a case on this page, and changes rights on a form that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from gateway.cases import nir
from gateway.cases.nir import Found
from gateway.cases.registration import NO_RULES, Asked, Basis, offered, register
from gateway.circuits.model import Circuit
from gateway.errors import NotFound, Refused
from gateway.web.access import Right, Viewer, reads_any
from gateway.web.guard import ForbiddenError
from gateway.web.house import InHouse, Seen, Shown, WebHouse
from gateway.web.items.papers import values_in
from storage import cases, registrations, sheets
from storage.cases import Case
from storage.db import Session
from storage.registrations import Registration

router = APIRouter(prefix="/dossiers/{reference}/immatriculation")

NO_CASE = (
    "Ce dossier n’existe pas, ou il relève de files que votre rôle n’ouvre pas ; rien n’a été changé."
    " Vérifiez sa référence."
)
ELSEWHERE = (
    "L’immatriculation d’un bénéficiaire revient à la caisse du lieu de soins : ce n’est pas la vôtre ;"
    " rien n’a été changé."
)
NOT_A_DAY = "Ces dates ne sont pas des jours ; rien n’a été changé. Choisissez-les dans le calendrier."


@dataclass(frozen=True, slots=True)
class Counter:
    """A case as the caisse that registers sees it."""

    case: Case
    circuit: Circuit
    caisses: tuple[str, ...]
    """Codes a number may bear: the caisse, and the one whose « pôle » does its work."""
    sex: str | None
    read_nir: str | None
    """Number already written on a form."""
    bases: tuple[Basis, ...]
    entries: tuple[Registration, ...]


@router.get("")
def blank(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    reference: str,
    *,
    periode: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """The number in force, and the dates that a form proposes."""
    with rooms.database.reading() as session:
        counter = counter_of(rooms, seen, session, reference)
    return shown.show(request, "immatriculation.html", **_page(counter, periode))


@router.post("/verifier")
def verify(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    reference: str,
    *,
    numero: Annotated[str, Form(alias="nir", max_length=40)] = "",
) -> Response:
    """What each check says of a number while it is typed: a piece of page."""
    with rooms.database.reading() as session:
        counter = counter_of(rooms, seen, session, reference)
    return shown.show(request, "_verifications.html", found=checked(counter, numero) if numero else ())


@router.post("")
def write(
    request: Request,
    rooms: InHouse,
    seen: Seen,
    shown: Shown,
    reference: str,
    *,
    vus: Annotated[int, Form(ge=0, le=10_000)],
    numero: Annotated[str, Form(alias="nir", max_length=40)] = "",
    periode: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0,
    debut: Annotated[str, Form(max_length=10)] = "",
    fin: Annotated[str, Form(max_length=10)] = "",
    motif: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Add an entry, or show again what was typed with what does not hold."""
    typed = {"nir": numero, "debut": debut, "fin": fin, "motif": motif}
    try:
        counter = enter(rooms, seen, reference, Asked(vus, numero, periode, _day(debut), _day(fin), motif))
    except Refused as error:
        with rooms.database.reading() as session:
            counter = counter_of(rooms, seen, session, reference)
        page = _page(counter, periode, typed=typed, error=error.public)
        return shown.show(request, "immatriculation.html", status=422, **page)
    return RedirectResponse(f"/dossiers/{counter.case.reference}?fait=immatricule#immatriculation", 303)


def enter(rooms: WebHouse, seen: Viewer, reference: str, asked: Asked) -> Counter:
    """Add an entry with its event. Raises ``Refused``, ``NotFound`` or ``ForbiddenError``."""
    with rooms.database.transaction() as session:
        counter = counter_of(rooms, seen, session, reference)
        events = register(
            session,
            counter.circuit,
            counter.case,
            asked,
            caisses=counter.caisses,
            sex=counter.sex,
            by=seen.login,
            at=rooms.clock.now(),
        )
        rooms.recorder.add_all(session, events)
    return counter


def registers(rooms: WebHouse, seen: Viewer, case: Case) -> bool:
    """Whether this person may register the beneficiary: they work for the caisse of the place of care."""
    circuit = rooms.circuits.by_name.get(case.circuit)
    here = circuit is not None and circuit.registration is not None and case.caisse is not None
    return here and seen.may(Right.REGISTER) and f"cpam:{case.caisse}" in seen.roles


def counter_of(rooms: WebHouse, seen: Viewer, session: Session, reference: str) -> Counter:
    """The case as the caisse that registers sees it. Raises as ``enter`` does."""
    case = cases.get(session, reference)
    circuits, directory = rooms.circuits.by_name, rooms.circuits.directory
    number = case.id or 0 if case is not None else 0
    if case is None or not reads_any(seen, circuits, directory, sheets.places_of_case(session, number)):
        raise NotFound(NO_CASE)
    circuit = circuits.get(case.circuit)
    if circuit is None or circuit.registration is None:
        raise Refused(NO_RULES)
    if not registers(rooms, seen, case):
        raise ForbiddenError(ELSEWHERE)
    caisse = directory.caisses.get(case.caisse or "")
    codes = (caisse.code, *([caisse.pole] if caisse.pole else [])) if caisse is not None else ()
    facts = sheets.papers(session, cases.documents(session, number))
    return Counter(
        case=case,
        circuit=circuit,
        caisses=codes,
        sex=values_in(facts, "patient_sex"),
        read_nir=values_in(facts, "provisional_nir"),
        bases=offered(session, circuit, case),
        entries=tuple(registrations.of_case(session, number)),
    )


def _page(
    counter: Counter,
    chosen: int | None,
    *,
    typed: dict[str, str] | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    basis = _basis(counter.bases, chosen)
    last = counter.entries[-1] if counter.entries else None
    known = nir.written(last.nir) if last is not None else counter.read_nir or ""
    values = typed or {
        "nir": known,
        "debut": basis.starts.isoformat() if basis else "",
        "fin": basis.ends.isoformat() if basis else "",
        "motif": "",
    }
    return {
        "counter": counter,
        "case": counter.case,
        "rules": counter.circuit.registration,
        "basis": basis,
        "last": last,
        "values": values,
        "found": checked(counter, values["nir"]) if values["nir"] else (),
        "error": error,
        "written": nir.written,
    }


def _basis(bases: Sequence[Basis], chosen: int | None) -> Basis | None:
    """The period asked for, else the first that founds no rights yet, a form before silence."""
    asked = next((b for b in bases if b.period.id == chosen), None)
    fresh = sorted((b for b in bases if not b.done), key=lambda b: b.tacit)
    return asked or next(iter(fresh), None) or next(iter(bases[-1:]), None)


def checked(counter: Counter, text: str) -> tuple[Found, ...]:
    """What each check of the circuit says of a number as it is typed."""
    rules = counter.circuit.registration
    return nir.check(nir.read(text), rules.checks if rules else (), counter.caisses, counter.sex)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(NOT_A_DAY) from None
