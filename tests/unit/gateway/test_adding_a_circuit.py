"""``docs/adding-a-circuit.md``, followed to the letter: a folder, and mail finds its way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.circuits.letters import SAMPLES, render
from gateway.circuits.load import Circuits, load_circuits
from gateway.routing.match import match
from gateway.web.access import Viewer, desks
from gateway.web.rights import book_of
from tests.builders import pages, seen

CONFIG = Path(__file__).parents[3] / "config"
PAGE = "adding-a-circuit.md"
MAILBOX = "transferts@caisse.example"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "transferts"
    (made / "letters").mkdir(parents=True)
    for name, text in pages.files(PAGE).items():
        (made / name).write_text(text, "utf-8")
    return made


@pytest.fixture
def loaded(folder: Path) -> Circuits:
    return load_circuits(CONFIG, [CONFIG / "circuits" / "soins-programmes-algerie", folder])


def test_the_page_is_short() -> None:
    assert 5 <= len(pages.steps(PAGE)) <= 15


def test_the_circuit_of_the_page_is_accepted_beside_the_first(loaded: Circuits) -> None:
    assert list(loaded.by_name) == ["soins-programmes-algerie", "transferts"]
    assert loaded.name_of(MAILBOX) == "transferts"
    assert not [warning for warning in loaded.warnings if "transferts" in warning.file]


def test_mail_to_its_mailbox_is_routed_and_answered_by_its_own_rules(loaded: Circuits) -> None:
    circuit = loaded.by_name["transferts"]
    sender = "admissions@ch-dunes.example"
    mail = seen.mail(
        seen.document(0, "demande-transfert"), mailbox=MAILBOX, sender=sender, envelope_from=sender
    )
    decision = match(mail, circuit, loaded.directory)
    assert (decision.queue, decision.letter) == ("transferts", "accuse")
    assert [(d.kind, d.delay) for d in circuit.deadlines] == [("reponse-transfert", 10)]
    subject, text = render(circuit.letters["accuse"], replace(SAMPLES[0], mailbox=circuit.mailboxes[0]))
    assert subject == "Votre envoi du 23 novembre 2026"
    assert MAILBOX in text


def test_the_role_of_the_page_reads_the_queue_that_names_it(folder: Path) -> None:
    block = (
        pages.page(PAGE).partition("## Roles of its own")[2].partition("```toml\n")[2].partition("```")[0]
    )
    rules = folder / "circuit.toml"
    text = rules.read_text("utf-8").replace('roles = ["cnse-admin"]', 'roles = ["transferts-agent"]')
    rules.write_text(f"{text}\n{block}", "utf-8")
    both = load_circuits(CONFIG, [CONFIG / "circuits" / "soins-programmes-algerie", folder])
    viewer = Viewer("x", "X", ("transferts-agent",), book=book_of(both.by_name))
    assert [d.name for d in desks(viewer, both.by_name, both.directory)] == ["transferts"]
