"""``passerelle contestation`` and ``passerelle admin retention | hold``: claims, holds, erasure."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

from gateway import bootstrap
from gateway.cli.output import print_json, print_table, say
from gateway.clock import paris_date
from gateway.contestations import holds
from gateway.contestations.erase import Eraser, Signer, lines
from gateway.contestations.plan import Due, preview
from gateway.contestations.recovery import later
from gateway.contestations.schedule import load_retention
from gateway.contestations.transitions import STATES
from gateway.errors import NotFound, Refused, Unavailable
from gateway.house import House
from gateway.settings import Settings
from storage import cases, contestations, erasures
from storage.contestations import ContestationState

PERSON = "ligne de commande"
_MANY = 10_000


def add_to(verbs: Any) -> None:
    """Declare ``contestation list``."""
    contestation = verbs.add_parser("contestation", help="les créances contestées")
    words = contestation.add_subparsers(dest="word", required=True)
    listed = words.add_parser("list", help="les contestations ouvertes, ou toutes")
    listed.add_argument("--all", action="store_true", help="avec les contestations closes")
    listed.add_argument("--json", action="store_true")
    listed.set_defaults(run=_list)


def add_retention(words: Any) -> None:
    """Declare ``admin retention`` and ``admin hold`` among the words of ``admin``."""
    retention = words.add_parser("retention", help="fin de conservation : aperçu, effacement avec preuve")
    deeds = retention.add_subparsers(dest="deed", required=True)
    shown = deeds.add_parser("preview", help="ce qui serait effacé, et quand ; rien n'est changé")
    shown.add_argument("--months", type=int, default=12, help="échéances des N mois à venir (12)")
    shown.add_argument("--json", action="store_true")
    shown.set_defaults(run=_preview)
    erase = deeds.add_parser("erase", help="effacer ce qui est échu et que rien ne retient")
    erase.add_argument("certificate", metavar="CERTIFICAT.json", type=Path, help="preuve signée à écrire")
    erase.add_argument("--yes", action="store_true", help="sans ce mot, rien n'est effacé")
    erase.set_defaults(run=_erase)
    certificate = deeds.add_parser(
        "certificate", help="le certificat signé d'un effacement, par son numéro"
    )
    certificate.add_argument("number", metavar="NUMÉRO", type=int)
    certificate.set_defaults(run=_certificate)
    hold = words.add_parser("hold", help="geler l'effacement d'un dossier, ou lever un gel")
    hold.add_argument("case", metavar="DOSSIER", help="référence du dossier, ou numéro du gel avec --lift")
    hold.add_argument("reason", nargs="?", default="", help="pourquoi")
    hold.add_argument("--lift", action="store_true")
    hold.set_defaults(run=_hold)


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    states = [s for s in ContestationState if arguments.all or s is not ContestationState.CLOSED]
    with house.database.reading() as session:
        found = contestations.page(session, list(house.circuits.by_name), states, size=_MANY)
    house.close()
    rows = [
        {
            "reference": one.reference,
            "state": str(one.state),
            "reason": one.reason,
            "claim": one.claim_reference,
            "case": case.reference if case else None,
            "amount": one.amount,
            "received_at": one.received_at.isoformat(),
        }
        for one, case in found
    ]
    if arguments.json:
        print_json(rows)
        return 0
    titles = _titles(house)
    print_table(
        "Contestations",
        ("contestation", "dossier", "motif", "créance", "montant (€)", "état", "reçue le"),
        [
            (
                one.reference,
                case.reference if case else "à rattacher",
                titles.get(one.reason, one.reason),
                one.claim_reference or "",
                one.amount or "",
                STATES[one.state],
                f"{paris_date(one.received_at):%d/%m/%Y}",
            )
            for one, case in found
        ],
    )
    return 0


def _titles(house: House) -> dict[str, str]:
    titles: dict[str, str] = {}
    for circuit in house.circuits.by_name.values():
        titles |= circuit.contestations.titles if circuit.contestations else {}
    return titles


def _preview(arguments: argparse.Namespace, settings: Settings) -> int:
    schedule = load_retention(settings.config)
    house = bootstrap.build(settings)
    today = paris_date(house.clock.now())
    with house.database.reading() as session:
        due = preview(session, schedule, house.circuits.by_name, today)
    house.close()
    soon = [one for one in due if one.due <= later(today, max(arguments.months, 0))]
    if arguments.json:
        print_json({"today": today, "schedule": schedule.schedule_hash, "due": lines(soon)})
        return 0
    _table(soon, today)
    print(f"{len(due) - len(soon)} autre(s) échéance(s) plus lointaine(s) ; rien n'a été effacé.")
    return 0


def _table(due: list[Due], today: date) -> None:
    print_table(
        "Fin de conservation",
        ("classe", "sur", "éléments", "inactif depuis", "effaçable le", "durée", "retenu par"),
        [
            (
                one.title,
                one.subject.partition(":")[2][:32],
                str(one.count),
                f"{one.since:%d/%m/%Y}",
                f"{one.due:%d/%m/%Y}" + (" (échu)" if one.due <= today else ""),
                "confirmée" if one.status == "confirmed" else "à confirmer",
                " ; ".join(one.held) or "rien",
            )
            for one in due
        ],
    )


def _erase(arguments: argparse.Namespace, settings: Settings) -> int:
    if not arguments.yes:
        raise Refused(
            "Rien n'a été effacé : relisez « passerelle admin retention preview », puis recommencez "
            "avec --yes."
        )
    file: Path = arguments.certificate
    if file.exists():
        raise Refused(f"Le fichier « {file} » existe déjà ; rien n'a été effacé, choisissez un autre nom.")
    schedule = load_retention(settings.config)
    house = bootstrap.build(settings)
    try:
        eraser = Eraser(
            house.database,
            house.vault,
            house.recorder,
            house.circuits.by_name,
            schedule,
            Signer(house.ring.sign, house.ring.public_key),
        )
        done = eraser.run(PERSON, house.clock.now())
        house.recorder.checkpoint(house.database)
    finally:
        house.close()
    if done.certificate:
        _write(file, done.certificate)
        print(f"{len(done.units)} ensemble(s) effacé(s), {done.blobs} blob(s) retirés ; preuve : {file}.")
    else:
        print(f"Rien n'est échu : rien n'a été effacé ({done.blobs} blob(s) restés d'un arrêt, retirés).")
    if done.kept:
        say(f"{len(done.kept)} ensemble(s) échu(s) sont retenus par un gel et restent entiers.")
    return 0


def _certificate(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    try:
        with house.database.reading() as session:
            found = erasures.certificate(session, arguments.number)
    finally:
        house.close()
    if found is None:
        raise NotFound(
            f"Aucun effacement ne porte le numéro {arguments.number} ; rien n'a été fait, "
            "relisez le message qui le donne."
        )
    sys.stdout.write(found.certificate)
    return 0


def _write(file: Path, text: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise Unavailable(
            f"Le fichier « {file} » ne peut pas être écrit ; l'effacement est fait et sa preuve reste dans "
            "la base (table erasures)."
        ) from error


def _hold(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    try:
        with house.database.transaction() as session:
            if arguments.lift:
                number = int(arguments.case) if arguments.case.isdecimal() else 0
                event = holds.lift(session, number, PERSON, house.clock.now())
            else:
                case = cases.get(session, arguments.case)
                if case is None:
                    raise NotFound(f"Aucun dossier ne porte la référence « {arguments.case} ».")
                hold, event = holds.place(session, case, arguments.reason, PERSON, house.clock.now())
                number = hold.id or 0
            house.recorder.add_all(session, [event])
    finally:
        house.close()
    print(f"Gel n° {number} {'levé' if arguments.lift else 'posé'}.")
    return 0
