"""``passerelle``: the words of the command line. Exit 0 done, 1 refused or not found, 2 wrong usage.

With ``--json`` standard output carries one JSON document and nothing else; sentences for people and
the log go to standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway import log
from gateway.cli import (
    admin,
    audit,
    case,
    config,
    contestations,
    deadlines,
    demo,
    ledger,
    letter,
    mail,
    outbox,
    queue,
    serve,
)
from gateway.errors import PasserelleError
from gateway.settings import Settings, load
from parsers.errors import ParseError
from storage.errors import StorageError

Command = Callable[[argparse.Namespace, Settings], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; every refusal is one French sentence on standard error and exit status 1."""
    arguments = parser().parse_args(argv)
    log.configure("INFO" if arguments.verbose else "WARNING")
    command: Command = arguments.run
    try:
        return command(arguments, load(arguments.config))
    except (PasserelleError, StorageError) as error:
        print(error.public, file=sys.stderr)
    except ParseError as error:
        print(error.message, file=sys.stderr)
    except KeyboardInterrupt:
        print("Arrêté à la demande ; rien n'est perdu.", file=sys.stderr)
        return 130
    return 1


def parser() -> argparse.ArgumentParser:
    """The whole grammar, in the order of ``docs/operations.md``."""
    root = argparse.ArgumentParser(
        prog="passerelle",
        description="Passerelle : rien de perdu, rien de divulgué, tout se prouve.",
    )
    root.add_argument("--config", type=Path, default=None, help="fichier de réglages (gateway.toml)")
    root.add_argument("--verbose", action="store_true", help="journal détaillé sur la sortie d'erreur")
    verbs = root.add_subparsers(dest="command", required=True, metavar="COMMANDE")
    for room in (
        demo,
        serve,
        mail,
        queue,
        case,
        deadlines,
        outbox,
        letter,
        contestations,
        ledger,
        config,
        audit,
        admin,
    ):
        room.add_to(verbs)
    return root
