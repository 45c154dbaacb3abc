"""``passerelle admin certificates``: those of correspondents, where they come from, what was decided."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from gateway import bootstrap
from gateway.cli.output import print_json, print_table
from gateway.errors import NotFound
from gateway.house import House
from gateway.outbound.certificates import refusal
from gateway.outbound.harvest import WORDS, decide, out_of_dates
from gateway.settings import Settings
from parsers.certificates import describe
from parsers.errors import ParseError
from storage import certbook
from storage.certbook import CertificateState, KnownCertificate

_BY = "ligne de commande"
_LIMIT = 500


def add_to(words: Any) -> None:
    """Declare ``admin certificates list|show|confirm|refuse|ask``."""
    certificates = words.add_parser("certificates", help="certificats des correspondants")
    verbs = certificates.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="ceux de l'annuaire et ceux vus dans le courrier signé")
    listing.add_argument("--state", choices=[str(s) for s in CertificateState], action="append")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_list)
    for name, words_of, run in (
        ("show", "un certificat vu dans le courrier", _show),
        ("confirm", "l'employer pour chiffrer les lettres", _confirm),
        ("refuse", "ne pas l'employer, ou ne plus l'employer", _refuse),
    ):
        one = verbs.add_parser(name, help=words_of)
        one.add_argument("id", type=int, metavar="NUMÉRO")
        one.add_argument("--json", action="store_true")
        one.set_defaults(run=run)
    ask = verbs.add_parser(
        "ask", help="quel certificat servirait aujourd'hui pour une adresse, et pourquoi"
    )
    ask.add_argument("address", metavar="ADRESSE")
    ask.add_argument("--json", action="store_true")
    ask.set_defaults(run=_ask)


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    at = house.clock.now()
    states = [CertificateState(s) for s in arguments.state or list(CertificateState)]
    with house.database.reading() as session:
        told = [_told(row, at) for row in certbook.listed(session, states, _LIMIT)]
    if not arguments.state:
        told = [*_of_directory(house, at), *told]
    house.close()
    if arguments.json:
        print_json(told)
        return 0
    heads = ("n°", "adresse", "certificat", "empreinte", "jusqu'au", "source", "décision", "emploi")
    print_table("Certificats des correspondants", heads, [_cells(one) for one in told])
    return 0


def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    with house.database.reading() as session:
        row = certbook.get(session, arguments.id)
    if row is None:
        house.close()
        raise NotFound(f"Aucun certificat ne porte le numéro {arguments.id} ; rien n'a changé.")
    told = _told(row, house.clock.now())
    house.close()
    if arguments.json:
        print_json(told)
    else:
        print_table(f"Certificat {row.id}", ("", ""), [(k, str(v or "—")) for k, v in told.items()])
    return 0


def _confirm(arguments: argparse.Namespace, settings: Settings) -> int:
    return _decide(arguments, settings, CertificateState.CONFIRMED)


def _refuse(arguments: argparse.Namespace, settings: Settings) -> int:
    return _decide(arguments, settings, CertificateState.REJECTED)


def _decide(arguments: argparse.Namespace, settings: Settings, after: CertificateState) -> int:
    house = bootstrap.build(settings)
    try:
        with house.database.transaction() as session:
            row, (kind, subject, fields) = decide(session, arguments.id, after, _BY, house.clock.now())
            house.recorder.add(session, kind, subject, **fields)
    finally:
        house.close()
    if arguments.json:
        print_json({"id": arguments.id, "before": fields["before"], "state": str(after)})
    elif after is CertificateState.CONFIRMED:
        print(f"Certificat {arguments.id} confirmé : les lettres à {row.address} partiront chiffrées.")
    else:
        print(f"Certificat {arguments.id} écarté : il ne chiffrera aucune lettre.")
    return 0


def _ask(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    with house.database.reading() as session:
        choice = house.chooser()(session, arguments.address, house.clock.now())
    house.close()
    found = describe(choice.certificate).fingerprint if choice.certificate is not None else None
    if arguments.json:
        print_json({"address": arguments.address, "certificate": found, "reasons": list(choice.reasons)})
    else:
        print("\n".join(choice.reasons))
    return 0


def _told(row: KnownCertificate, at: datetime) -> dict[str, Any]:
    shown = {"id", "address", "subject", "issuer", "fingerprint", "not_before", "not_after", "verdict"}
    decided = {"state", "seen_in", "seen_at", "decided_by", "decided_at"}
    told = row.model_dump(mode="json", include=shown | decided)
    return {**told, "source": "mail", "refusal": out_of_dates(row, at)}


def _of_directory(house: House, at: datetime) -> list[dict[str, Any]]:
    found = []
    for who in house.circuits.directory.correspondents:
        for der in who.certificates:
            try:
                details = describe(der)
            except ParseError:
                continue  # the loader of the directory has already said it
            found.append(
                {
                    "id": None,
                    "address": who.address,
                    "subject": details.subject,
                    "issuer": details.issuer,
                    "fingerprint": details.fingerprint,
                    "not_before": details.not_before.isoformat(),
                    "not_after": details.not_after.isoformat(),
                    "state": "directory",
                    "source": "directory",
                    "refusal": refusal(der, house.trust, at),
                }
            )
    return found


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    state = one["state"]
    return (
        str(one["id"] or "—"),
        one["address"],
        one["subject"],
        one["fingerprint"][:16],
        one["not_after"][:10],
        "annuaire" if one["source"] == "directory" else "courrier signé",
        "fichier de l'annuaire" if state == "directory" else WORDS[CertificateState(state)],
        one["refusal"] or "peut servir",
    )
