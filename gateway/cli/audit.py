"""``passerelle audit verify | checkpoint | export | check``: the log, its seal, and evidence files."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from gateway import bootstrap
from gateway.cli.output import print_json, say
from gateway.errors import NotFound, Refused, Unavailable
from gateway.evidence.dossier import Exporter
from gateway.evidence.verify import Check
from gateway.settings import Settings

PERSON = "ligne de commande"


def add_to(verbs: Any) -> None:
    """Declare the ``audit`` verbs."""
    audit = verbs.add_parser("audit", help="le journal infalsifiable")
    words = audit.add_subparsers(dest="word", required=True)
    verify = words.add_parser("verify", help="le journal est entier, dans l'ordre, non modifié")
    verify.add_argument("--json", action="store_true")
    verify.set_defaults(run=_verify)
    seal = words.add_parser("checkpoint", help="sceller le journal maintenant")
    seal.set_defaults(run=_checkpoint)
    export = words.add_parser("export", help="le dossier de preuve d'un dossier, en un fichier ZIP")
    export.add_argument("case", metavar="DOSSIER", help="référence du dossier (PSR-2026-00042) ou numéro")
    export.add_argument("file", metavar="FICHIER.zip", type=Path)
    export.add_argument(
        "--medical", action="store_true", help="avec les pièces médicales ; chaque ouverture est tracée"
    )
    export.set_defaults(run=_export)
    check = words.add_parser("check", help="vérifier un dossier de preuve, comme verify.py qu'il contient")
    check.add_argument("file", metavar="FICHIER.zip", type=Path)
    check.add_argument("--key", metavar="EMPREINTE", default="", help="SHA-256 de la clé publique attendue")
    check.set_defaults(run=_check)


def circuit_folders(settings: Settings) -> dict[str, Path]:
    """The folder of each circuit in force, by its name."""
    folders = [settings.config / "circuits" / name for name in settings.circuits]
    folders += [settings.path(folder) for folder in settings.extra_circuits]
    return {folder.resolve().name: folder for folder in folders}


def _verify(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    verdict = house.recorder.verify(house.database)
    house.close()
    if arguments.json:
        print_json(
            {
                "ok": verdict.ok,
                "size": verdict.size,
                "first_bad": verdict.first_bad,
                "reason": verdict.reason,
            }
        )
    else:
        print(verdict.reason, file=sys.stdout if verdict.ok else sys.stderr)
    return 0 if verdict.ok else 1


def _checkpoint(_arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    note = house.recorder.checkpoint(house.database)
    house.close()
    print(note or "Le journal est vide : il n'y a rien à sceller.")
    return 0


def _export(arguments: argparse.Namespace, settings: Settings) -> int:
    _refuse_existing(arguments.file)
    house = bootstrap.build(settings)
    try:
        exporter = Exporter(
            house.database,
            house.vault,
            house.ring,
            house.recorder,
            house.clock,
            house.circuits,
            circuit_folders(settings),
        )
        made = exporter.export(arguments.case, PERSON, medical=arguments.medical)
    finally:
        house.close()
    _write(arguments.file, made.content)
    print(
        f"Dossier de preuve {made.reference} écrit dans {arguments.file} : {made.events} événement(s), "
        f"{made.withheld} pièce(s) retenue(s)."
    )
    return 0


def _check(arguments: argparse.Namespace, _settings: Settings) -> int:
    try:
        raw = arguments.file.read_bytes()
    except OSError:
        raise NotFound(
            f"Le fichier « {arguments.file} » ne se lit pas ; rien n'a été vérifié, donnez-en un autre."
        ) from None
    check = Check(raw, arguments.key)
    sys.stdout.write(check.text())
    if check.faults:
        say("Ce dossier de preuve est refusé ; n'en tirez rien, demandez-en un nouvel exemplaire.")
    return 1 if check.faults else 0


def _refuse_existing(file: Path) -> None:
    if file.exists():
        raise Refused(f"Le fichier « {file} » existe déjà ; rien n'a été écrit, choisissez un autre nom.")


def _write(file: Path, content: bytes) -> None:
    """Write a new file that its owner alone may read: it names a beneficiary."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise Unavailable(
            f"Le fichier « {file} » ne peut pas être écrit en entier ; l'export est au journal sans avoir "
            "été remis, donnez un autre emplacement."
        ) from error
