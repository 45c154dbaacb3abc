"""``passerelle case show``: one case as staff see it, medical documents named but never opened."""

from __future__ import annotations

import argparse
import re
from typing import Any

from gateway import bootstrap
from gateway.circuits.model import Circuit
from gateway.cli.output import print_json, print_table
from gateway.errors import NotFound
from gateway.settings import Settings
from storage import casefile


def add_to(verbs: Any) -> None:
    """Declare ``case show``."""
    case = verbs.add_parser("case", help="les dossiers")
    words = case.add_subparsers(dest="word", required=True)
    show = words.add_parser("show", help="un dossier : bénéficiaire, périodes, pièces, échéances, lettres")
    show.add_argument("id", metavar="ID", help="référence du dossier (PSR-2026-00042) ou numéro")
    show.add_argument("--json", action="store_true")
    show.set_defaults(run=_show)


def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    with house.database.reading() as session:
        told = casefile.casefile(session, arguments.id)
    house.close()
    if told is None:
        raise NotFound(f"Aucun dossier ne porte la référence « {arguments.id} ».")
    if arguments.json:
        print_json(told)
        return 0
    print_table(
        f"Dossier {told['reference']}",
        ("", ""),
        [(label, _cell(told[key], None)) for key, label in _LABELS],
    )
    circuit = house.circuits.by_name.get(told["circuit"])
    for key, title, columns in _TABLES:
        if told[key]:
            rows = [[_cell(row[c], circuit) for c in columns] for row in told[key]]
            print_table(title, tuple(columns.values()), rows)
    return 0


def _cell(value: object, circuit: Circuit | None) -> str:
    """A value as people read it: French dates, titles of kinds, words of states."""
    text = str(value or "")
    if _ISO_DAY.match(text):
        return "/".join(reversed(text[:10].split("-")))
    if circuit is not None and circuit.title_of(text) != text:
        return circuit.title_of(text)
    return _WORDS.get(text, text)


_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(T|\Z)")
_WORDS = {
    "open": "ouvert", "closed": "clos", "met": "tenue", "missed": "dépassée", "cancelled": "levée",
    "authorisation": "attestation", "extension": "prolongation",
    "granted": "accordée", "requested": "demandée", "refused": "refusée",
    "struck": "écartée",
    "administrative": "administratif", "medical": "médical",
    "confirmed": "confirmé", "to be confirmed": "à confirmer",
    "queued": "en attente", "sent": "partie", "delivered": "remise", "displayed": "lue",
    "processed": "traitée", "delayed": "retardée", "failed": "échouée", "given_up": "abandonnée",
}  # fmt: skip

_LABELS = (
    ("state", "état"),
    ("form_reference", "attestation"),
    ("patient_name", "nom"),
    ("patient_first_names", "prénoms"),
    ("patient_birth_date", "né(e) le"),
    ("establishment_name", "établissement"),
    ("establishment_finess", "FINESS"),
    ("caisse", "caisse"),
)

_TABLES: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "periods",
        "Périodes",
        {"origin": "origine", "status": "statut", "starts": "du", "ends": "au", "amount": "montant (€)"},
    ),
    (
        "documents",
        "Pièces",
        {
            "kind": "type",
            "pages": "pages",
            "confidentiality": "classe",
            "sha256": "empreinte",
            "filed_at": "classée le",
        },
    ),
    (
        "deadlines",
        "Échéances",
        {"title": "échéance", "due": "date", "basis": "fondement", "status": "délai", "state": "état"},
    ),
    (
        "letters",
        "Lettres",
        {"letter": "lettre", "recipient": "destinataire", "state": "état", "created_at": "écrite le"},
    ),
)
