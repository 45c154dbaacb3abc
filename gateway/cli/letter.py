"""``passerelle letter``: models of letters, each seen as it would leave, text and accessible page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from gateway import bootstrap
from gateway.circuits.letter_contract import ELEMENTS, missing
from gateway.circuits.model import Circuit, Letter
from gateway.cli.output import print_json, print_table, say
from gateway.clock import SystemClock
from gateway.errors import NotFound, Refused
from gateway.outbound.preview import Preview, of_case, preview
from gateway.settings import Settings
from storage import cases, deadlines

_CONTENTS = {"plain": "sans nom", "personal": "nomme le bénéficiaire", "medical": "médicale"}


def add_to(verbs: Any) -> None:
    """Declare ``letter list`` and ``letter preview``."""
    letter = verbs.add_parser("letter", help="modèles de lettres : liste et aperçu")
    words = letter.add_subparsers(dest="word", required=True)
    listing = words.add_parser("list", help="les modèles de chaque circuit et ce que chacun dit")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_list)
    one = words.add_parser("preview", help="une lettre telle qu'elle partirait")
    one.add_argument("name", metavar="LETTRE")
    one.add_argument("--circuit", default=None, help="quand deux circuits ont une lettre de ce nom")
    one.add_argument("--case", default=None, metavar="DOSSIER", help="avec ce que ce dossier sait")
    one.add_argument("--encrypted", action="store_true", help="telle qu'elle partirait chiffrée")
    one.add_argument("--html", type=Path, default=None, metavar="FICHIER", help="y écrire la page")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=_preview)


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    loaded = bootstrap.rules(settings).by_name.values()
    told = [_told(circuit, letter) for circuit in loaded for letter in circuit.letters.values()]
    if arguments.json:
        print_json(told)
        return 0
    rows = [
        (
            one["circuit"],
            one["name"],
            _CONTENTS[one["content"]],
            one["instead"] or "—",
            ", ".join(ELEMENTS[e] for e in one["missing"]) or "rien",
            "\n".join(f"sans {ELEMENTS[g['element']]} : {g['reason']}" for g in one["without"]) or "—",
        )
        for one in told
    ]
    heads = ("circuit", "lettre", "contenu", "à la place, en clair", "manque", "déclaré sans")
    print_table("Lettres", heads, rows)
    return 0


def _preview(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.case is not None:
        made = _of_case(arguments, settings)
    else:
        circuit = _circuit(arguments, settings)
        at = SystemClock().now()
        made = preview(circuit, arguments.name, at, encrypted=arguments.encrypted)
    if made.used is not made.asked:
        say(f"« {made.asked.name} » ne part pas en clair : « {made.used.name} » part à sa place.")
    if arguments.html is not None:
        try:
            arguments.html.write_text(made.html, "utf-8")
        except OSError:
            raise Refused(
                f"Le fichier « {arguments.html} » ne s'écrit pas ; choisissez-en un autre."
            ) from None
    if arguments.json:
        print_json(
            {
                "letter": made.asked.name,
                "used": made.used.name,
                "encrypted": made.encrypted,
                "subject": made.subject,
                "text": made.text,
                "html": made.html,
            }
        )
    elif arguments.html is None:
        print(f"Objet : {made.subject}\n\n{made.text}", end="")
    else:
        print(f"Page écrite dans {arguments.html}.")
    return 0


def _of_case(arguments: argparse.Namespace, settings: Settings) -> Preview:
    """With what the case says, as it would leave in clear: nobody is named, nothing secret is opened."""
    if arguments.encrypted:
        raise Refused("L'aperçu d'un dossier ne nomme personne : retirez --encrypted, ou --case.")
    house = bootstrap.build(settings)
    try:
        with house.database.reading() as session:
            case = cases.get(session, arguments.case)
            if case is None or case.id is None:
                raise NotFound(f"Aucun dossier ne porte la référence {arguments.case} ; rien n'a changé.")
            pending = deadlines.pending_of_case(session, case.id)
        circuit = house.circuit(case.circuit)
        at = house.clock.now()
        context = of_case(circuit, house.circuits.directory, case, pending, arguments.name, at)
        return preview(circuit, arguments.name, at, context=context)
    finally:
        house.close()


def _circuit(arguments: argparse.Namespace, settings: Settings) -> Circuit:
    by_name = bootstrap.rules(settings).by_name
    if arguments.circuit is not None:
        if arguments.circuit not in by_name:
            raise NotFound(f"Le circuit « {arguments.circuit} » n'est pas en service ; rien n'a changé.")
        return by_name[arguments.circuit]
    found = [circuit for circuit in by_name.values() if arguments.name in circuit.letters]
    if len(found) > 1:
        names = ", ".join(circuit.name for circuit in found)
        raise Refused(f"Plusieurs circuits ont cette lettre ({names}) : précisez --circuit.")
    if not found:
        raise NotFound(f"Aucun circuit n'a de lettre « {arguments.name} » ; voyez « letter list ».")
    return found[0]


def _told(circuit: Circuit, letter: Letter) -> dict[str, Any]:
    return {
        "circuit": circuit.name,
        "name": letter.name,
        "content": letter.content,
        "instead": letter.instead,
        "expects": letter.expects,
        "within_days": letter.within_days,
        "missing": list(missing(letter)),
        "without": [{"element": element, "reason": reason} for element, reason in letter.without],
    }
