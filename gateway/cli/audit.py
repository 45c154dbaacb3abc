"""``passerelle audit verify | checkpoint``: is the log whole, and its seal."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from gateway import bootstrap
from gateway.cli.output import print_json
from gateway.settings import Settings


def add_to(verbs: Any) -> None:
    """Declare ``audit verify`` and ``audit checkpoint``."""
    audit = verbs.add_parser("audit", help="le journal infalsifiable")
    words = audit.add_subparsers(dest="word", required=True)
    verify = words.add_parser("verify", help="le journal est entier, dans l'ordre, non modifié")
    verify.add_argument("--json", action="store_true")
    verify.set_defaults(run=_verify)
    seal = words.add_parser("checkpoint", help="sceller le journal maintenant")
    seal.set_defaults(run=_checkpoint)


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
