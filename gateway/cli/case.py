"""``passerelle case show``: one case as staff see it, medical documents named but never opened."""

from __future__ import annotations

import argparse
from typing import Any

from gateway import bootstrap
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
        f"Dossier {told['reference']}", ("", ""), [(label, str(told[key] or "")) for key, label in _LABELS]
    )
    for key, title, columns in _TABLES:
        if told[key]:
            print_table(title, columns, [[str(row[c] or "") for c in columns] for row in told[key]])
    return 0


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

_TABLES = (
    ("periods", "Périodes", ("origin", "status", "starts", "ends", "amount")),
    ("documents", "Pièces", ("kind", "pages", "confidentiality", "sha256", "filed_at")),
    ("deadlines", "Échéances", ("kind", "due", "basis", "status", "state")),
    ("letters", "Lettres", ("letter", "recipient", "state", "created_at")),
)
