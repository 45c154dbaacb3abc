"""Residence documents, mail by mail: what ``mail explain`` says is what was read and agreed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from gateway import bootstrap
from gateway.circuits.model import Circuit
from tests.builders import golden_sejour, mails_sejour
from tests.builders.desk import Desk, Sample


@pytest.fixture(scope="module")
def circuit() -> Circuit:
    return bootstrap.rules(golden_sejour.settings()).by_name[mails_sejour.CIRCUIT]


@pytest.mark.parametrize("build", mails_sejour.SAMPLES, ids=lambda build: build.__name__)
def test_each_mail_is_explained_as_it_is_written(desk: Desk, build: Callable[[Desk], Sample]) -> None:
    sample = build(desk)
    kept = json.loads(golden_sejour.path_of(sample).read_text("utf-8"))
    assert golden_sejour.describe(sample) == kept
    assert kept["decision"]["queue"] == sample.expect


def test_each_golden_file_has_its_mail(desk: Desk) -> None:
    written = {golden_sejour.path_of(build(desk)) for build in mails_sejour.SAMPLES}
    assert set(golden_sejour.FOLDER.glob("*.json")) == written


def test_every_type_of_the_letter_says_its_source_its_status_and_its_day(circuit: Circuit) -> None:
    own = [r for r in circuit.routes if r.kind not in {"other", "piece-medicale"}]
    assert len(own) == 20
    for rule in own:
        assert rule.basis is not None
        assert "D18-018498" in rule.basis
        assert rule.since is not None
        assert rule.reasons[1].endswith(("statut : confirmé.", "statut : à confirmer."))
    unsure = {r.kind for r in own if r.status == "to be confirmed"}
    assert unsure == {"etudiant-vls-ts", "conjoint-vls-ts", "depot-en-ligne", "teleprocedure"}


def test_no_delay_of_this_circuit_is_hardened(circuit: Circuit) -> None:
    """The letter sets none: every number of days is a setting, and says so."""
    assert {rule.status for rule in circuit.deadlines} == {"to be confirmed"}
    assert all("valeur de configuration" in rule.basis for rule in circuit.deadlines)


def test_both_circuits_are_accepted_together_and_nothing_but_telephones_is_missing() -> None:
    found = bootstrap.rules(golden_sejour.settings())
    assert set(found.by_name) == {"soins-programmes-algerie", mails_sejour.CIRCUIT}
    assert all("téléphone" in warning.message for warning in found.warnings)


def test_nothing_of_the_other_circuit_is_in_this_one(circuit: Circuit) -> None:
    assert (circuit.contestations, circuit.registration, circuit.forwarding) == (None, None, None)
    words = " ".join(letter.subject + letter.body for letter in circuit.letters.values())
    for other in ("CNSE", "CNAS", "SE 352", "31/2021"):
        assert other not in words
