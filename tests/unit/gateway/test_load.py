"""The circuits as they are shipped: what the loader makes of them, and what it never hardens."""

from __future__ import annotations

import shutil
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.circuits.load import Circuits, load_circuits
from gateway.circuits.model import OTHER, Circuit, Start, Unit, in_force
from gateway.errors import ConfigError
from parsers.classify import Evidence, classify
from parsers.documents import inspect
from parsers.reading import Context, interpret
from tests.builders import forms

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "config"
FIRST = CONFIG / "circuits" / "soins-programmes-algerie"
SMALL = ROOT / "tests" / "circuits" / "transports-sanitaires"


@pytest.fixture(scope="module")
def loaded() -> Circuits:
    return load_circuits(CONFIG, [FIRST, SMALL])


@pytest.fixture(scope="module")
def circuit(loaded: Circuits) -> Circuit:
    return loaded.by_name["soins-programmes-algerie"]


def test_nothing_is_wrong_and_the_missing_telephones_are_said(loaded: Circuits) -> None:
    assert {w.file for w in loaded.warnings} == {"circuits/soins-programmes-algerie/circuit.toml"}
    assert all("téléphone" in w.message and w.line > 0 for w in loaded.warnings)


def test_kinds_and_queues_are_those_of_the_architecture(circuit: Circuit) -> None:
    assert {kind.name for kind in circuit.kinds} == {
        *("se352-301", "se352-302-request", "se352-302-answer", "medical-report", "quote", "liaison-form"),
        *("contestation", "invoice", "identity-document", "question", "other"),
    }
    assert [queue.name for queue in circuit.queues] == [
        *("cpam-<caisse>", "cnse-administratif", "cnse-medical", "a-identifier", "quarantaine"),
    ]


def test_a_doubt_is_never_hardened(circuit: Circuit) -> None:
    """Only the dates written on the form are confirmed; every number of days chosen here is not."""
    statuses = {rule.kind: rule.status for rule in circuit.deadlines}
    confirmed = [kind for kind, status in statuses.items() if status == "confirmed"]
    assert confirmed == ["coverage-end", "extension-request"]
    coverage, request = (next(r for r in circuit.deadlines if r.kind == kind) for kind in confirmed)
    for rule in (coverage, request):
        assert (rule.start, rule.delay, rule.unit) == (Start.PERIOD_END, 0, Unit.DAY)
    assert coverage.reminders == ()
    assert [(r.days_before, r.attach) for r in request.reminders] == [
        *((days, "prefilled-302") for days in (30, 15, 7, 3)),
    ]
    cnas = next(rule for rule in circuit.deadlines if rule.kind == "cnas-answer")
    assert "non trouvé" in cnas.basis
    assert {template.status for template in circuit.templates.values()} == {"reconstructed"}


def test_a_star_means_every_kind_of_the_circuit(circuit: Circuit) -> None:
    rule = next(rule for rule in circuit.deadlines if rule.kind == "acknowledgement-receipt")
    assert set(rule.document_kinds) == {kind.name for kind in circuit.kinds}


def test_medical_kinds_are_medical_and_go_to_a_medical_queue(circuit: Circuit) -> None:
    medical = {kind.name for kind in circuit.kinds if kind.confidentiality == "medical"}
    assert medical == {"medical-report", OTHER}
    queue = circuit.queue("cnse-medical")
    assert queue is not None
    assert queue.confidentiality == "medical"
    assert queue.roles == ("cnse-medical",)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("cpam-594", True),
        ("cpam-59", False),
        ("cpam-5940", False),
        ("cpam-abc", False),
        ("cpam-<caisse>", False),
        ("a-identifier", True),
        ("ailleurs", False),
    ],
)
def test_a_queue_of_a_caisse_is_found_by_its_code(circuit: Circuit, name: str, found: bool) -> None:
    assert (circuit.queue(name) is not None) is found


def test_the_queue_of_a_caisse_carries_its_label_and_its_role(circuit: Circuit) -> None:
    queue = circuit.queue("cpam-594", "CPAM des Flandres")
    assert queue is not None
    assert (queue.title, queue.roles) == ("CPAM des Flandres", ("cpam:594",))


def test_a_mailbox_belongs_to_one_circuit_whatever_its_case(loaded: Circuits) -> None:
    assert loaded.name_of("Protocole.Algerien@assurance-maladie.FR") == "soins-programmes-algerie"
    assert loaded.name_of("transports@caisse.example") == "transports-sanitaires"
    assert loaded.name_of("personne@caisse.example") is None


def test_every_kind_with_cues_can_reach_its_minimum(loaded: Circuits) -> None:
    for circuit in loaded.by_name.values():
        for kind in circuit.kinds:
            cues = [(cue.where, cue.phrase) for cue in kind.cues]
            assert len(cues) == len(set(cues)), kind.name
            assert not cues or sum(cue.weight for cue in kind.cues) >= kind.minimum, kind.name


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("se352-301", forms.build_301(forms.sample_301(1))),
        ("se352-302-request", forms.build_302(forms.sample_302(2))),
        ("se352-302-answer", forms.build_302(forms.sample_302(3, answered=True))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_circuit_recognises_its_forms(circuit: Circuit, kind: str, content: bytes) -> None:
    readings = interpret(
        inspect(content, "application/pdf", "piece.pdf"),
        {},
        {},
        circuit.kinds,
        circuit.templates,
        Context(name="piece.pdf"),
        sha256(content).hexdigest(),
        date(2026, 11, 23),
    )
    assert [reading.kind for reading in readings] == [kind]


@pytest.mark.parametrize(
    ("kind", "evidence"),
    [
        ("medical-report", Evidence(titles=("COMPTE RENDU D'HOSPITALISATION",))),
        ("medical-report", Evidence(codes=("34112-3",))),
        ("quote", Evidence(titles=("Devis n° 12",), text="Devis n° 12, tarif journalier")),
        ("contestation", Evidence(titles=("Contestation de créance",))),
        ("invoice", Evidence(titles=("Avis des sommes à payer",))),
        ("identity-document", Evidence(titles=("Passeport",))),
        ("liaison-form", Evidence(titles=("Fiche de liaison",))),
        (OTHER, Evidence(titles=("Bonjour",), text="Bonjour")),
    ],
)
def test_the_cues_of_the_circuit_recognise_the_other_kinds(
    circuit: Circuit, kind: str, evidence: Evidence
) -> None:
    assert classify(circuit.kinds, evidence).kind == kind


def test_the_rules_hash_follows_every_file_of_the_folder(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SMALL, tmp_path / "copy"))
    seen = [load_circuits(CONFIG, [folder]).by_name["copy"].rules_hash]
    seen.append(load_circuits(CONFIG, [folder]).by_name["copy"].rules_hash)
    assert seen[0] == seen[1]
    for name in ("circuit.toml", "letters/rappel-transport.txt", "forms/demande-transport.toml"):
        path = folder / name
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
        seen.append(load_circuits(CONFIG, [folder]).by_name["copy"].rules_hash)
    assert len(set(seen)) == 4


def test_a_letter_nobody_sends_is_a_warning(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SMALL, tmp_path / "copy"))
    (folder / "letters" / "oubliée.txt").write_text("Objet : a\n\nb\n", "utf-8")
    warnings = load_circuits(CONFIG, [folder]).warnings
    assert [w.message for w in warnings] == ["cette lettre n'est jamais envoyée"]


def test_a_circuit_named_twice_is_refused(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(SMALL, tmp_path / SMALL.name))
    with pytest.raises(ConfigError) as refused:
        load_circuits(CONFIG, [SMALL, copy])
    assert any("nommé deux fois" in fault.message for fault in refused.value.faults)


def test_a_file_without_its_main_keys_still_has_its_letters_checked(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SMALL, tmp_path / "copy"))
    (folder / "circuit.toml").write_text('title = "x"\n', "utf-8")
    (folder / "letters" / "accuse-transport.txt").write_text("Bonjour", "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_circuits(CONFIG, [folder])
    told = [str(fault) for fault in refused.value.faults]
    assert any("mailboxes : clé manquante" in one for one in told)
    assert any("accuse-transport.txt:1" in one for one in told)


@pytest.mark.parametrize(
    ("first", "last", "day", "expected"),
    [
        (None, None, date(2026, 1, 1), True),
        (date(2026, 1, 1), None, date(2026, 1, 1), True),
        (date(2026, 1, 2), None, date(2026, 1, 1), False),
        (None, date(2026, 1, 1), date(2026, 1, 1), True),
        (None, date(2025, 12, 31), date(2026, 1, 1), False),
    ],
)
def test_both_days_of_a_rule_count(
    first: date | None, last: date | None, day: date, expected: bool
) -> None:
    assert in_force(first, last, day) is expected
