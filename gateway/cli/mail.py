"""``passerelle mail ingest | explain | release | aside``: mails by hand."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import mailbox
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway import bootstrap, explain, flow, unlocking
from gateway.cli import explain_html
from gateway.cli.output import print_json, print_table, say
from gateway.clock import PARIS
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.house import House
from gateway.intake.accept import Accepted, Door
from gateway.intake.envelope import Envelope
from gateway.settings import Settings
from storage import deliveries
from storage.deliveries import DeliveryState, Via


def add_to(verbs: Any) -> None:
    """Declare the ``mail`` verbs."""
    mail = verbs.add_parser("mail", help="recevoir, expliquer, relâcher des messages")
    words = mail.add_subparsers(dest="word", required=True)
    ingest = words.add_parser("ingest", help="recevoir des fichiers .eml, un mbox ou un Maildir")
    ingest.add_argument("files", nargs="+", type=Path, metavar="FILE")
    ingest.add_argument("--mailbox", default=None, help="boîte d'arrivée (sinon : d'après le message)")
    ingest.add_argument("--json", action="store_true")
    ingest.set_defaults(run=_ingest)
    told = words.add_parser("explain", help="chaque étape pour un message, sans rien écrire")
    told.add_argument("file", type=Path, metavar="FILE")
    told.add_argument("--mailbox", default=None)
    told.add_argument("--json", action="store_true")
    told.add_argument("--html", type=Path, default=None, metavar="OUT.html", help="une page à ouvrir seule")
    told.add_argument(
        "--medical", action="store_true", help="avec --html : y mettre le contenu des pièces médicales"
    )
    told.set_defaults(run=_explain)
    release = words.add_parser("release", help="relâcher un message mis de côté vers son étape")
    release.add_argument("id", metavar="ID", help="SHA-256 du message, ou son début")
    release.set_defaults(run=_release)
    locked = words.add_parser(
        "password",
        help="ouvrir une pièce verrouillée ; le mot de passe est lu au clavier, gardé nulle part",
    )
    locked.add_argument("id", metavar="ID", help="SHA-256 du message, ou son début")
    locked.add_argument(
        "document", metavar="PIECE", help="numéro d'ordre de la pièce, à partir de 1, ou son nom"
    )
    locked.set_defaults(run=_password)
    aside = words.add_parser("aside", help="les messages mis de côté, avec étape et raison")
    aside.add_argument("--json", action="store_true")
    aside.set_defaults(run=_aside)


def _ingest(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    door = bootstrap.door(house)
    results: list[dict[str, object]] = []
    failed = 0
    for file in arguments.files:
        for raw in _messages(file):
            accepted = _accept(house, door, raw, arguments.mailbox)
            state = flow.run_to_rest(house, accepted.sha256)
            failed += state is DeliveryState.SET_ASIDE
            results.append(
                {
                    "file": str(file),
                    "delivery": accepted.sha256,
                    "duplicate": accepted.duplicate,
                    "state": str(state),
                }
            )
    house.recorder.checkpoint(house.database)
    house.close()
    if arguments.json:
        print_json(results)
    else:
        print_table(
            "Messages reçus",
            ("fichier", "message", "état"),
            [(str(r["file"]), str(r["delivery"])[:12], _state_in_french(r)) for r in results],
        )
    if failed:
        say(f"{failed} message(s) mis de côté : `passerelle mail aside` dit à quelle étape et pourquoi.")
    return 0


def _accept(house: House, door: Door, raw: bytes, chosen: str | None) -> Accepted:
    sender, address = explain.addressed(raw, house.circuits, chosen)
    return door.accept(raw, Envelope(Via.FILE, address, sender, (address,)))


def _messages(file: Path) -> Iterator[bytes]:
    """The raw messages of a file, an mbox or a Maildir. Raises ``NotFound``."""
    if file.is_dir():
        if not ((file / "cur").is_dir() and (file / "new").is_dir()):
            raise NotFound(f"« {file} » n'est pas un Maildir ; rien n'a été lu.")
        box = mailbox.Maildir(file, create=False)
        for key in sorted(box.keys()):
            yield box.get_bytes(key)
        return
    try:
        raw = file.read_bytes()
    except OSError:
        raise NotFound(
            f"Le fichier « {file} » n'existe pas ou ne se lit pas ; rien n'a été reçu."
        ) from None
    if raw.startswith(b"From "):
        with contextlib.closing(mailbox.mbox(file, create=False)) as mbox:
            for key in sorted(mbox.iterkeys(), key=int):
                yield mbox.get_bytes(key)
        return
    yield raw


def _explain(arguments: argparse.Namespace, settings: Settings) -> int:
    raw = next(_messages(arguments.file), b"")
    if arguments.html is not None:
        return _explain_on_a_page(raw, arguments, settings)
    told = explain.explain(raw, settings, arguments.mailbox)
    if arguments.json:
        print_json(told)
    else:
        sys.stdout.write(explain.in_french(told))
    return 0


def _explain_on_a_page(raw: bytes, arguments: argparse.Namespace, settings: Settings) -> int:
    medical: bool = arguments.medical
    explained = explain.examine(
        raw, settings, arguments.mailbox, lambda row: explain_html.shown(row, medical)
    )
    page = explain_html.page(explained, medical).encode("utf-8")
    out: Path = arguments.html
    try:
        # What was read of a mail is for one pair of eyes: never readable by others, even for a moment.
        out.unlink(missing_ok=True)
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(page)
    except OSError:
        raise Refused(
            f"« {out} » ne peut pas être écrit ; rien n'a changé : choisissez un autre fichier."
        ) from None
    if arguments.json:
        print_json(explained.told)
    else:
        say(f"L'explication est dans « {out} ».")
    return 0


def _release(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    try:
        delivery = _released(house, arguments.id)
        state = flow.run_to_rest(house, delivery)
    finally:
        house.close()
    if state is DeliveryState.SET_ASIDE:
        raise Refused(
            "Le message a été relâché mais la même étape l'a remis de côté ; il reste conservé : "
            "`passerelle mail aside` dit pourquoi."
        )
    print(f"{delivery[:12]} : relâché, arrivé à l'état {state}.")
    return 0


def _released(house: House, prefix: str) -> str:
    with house.database.transaction() as session:
        delivery = deliveries.get(session, prefix)
        if delivery is None:
            raise NotFound(
                f"Aucun message ne porte l'identifiant « {prefix} », ou plusieurs ; rien n'a changé."
            )
        if not deliveries.release(session, delivery.sha256, house.clock.now()):
            raise Refused("Ce message n'est pas mis de côté ; rien n'a changé.")
        house.recorder.add(
            session,
            Kind.RELEASED,
            f"delivery:{delivery.sha256}",
            step=delivery.set_aside_step or "",
            person="ligne de commande",
        )
    return delivery.sha256


def _password(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    try:
        delivery, position = unlocking.find(house, arguments.id, arguments.document)
        given = getpass.getpass("Mot de passe : ") if sys.stdin.isatty() else sys.stdin.readline()
        unlocking.unlock(house, delivery, position, given.rstrip("\r\n"), "ligne de commande")
        state = flow.run_to_rest(house, delivery)
    finally:
        house.close()
    print(f"{delivery[:12]} : la pièce est ouverte et relue, le message est à l'état {state}.")
    return 0


def _aside(arguments: argparse.Namespace, settings: Settings) -> int:
    house = bootstrap.build(settings)
    with house.database.reading() as session:
        found = deliveries.list_state(session, [DeliveryState.SET_ASIDE], 1000)
    house.close()
    if arguments.json:
        print_json(
            [
                {
                    "delivery": d.sha256,
                    "step": d.set_aside_step,
                    "reason": d.set_aside_reason,
                    "at": d.set_aside_at.isoformat() if d.set_aside_at else None,
                    "mailbox": d.mailbox,
                    "sender": d.envelope_from,
                }
                for d in found
            ]
        )
    else:
        print_table(
            "Messages mis de côté",
            ("message", "depuis", "étape", "raison", "expéditeur"),
            [
                (
                    d.sha256[:12],
                    f"{d.set_aside_at.astimezone(PARIS):%d/%m/%Y %H:%M}" if d.set_aside_at else "",
                    d.set_aside_step or "",
                    d.set_aside_reason or "",
                    d.envelope_from,
                )
                for d in found
            ],
        )
    return 0


def _state_in_french(result: dict[str, object]) -> str:
    if result["duplicate"]:
        return "déjà reçu (doublon)"
    return "mis de côté" if result["state"] == DeliveryState.SET_ASIDE else "traité"
