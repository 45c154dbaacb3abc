"""The directory and the rules of a circuit as files: each rule with its source and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum

from fastapi import APIRouter, Response

from gateway.circuits.model import Circuit
from gateway.errors import NotFound
from gateway.web.admin.circuits import NO_CIRCUIT, certified
from gateway.web.admin.rulebook import CALENDARS, UNITS
from gateway.web.files.exports import export
from gateway.web.files.tabular import MOST_ROWS, Column, Format, Sheet, Value
from gateway.web.house import InHouse, Seen, WebHouse, naming
from gateway.web.naming import Naming
from gateway.web.present import plural, state
from storage import addresses, certbook
from storage.certbook import CertificateState

router = APIRouter(prefix="/administration")

CAISSES = (Column("Code", 8), Column("Caisse", 40), Column("Département", 14), Column("Boîte", 44))
ESTABLISHMENTS = (
    Column("Établissement", 50),
    Column("FINESS", 12),
    Column("Commune", 12),
    Column("Caisse", 8),
    Column("Domaines", 50),
)
CORRESPONDENTS = (
    Column("Adresse", 44),
    Column("Qui", 40),
    Column("Rôle", 20),
    Column("FINESS", 12),
    Column("Certificat", 60),
    Column("Finit le", 17),
    Column("État", 14),
)
FAILED = (
    Column("Adresse", 44),
    Column("Lettre rendue le", 17),
    Column("Réponse du serveur", 60),
    Column("Remplacée par", 44),
    Column("Décidé par", 18),
)
CERTIFICATES = (
    Column("Adresse", 44),
    Column("Certificat", 60),
    Column("Émis par", 60),
    Column("Depuis le", 17),
    Column("Finit le", 17),
    Column("État", 14),
    Column("Décidé par", 18),
    Column("Empreinte", 66),
)
RULES = (
    Column("Règle", 24),
    Column("Objet", 50),
    Column("Ce qu’elle dit", 60),
    Column("Source", 70),
    Column("État", 14),
    Column("À partir du", 13),
    Column("Jusqu’au", 13),
)
ROLES = {
    "hospital": "hôpital",
    "cpam": "caisse",
    "cnas": "CNAS",
    "cnas-medical": "CNAS, service médical",
    "cnse": "CNSE",
    "ministry": "ministère",
    "refused": "refusé",
}
TACIT = {
    "never": "n’ouvre aucun droit d’elle-même",
    "with-reason": "ouvre des droits avec la raison écrite d’une personne",
}
_STATES = {
    CertificateState.PROPOSED: "à décider",
    CertificateState.CONFIRMED: "confirmé",
    CertificateState.REJECTED: "écarté",
}


class Book(StrEnum):
    """The lists of the directory."""

    CAISSES = "caisses"
    ESTABLISHMENTS = "etablissements"
    CORRESPONDENTS = "correspondants"
    FAILED = "adresses"


@router.get("/annuaire/{book}.{kind}")
def of_directory(rooms: InHouse, seen: Seen, book: Book, kind: Format) -> Response:
    """One list of the directory."""
    title, columns, made = {
        Book.CAISSES: ("Caisses", CAISSES, _caisses),
        Book.ESTABLISHMENTS: ("Établissements", ESTABLISHMENTS, _establishments),
        Book.CORRESPONDENTS: ("Correspondants", CORRESPONDENTS, _correspondents),
        Book.FAILED: ("Adresses à corriger", FAILED, _failed),
    }[book]
    return export(rooms, seen, Sheet(f"annuaire-{book}", title, columns, made(rooms)), kind)


@router.get("/certificats.{kind}")
def of_certificates(rooms: InHouse, seen: Seen, kind: Format) -> Response:
    """Certificates seen in signed mail, with what was decided of each."""
    with rooms.database.reading() as session:
        found = certbook.listed(session, list(CertificateState), MOST_ROWS)
    made = (
        (
            one.address,
            one.subject,
            one.issuer,
            one.not_before,
            one.not_after,
            _STATES[one.state],
            one.decided_by,
            one.fingerprint,
        )
        for one in found
    )
    return export(rooms, seen, Sheet("certificats", "Certificats vus", CERTIFICATES, made), kind)


@router.get("/circuits/{name}/regles.{kind}")
def of_rules(rooms: InHouse, seen: Seen, name: str, kind: Format) -> Response:
    """The rules of a circuit, each with its source and how sure it is."""
    circuit = rooms.circuits.by_name.get(name)
    if circuit is None:
        raise NotFound(NO_CIRCUIT)
    sheet = Sheet(f"regles-{circuit.name}", "Règles du circuit", RULES, rules_of(circuit, naming(rooms)))
    return export(rooms, seen, sheet, kind)


def rules_of(circuit: Circuit, called: Naming) -> Iterator[tuple[Value, ...]]:
    """Every rule that has a source or a reason."""
    for route in circuit.routes:
        says = f"va à {called.queue(route.queue, circuit.name)}"
        says += f", lettre « {called.letter(route.letter, circuit.name)} »" if route.letter else ""
        source = route.basis or route.reason
        yield (
            *("Orientation", circuit.title_of(route.kind), says, source, _sure(route.status)),
            *(route.effective_from, route.effective_to),
        )
    for delay in circuit.deadlines:
        says = plural(delay.delay, *UNITS[delay.unit]).replace("\u00a0", " ")
        if delay.unit == "working-day":
            says += f" ({CALENDARS.get(delay.calendar, delay.calendar)})"
        yield (
            *("Délai", delay.title, says, delay.basis, _sure(delay.status)),
            *(delay.effective_from, delay.effective_to),
        )
    for form in circuit.templates.values():
        sure = "officiel" if form.status == "official" else "reconstruit"
        yield "Formulaire lu", form.titles[0], f"version {form.version}", form.source, sure, None, None
    for kind, title, says, source, status in (*_registered(circuit, called), *_contested(circuit)):
        yield kind, title, says, source, _sure(status), None, None


def _registered(circuit: Circuit, called: Naming) -> Iterator[tuple[str, str, str, str, str]]:
    registration, forwarding = circuit.registration, circuit.forwarding
    if registration is not None:
        kind = "Immatriculation"
        says = f"lettre « {called.letter(registration.letter, circuit.name)} »"
        yield kind, "Inscription", says, registration.basis, registration.status
        tacit = (registration.tacit_basis, registration.tacit_status)
        yield kind, "Acceptation tacite", TACIT[registration.tacit], *tacit
        for check in registration.checks:
            yield kind, "Contrôle du numéro", check.title, check.basis, check.status
        for line in registration.billing:
            yield kind, "Donnée de facturation", f"{line.label} : {line.value}", line.basis, line.status
    if forwarding is not None:
        says = ", ".join(circuit.title_of(kind) for kind in forwarding.kinds)
        role = ROLES.get(forwarding.role, forwarding.role)
        yield "Transmission médicale", role, says, forwarding.basis, forwarding.status


def _contested(circuit: Circuit) -> Iterator[tuple[str, str, str, str, str]]:
    rules, kind = circuit.contestations, "Contestation"
    if rules is None:
        return
    for title, rule in (("Pièces demandées à l’hôpital", rules.request), ("Indu réclamé", rules.recovery)):
        says = plural(rule.delay, *UNITS[rule.unit]).replace("\u00a0", " ")
        yield kind, title, says, rule.basis, rule.status
    for title, (basis, status) in (
        ("Commission mixte", rules.commission_basis),
        ("Expertise", rules.expertise_basis),
    ):
        yield kind, title, "", basis, status


def _sure(status: str | None) -> str | None:
    return state("status", status) if status else None


def _caisses(rooms: WebHouse) -> Iterator[Sequence[Value]]:
    known = rooms.circuits.directory.caisses.values()
    for one in sorted(known, key=lambda caisse: (caisse.departement, caisse.code)):
        yield one.code, one.label, one.departement, one.mailbox


def _establishments(rooms: WebHouse) -> Iterator[Sequence[Value]]:
    for one in sorted(rooms.circuits.directory.establishments.values(), key=lambda one: one.name):
        yield one.name, one.finess, one.commune, one.caisse, ", ".join(one.domains)


def _correspondents(rooms: WebHouse) -> Iterator[Sequence[Value]]:
    at = rooms.clock.now()
    for one in rooms.circuits.directory.correspondents:
        ends: tuple[tuple[str | None, datetime | date | None], ...] = certified(one).ends or ((None, None),)
        for subject, last in ends:
            standing = None if subject is None else _lasting(last, at)
            role = ROLES.get(one.role, one.role)
            yield one.address, one.name, role, one.finess, subject, last, standing


def _lasting(last: datetime | date | None, at: datetime) -> str:
    if not isinstance(last, datetime):
        return "illisible"
    return "valable" if last > at else "expiré"


def _failed(rooms: WebHouse) -> Iterator[Sequence[Value]]:
    with rooms.database.reading() as session:
        found = addresses.listed(session, MOST_ROWS)
    for one in found:
        yield one.address, one.failed_at, one.reason, one.replaced_by, one.decided_by
