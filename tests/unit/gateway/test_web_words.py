"""Codes of the configuration as words."""

from __future__ import annotations

from gateway.web.words import kind_titles, names
from tests.builders import seed


def test_every_kind_and_due_date_of_the_shipped_circuit_has_a_title() -> None:
    circuits = seed.circuits().by_name.values()
    titles = kind_titles(circuits)
    assert titles["cover-note"] == "Texte du message"
    assert titles["decoration"] == "Élément du message"
    for circuit in circuits:
        for rule in circuit.kinds:
            assert titles[rule.name] != rule.name
        for deadline in circuit.deadlines:
            assert names(circuits)[deadline.kind] == deadline.title


def test_without_a_circuit_the_parts_of_a_mail_keep_their_names() -> None:
    assert names([])["delivery-report"] == "Rapport de remise"
