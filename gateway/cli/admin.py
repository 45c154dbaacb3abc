"""``passerelle admin``: people, keys, rebuilding the database from the vault."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway import bootstrap, flow
from gateway.cli import certificates, contestations, token
from gateway.cli.output import print_table, say
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.identities import pem_of
from gateway.intake.orphans import sweep_orphans
from gateway.reopening import open_locked
from gateway.settings import Settings
from gateway.web.access import known_role
from gateway.web.doorstep.passwords import Passwords, weakness
from gateway.web.rights import SPILLS, book_of
from parsers.certificates import identities_from
from parsers.errors import ParseError
from storage import deliveries, people, sessions
from storage.deliveries import DeliveryState
from storage.people import Person

_EVERYTHING = datetime.max.replace(tzinfo=UTC)
"""A rebuild leaves no mail out, were it noted by a clock that ran ahead of this machine's."""


def add_to(verbs: Any) -> None:
    """Declare the ``admin`` verbs."""
    admin = verbs.add_parser("admin", help="personnes, clés, reconstruction")
    words = admin.add_subparsers(dest="word", required=True)
    rebuild = words.add_parser("rebuild", help="reprendre dans la base tout ce que le coffre détient")
    rebuild.set_defaults(run=_rebuild)
    forget = words.add_parser(
        "forget-ocr", help="oublier les pages déjà reconnues ; elles le seront de nouveau au besoin"
    )
    forget.set_defaults(run=_forget_ocr)
    rotate = words.add_parser(
        "rotate-key", help="nouvelle clé de chiffrement ; les anciennes enveloppes sont refaites"
    )
    rotate.set_defaults(run=_rotate)
    key = words.add_parser(
        "add-identity", help="ajouter la clé S/MIME d'une boîte (PEM ou PKCS#12) ; ouvre ce qui l'attendait"
    )
    key.add_argument("mailbox")
    key.add_argument("file", type=Path)
    key.add_argument("--retired", action="store_true", help="ne sert plus qu'à déchiffrer")
    key.set_defaults(run=_add_identity)
    person = words.add_parser("add-person", help="créer un compte ; le mot de passe est lu au clavier")
    person.add_argument("login")
    person.add_argument("name")
    person.add_argument(
        "roles",
        nargs="+",
        help="cnse-admin, cnse-medical, cpam:<code>, supervisor, auditor, admin, ou un rôle d'un circuit",
    )
    person.add_argument(
        "--email", default=None, help="adresse par laquelle la connexion unique le reconnaît"
    )
    person.set_defaults(run=_add_person)
    token.add_to(words)
    certificates.add_to(words)
    contestations.add_retention(words)


def _rebuild(_arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    door = bootstrap.door(house)
    found = sweep_orphans(door, _EVERYTHING)
    say(f"{found} message(s) du coffre repris dans la base ; ils refont leur voyage.")
    with house.database.reading() as session:
        waiting = deliveries.unfinished(session)
    ended = [flow.run_to_rest(house, sha256) for sha256 in waiting]
    house.recorder.checkpoint(house.database)
    house.close()
    aside = ended.count(DeliveryState.SET_ASIDE)
    print(f"{len(ended)} message(s) traités, dont {aside} mis de côté.")
    return 0


def _forget_ocr(_arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    memory = bootstrap.ocr_memory(settings, house.database, house.vault, house.clock)
    gone = memory.forget_all()
    house.close()
    print(f"{gone} page(s) reconnue(s) oubliée(s) ; aucun message n'a changé.")
    return 0


def _rotate(_arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    new = house.ring.rotate()
    rewrapped = sum(1 for _ in house.vault.rewrap())
    with house.database.transaction() as session:
        house.recorder.add(session, Kind.KEY, f"key:{new}", action="rotation", blobs=rewrapped)
    house.close()
    print(
        f"Clé {new} en service ; {rewrapped} enveloppe(s) refaite(s). L'ancienne clé reste au trousseau : "
        "vos sauvegardes en ont besoin."
    )
    return 0


def _add_identity(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    try:
        data = arguments.file.read_bytes()
    except OSError:
        raise NotFound(f"Le fichier « {arguments.file} » ne se lit pas ; rien n'a changé.") from None
    asked = None
    if not data.lstrip().startswith(b"-----"):
        asked = getpass.getpass("Mot de passe du fichier : ") if sys.stdin.isatty() else _first_line()
    try:
        identities = identities_from(data, asked)
    except ParseError as error:
        raise Refused(f"{error.message} Aucune clé n'a été ajoutée.") from None
    for number, identity in enumerate(identities):
        name = f"{arguments.file.stem}-{number}" if number else arguments.file.stem
        house.ring.add_identity(arguments.mailbox, name, pem_of(identity), retired=arguments.retired)
    with house.database.transaction() as session:
        house.recorder.add(
            session,
            Kind.KEY,
            f"mailbox:{arguments.mailbox}",
            action="identity added",
            count=len(identities),
        )
    opened, shut = open_locked(house, arguments.mailbox, "ligne de commande")
    house.close()
    print(f"{len(identities)} identité(s) ajoutée(s) à {arguments.mailbox}.")
    if opened:
        print(f"{opened} message(s) qui attendaient une clé ont été ouverts et rangés.")
    if shut:
        say(f"{shut} message(s) de cette boîte restent en quarantaine : aucune de ses clés ne les ouvre.")
    return 0


def _add_person(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    book = book_of(house.circuits.by_name)
    wrong = [role for role in arguments.roles if not known_role(role, house.circuits.directory, book)]
    if wrong:
        raise Refused(
            f"Rôle inconnu : {', '.join(wrong)} ; aucun compte n'a été créé. Les rôles sont "
            f"{', '.join(name for name in book.rights if name != 'cpam')} et cpam:<code de l'annuaire>."
        )
    if book.spills(arguments.roles):
        raise Refused(f"{SPILLS} ; aucun compte n'a été créé. Faites deux comptes.")
    password = getpass.getpass("Mot de passe : ") if sys.stdin.isatty() else _first_line()
    weak = weakness(password, arguments.login, arguments.name, arguments.email or "")
    if weak is not None:
        raise Refused(f"{weak} Ici, aucun compte n'a été créé.")
    person = Person(
        email=people.folded(arguments.email),
        login=arguments.login,
        name=arguments.name,
        password_hash=Passwords().hash(password),
        roles=arguments.roles,
    )
    with house.database.transaction() as session:
        known = people.get(session, arguments.login) is not None
        if people.add(session, person):
            sessions.close_sessions(session, person.login)
        house.recorder.add(
            session,
            Kind.PERSON,
            f"person:{arguments.login}",
            action="account-replaced" if known else "account-created",
            roles=arguments.roles,
        )
    house.close()
    print_table(
        "Compte remplacé" if known else "Compte créé",
        ("login", "nom", "rôles"),
        [(arguments.login, arguments.name, " ".join(arguments.roles))],
    )
    return 0


def _first_line() -> str:
    return sys.stdin.readline().rstrip("\n")
