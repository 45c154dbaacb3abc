"""``passerelle ledger``: what each mailbox received, day by day, and what became of it."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from gateway import bootstrap
from gateway.cli.output import print_json, print_table, say
from gateway.clock import paris_date
from gateway.settings import Settings
from storage import balances
from storage.balances import Balance

_DAYS = timedelta(days=13)
_NOBODY = "(aucune boîte nommée)"


def add_to(verbs: Any) -> None:
    """Declare ``ledger``."""
    ledger = verbs.add_parser("ledger", help="le registre des boîtes, jour par jour")
    ledger.add_argument("--mailbox", metavar="ADRESSE", default=None, help="une seule boîte")
    ledger.add_argument("--day", metavar="AAAA-MM-JJ", type=_day, default=None, help="un seul jour")
    ledger.add_argument("--json", action="store_true")
    ledger.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    try:
        last = arguments.day or paris_date(house.clock.now())
        first = arguments.day or last - _DAYS
        with house.database.reading() as session:
            found = balances.balances(session, first, last, paris_date, arguments.mailbox)
    finally:
        house.close()
    lost = sum(1 for one in found if one.difference)
    if arguments.json:
        print_json([{**asdict(one), "difference": one.difference} for one in found])
        return 1 if lost else 0
    if not found:
        say("Le registre est vide pour ces jours : rien n'a été relevé ni reçu.")
        return 0
    heads = ("Jour", "Boîte", "Serveur", "Pris", "Connus", "Refusés", "Là", "Différence", "Journal")
    print_table("Registre des boîtes", heads, [_row(one) for one in found])
    for one in found:
        if one.reasons:
            told = ", ".join(f"{reason} ({count})" for reason, count in one.reasons)
            print(f"{one.day} {one.mailbox or _NOBODY} : refusés {told}")
        if one.unseen:
            print(
                f"{one.day} {one.mailbox} : {one.unseen} numéro(s) donnés par le serveur et jamais montrés "
                "(déplacés ou supprimés entre deux relèves, ou sautés)."
            )
    if lost:
        say(
            f"{lost} jour(s) ne tombent pas juste : cherchez un message déplacé ou supprimé avant d'être "
            "pris, et remettez-le dans le dossier relevé."
        )
    return 1 if lost else 0


def _row(one: Balance) -> tuple[str, ...]:
    signed = f"n° {one.position}" if one.position is not None else "en cours"
    if one.signed_at is not None and one.signed_difference != one.difference:
        signed += f" (signé : {one.signed_difference})"
    figures = (one.on_server, one.accepted, one.duplicates, one.refused, one.still_there, one.difference)
    return (f"{one.day:%d/%m/%Y}", one.mailbox or _NOBODY, *(str(figure) for figure in figures), signed)


def _day(text: str) -> date:
    """A day of the calendar, ``AAAA-MM-JJ``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("un jour s'écrit AAAA-MM-JJ") from None
