"""``docs/adding-a-document-kind.md``, followed to the letter on a copy of the first circuit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gateway.circuits.load import Circuits, load_circuits
from gateway.routing.match import match
from parsers.classify import Evidence, classify
from tests.builders import pages, seen

CONFIG = Path(__file__).parents[3] / "config"
PAGE = "adding-a-document-kind.md"
NAME = "soins-programmes-algerie"
KIND = "bulletin-situation"


@pytest.fixture
def loaded(tmp_path: Path) -> Circuits:
    folder = Path(shutil.copytree(CONFIG / "circuits" / NAME, tmp_path / NAME))
    files = pages.files(PAGE)
    with (folder / "circuit.toml").open("a", encoding="utf-8") as circuit:
        circuit.write("\n" + files["circuit.toml"])
    (folder / "forms" / f"{KIND}.toml").write_text(files[f"forms/{KIND}.toml"], "utf-8")
    return load_circuits(CONFIG, [folder])


def test_the_page_is_short() -> None:
    assert 5 <= len(pages.steps(PAGE)) <= 15


def test_the_kind_is_known_with_its_cues_and_its_form(loaded: Circuits) -> None:
    circuit = loaded.by_name[NAME]
    rule = next(kind for kind in circuit.kinds if kind.name == KIND)
    assert circuit.title_of(KIND) == "Bulletin de situation"
    assert [cue.phrase for cue in rule.cues] == [
        "bulletin de situation", "bulletin d'hospitalisation", "bulletin",
    ]  # fmt: skip
    assert [field.name for field in circuit.templates[KIND].fields] == [
        "establishment_finess", "admission_date",
    ]  # fmt: skip


def test_a_document_of_that_title_is_recognised(loaded: Circuits) -> None:
    seen_on_paper = Evidence(titles=("Bulletin de situation",))
    assert classify(loaded.by_name[NAME].kinds, seen_on_paper).kind == KIND


def test_its_mail_goes_where_the_page_says(loaded: Circuits) -> None:
    sender = "admissions@ch-dunes.example"
    document = seen.document(0, KIND, {"establishment_finess": "599000015"})
    mail = seen.mail(document, sender=sender, envelope_from=sender)
    decision = match(mail, loaded.by_name[NAME], loaded.directory)
    assert (decision.queue, decision.letter) == ("cpam-594", "accuse-reception")
    assert "Un bulletin de situation justifie" in decision.routes[0].reasons[0]


def test_without_its_route_the_kind_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CONFIG / "circuits" / NAME, tmp_path / NAME))
    block = (
        pages.files(PAGE)["circuit.toml"].partition("[[routes]]")[0].replace(f'template = "{KIND}"\n', "")
    )
    with (folder / "circuit.toml").open("a", encoding="utf-8") as circuit:
        circuit.write("\n" + block)
    with pytest.raises(Exception, match="« bulletin-situation » n'a pas de route"):
        load_circuits(CONFIG, [folder])
