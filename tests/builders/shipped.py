"""The first circuit and the directory as shipped, with mails of the invented hospitals they know."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gateway.circuits.decision import Decision, DocumentSeen, MailSeen
from gateway.circuits.directory import Directory
from gateway.circuits.load import Circuits, load_circuits
from gateway.circuits.model import Circuit
from parsers.facts import Confidentiality, Fact, Source
from tests.builders import seen

CONFIG = Path(__file__).parents[2] / "config"
ADMIN = "etab.ri-cnse.cpam-vannes@assurance-maladie.fr"
MEDICAL = "protocole.algerien@assurance-maladie.fr"
CNAS = "cnas_convention.pro19@cnas.dz"
DUNES, BEFFROI, CALANQUES, LAGON = "599000015", "599000023", "139000012", "989000013"
SENDER = "admissions@ch-dunes.example"


@cache
def _loaded() -> Circuits:
    return load_circuits(CONFIG, [CONFIG / "circuits" / "soins-programmes-algerie"])


def circuit() -> Circuit:
    return _loaded().by_name["soins-programmes-algerie"]


def directory() -> Directory:
    return _loaded().directory


def doc(position: int, kind: str, finess: str | None = None, name: str | None = None) -> DocumentSeen:
    """A document that names its establishment by number, by name, or not at all."""
    facts = [
        Fact(field, value, value, "0" * 64, 1, None, Source.TEXT, 0.9)
        for field, value in (("establishment_finess", finess), ("establishment_name", name))
        if value is not None
    ]
    medical = kind in {"medical-report", "other"}
    secrecy = Confidentiality.MEDICAL if medical else Confidentiality.ADMINISTRATIVE
    return DocumentSeen(
        position, f"piece-{position}.pdf", "application/pdf", "0" * 64, kind, 0.9, secrecy, tuple(facts)
    )


def mail(*documents: DocumentSeen, **changes: object) -> MailSeen:
    """A mail of the hospital of the dunes to the administrative mailbox; ``changes`` replace its fields."""
    home: dict[str, object] = {
        "mailbox": ADMIN,
        "envelope_from": SENDER,
        "sender": SENDER,
        "recipients": (ADMIN,),
        "subject": "Envoi",
    }
    return seen.mail(*documents, **(home | changes))


def said(decision: Decision) -> str:
    """Every reason of a decision, a line each."""
    return "\n".join([*decision.reasons, *(r for route in decision.routes for r in route.reasons)])
