"""``passerelle audit verify | consistency | checkpoint | export | check``: the log and its proofs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from gateway import bootstrap
from gateway.cli.output import print_json, say
from gateway.cli.verification import verify as verify_log
from gateway.errors import NotFound, Refused, Unavailable
from gateway.evidence.verify import Check
from gateway.settings import Settings
from storage import proofs

PERSON = "ligne de commande"
_DIGITS = 18


def add_to(verbs: Any) -> None:
    """Declare the ``audit`` verbs."""
    audit = verbs.add_parser("audit", help="le journal infalsifiable")
    words = audit.add_subparsers(dest="word", required=True)
    verify = words.add_parser("verify", help="le journal est entier, dans l'ordre, non modifié")
    verify.add_argument("--json", action="store_true")
    verify.add_argument(
        "--from", dest="start", metavar="TAILLE", type=_size, default=0, help="depuis ce point de contrôle"
    )
    verify.add_argument(
        "--to", dest="end", metavar="TAILLE", type=_size, default=None, help="jusqu'à ce point de contrôle"
    )
    verify.add_argument(
        "--witness", metavar="FICHIER.eml|DOSSIER", type=Path, help="comparer à ce que le témoin a gardé"
    )
    verify.set_defaults(run=verify_log)
    agree = words.add_parser(
        "consistency", help="la preuve qu'un point de contrôle prolonge un autre (RFC 6962)"
    )
    agree.add_argument("old", metavar="TAILLE1", type=_size)
    agree.add_argument("new", metavar="TAILLE2", type=_size)
    agree.add_argument("--json", action="store_true")
    agree.set_defaults(run=_consistency)
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


def _consistency(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    try:
        with house.database.reading() as session:
            shown = proofs.consistency(session, arguments.old, arguments.new)
    finally:
        house.close()
    if shown is None:
        raise NotFound(
            f"Il n'y a pas de points de contrôle de {arguments.old} puis {arguments.new} entrées ; "
            "rien n'est prouvé, donnez les tailles de deux points de contrôle."
        )
    if arguments.json:
        path = [step.hex() for step in shown.path]
        print_json({"old": shown.old_note, "new": shown.new_note, "proof": path, "holds": shown.holds})
    else:
        print(shown.old_note, shown.new_note, *(step.hex() for step in shown.path), sep="\n")
        say("La preuve tient." if shown.holds else "La preuve ne tient pas : le journal a été réécrit.")
    return 0 if shown.holds else 1


def _size(text: str) -> int:
    """A size of the log: a number that is not negative."""
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        raise argparse.ArgumentTypeError("un nombre d'entrées")
    return int(text)


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
        with _new_file(arguments.file) as out:
            made = bootstrap.exporter(house).write(arguments.case, PERSON, out, medical=arguments.medical)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise Unavailable(
            f"Le fichier « {arguments.file} » ne peut pas être écrit en entier ; rien n'a été remis, "
            "donnez un autre emplacement."
        ) from error
    finally:
        house.close()
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


@contextmanager
def _new_file(file: Path) -> Iterator[BinaryIO]:
    """A new file that its owner alone may read: it names a beneficiary. Gone when it is not whole."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as out:
            yield out
    except BaseException:
        file.unlink(missing_ok=True)
        raise
