"""``passerelle letter``: what is listed, what a preview shows: in clear, encrypted, of a case, a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings import load
from storage import cases
from storage.cases import Case
from storage.db import Database
from storage.schema import upgrade
from tests.builders import rows
from tests.builders.seen import AT
from tests.worlds.command import CommandLine

CIRCUIT = "soins-programmes-algerie"


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine.on(tmp_path_factory.mktemp("cli"))


def test_the_list_says_what_each_lacks_and_why(cli: CommandLine) -> None:
    told = {one["name"]: one for one in cli.call("letter", "list", "--json").json}
    assert len(told) >= 20
    assert all(one["missing"] == [] for one in told.values())
    (gap, _) = told["demande-chiffrement"]["without"]
    assert (gap["element"], bool(gap["reason"])) == ("due", True)
    assert "Rien n’est demandé" in cli.call("letter", "list").out


def test_a_preview_is_a_subject_a_text_and_a_page(cli: CommandLine) -> None:
    shown = cli.call("letter", "preview", "rappel-echeance")
    assert shown.status == 0
    assert shown.out.startswith("Objet : Fin de prise en charge le ")
    assert "dans 30 jours" in shown.out
    file = cli.folder / "page.html"
    assert cli.call("letter", "preview", "rappel-echeance", "--html", file).status == 0
    assert file.read_text("utf-8").startswith("<!DOCTYPE html>")
    whole = cli.call("letter", "preview", "rappel-echeance", "--encrypted", "--json").json
    assert "NOM Prénom" in whole["text"]
    assert "NOM Prénom" not in shown.out
    nowhere = cli.call("letter", "preview", "rappel-echeance", "--html", cli.folder / "a" / "b")
    assert (nowhere.status, "ne s'écrit pas" in nowhere.sentence) == (1, True)


def test_the_letter_that_stands_in_is_said(cli: CommandLine) -> None:
    shown = cli.call("letter", "preview", "identification-provisoire", "--json")
    assert (shown.json["letter"], shown.json["used"]) == ("identification-provisoire", "courrier-a-retirer")
    assert "part à sa place" in shown.err
    assert "chiffrées" in shown.json["text"], "it says how to receive it"


@pytest.mark.parametrize(
    "wrong",
    [("absente",), ("rappel-echeance", "--circuit", "inconnu"), ("rappel-echeance", "--case", "SPA-0")],
)
def test_what_does_not_exist_is_said(cli: CommandLine, wrong: tuple[str, ...]) -> None:
    answer = cli.call("letter", "preview", *wrong)
    assert (answer.status, answer.out) == (1, "")
    assert answer.sentence


def test_of_a_case_in_clear_only(tmp_path: Path) -> None:
    cli = CommandLine.on(tmp_path)
    database = Database(load(cli.folder / "config" / "gateway.toml").database_url)
    upgrade(database)
    with database.transaction() as session:
        rows.delivery(session, "a")
        cases.open_case(
            session,
            Case(
                reference="SPA-2026-000007", circuit=CIRCUIT, opened_at=AT, opened_by_delivery="a" * 64,
                patient_name="HADDAD", form_reference="ATT-9",
            ),
        )  # fmt: skip
    database.close()
    shown = cli.call("letter", "preview", "rappel-echeance", "--case", "SPA-2026-000007").out
    assert "SPA-2026-000007" in shown
    assert "ATT-9" in shown
    assert "HADDAD" not in shown
    refused = cli.call("letter", "preview", "rappel-echeance", "--case", "SPA-2026-000007", "--encrypted")
    assert (refused.status, "ne nomme personne" in refused.sentence) == (1, True)
