"""What the configuration calls things: kinds of documents, due dates. Codes become words people know."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.circuits.model import REPORT_TITLES, Circuit


def kind_titles(circuits: Iterable[Circuit]) -> dict[str, str]:
    """Titles of every kind of document, all these circuits together."""
    titles: dict[str, str] = dict(REPORT_TITLES)
    for circuit in circuits:
        titles |= circuit.kind_titles
    return titles


def names(circuits: Iterable[Circuit]) -> dict[str, str]:
    """Titles of kinds of documents and of due dates; ``kind:<name>`` is never that of a due date."""
    known = list(circuits)
    kinds = kind_titles(known)
    told = {f"kind:{name}": title for name, title in kinds.items()} | kinds
    told |= {rule.kind: rule.title for c in known for rule in c.deadlines}
    return told | {event.name: event.title for c in known for event in c.events}
