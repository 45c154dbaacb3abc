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
    """Titles of kinds of documents and of due dates."""
    known = list(circuits)
    told = kind_titles(known) | {rule.kind: rule.title for c in known for rule in c.deadlines}
    return told | {event.name: event.title for c in known for event in c.events}
