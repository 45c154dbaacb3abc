"""What the configuration calls things: kinds of documents, due dates, queues, letters. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gateway.circuits.directory import Directory
from gateway.circuits.model import CAISSE, REPORT_TITLES, Circuit
from gateway.web.items.papers import FACT_LABELS, labels

_CONDITION = re.compile(r"\s*\{%-?\s*if\b.*?\{%-?\s*endif\s*-?%\}")
_VARIABLE = re.compile(r"(\s+(?:du|le|pour le))?\s*\{\{.*?\}\}")
"""What depends on the case in the subject of a letter, with the word before it."""


OWN_LETTERS: Mapping[str, str] = {
    "avis-de-traitement": "Avis de traitement",
    "alerte-registre": "Alerte du registre des boîtes",
    "temoin": "Dépôt de la racine du journal",
}
"""What leaves without a model of a circuit."""


def kind_titles(circuits: Iterable[Circuit]) -> dict[str, str]:
    """Titles of every kind of document, all these circuits together."""
    titles: dict[str, str] = dict(REPORT_TITLES)
    for circuit in circuits:
        titles |= circuit.kind_titles
    return titles


def letter_titles(circuits: Iterable[Circuit]) -> dict[str, str]:
    """What each model of letter is called: by the desk that writes it, else by its subject."""
    titles: dict[str, str] = dict(OWN_LETTERS)
    for circuit in circuits:
        by_hand = {one.letter: one.title for one in circuit.desk.letters} if circuit.desk else {}
        titles |= {name: by_hand.get(name) or subject(one.subject) for name, one in circuit.letters.items()}
    return titles


def subject(model: str) -> str:
    """The subject of a model without what depends on the case."""
    return " ".join(_VARIABLE.sub("", _CONDITION.sub("", model)).split())


def queue_titles(circuits: Iterable[Circuit], directory: Directory) -> dict[str, str]:
    """Titles of every queue, one for each current caisse."""
    titles: dict[str, str] = {}
    for circuit in circuits:
        for queue in circuit.queues:
            if CAISSE not in queue.name:
                titles[queue.name] = queue.title
                continue
            for code, caisse in directory.caisses.items():
                name = queue.name.replace(CAISSE, code)
                found = circuit.queue(name, caisse.label)
                titles |= {name: found.title} if found is not None else {}
    return titles


def field_titles(circuits: Iterable[Circuit]) -> dict[str, str]:
    """Labels of the fields of every form, and of what containers say."""
    titles: dict[str, str] = dict(FACT_LABELS)
    for circuit in circuits:
        for kind in circuit.templates:
            titles |= labels(circuit, kind)
    return titles


def names(circuits: Iterable[Circuit], directory: Directory | None = None) -> Mapping[str, str]:
    """Titles of kinds of documents, of due dates, of events of a case, of letters, of fields of forms, and
    of queues with ``directory``; ``kind:…``, ``letter:…`` and ``field:…`` are never those of another."""
    known = list(circuits)
    kinds = kind_titles(known)
    told = {f"kind:{name}": title for name, title in kinds.items()} | kinds
    told |= {rule.kind: rule.title for c in known for rule in c.deadlines}
    told |= {event.name: event.title for c in known for event in c.events}
    told |= {f"letter:{name}": title for name, title in letter_titles(known).items()}
    told |= {f"field:{name}": title for name, title in field_titles(known).items()}
    return told | (queue_titles(known, directory) if directory is not None else {})
