"""``passerelle config check`` and ``passerelle doctor``: what is wrong before it hurts."""

from __future__ import annotations

import argparse
from typing import Any

from gateway import bootstrap, checkup
from gateway.cli.output import print_json, print_table, say
from gateway.cli.rules import rules_page
from gateway.contestations.schedule import load_retention
from gateway.settings import Settings


def add_to(verbs: Any) -> None:
    """Declare ``config check`` and ``doctor``."""
    config = verbs.add_parser("config", help="la configuration")
    words = config.add_subparsers(dest="word", required=True)
    check = words.add_parser("check", help="toutes les fautes de la configuration, d'un coup")
    check.set_defaults(run=_check)
    rules = words.add_parser("rules", help="la page des délais (docs/rules.md), écrite depuis les données")
    rules.set_defaults(run=_rules)
    doctor = verbs.add_parser("doctor", help="services, clés, certificats, disque, horloge")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(run=_doctor)


def _check(_arguments: argparse.Namespace, settings: Settings) -> int:
    circuits = bootstrap.rules(settings)
    bootstrap.calendars(settings)
    load_retention(settings.config)
    for circuit in circuits.by_name.values():
        print(
            f"{circuit.name} : {len(circuit.kinds)} natures de pièce, {len(circuit.routes)} routes, "
            f"{len(circuit.deadlines)} délais, {len(circuit.letters)} lettres. "
            f"Règles {circuit.rules_hash[:12]}."
        )
    for warning in circuits.warnings:
        say(f"À savoir : {warning}")
    print("Configuration acceptée.")
    return 0


def _rules(_arguments: argparse.Namespace, settings: Settings) -> int:
    print(rules_page(bootstrap.rules(settings).by_name.values()), end="")
    return 0


def _doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    findings = checkup.examine(settings)
    if arguments.json:
        print_json([{"name": f.name, "ok": f.ok, "detail": f.detail} for f in findings])
    else:
        print_table(
            "Examen",
            ("", "quoi", "constat"),
            [("✓" if f.ok else "✗", f.name, f.detail) for f in findings],
        )
    return 0 if all(finding.ok for finding in findings) else 1
