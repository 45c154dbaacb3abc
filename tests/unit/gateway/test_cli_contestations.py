"""The command line of contestations, holds and retention."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli import main as commands
from storage import erasures
from storage.cases import Case
from storage.erasures import Erasure
from storage.retention import LegalHold
from tests.builders import mails_forms, mails_others
from tests.worlds.command import settings_of
from tests.worlds.house import Home


def _run(home: Home, *words: str) -> int:
    """One command on the folder and the database of ``home``, by the real clock."""
    return commands.main(["--config", str(settings_of(home)), *words])


def test_contestations_are_listed(sqlite_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite_home.carry(mails_others.contestation(sqlite_home.desk))
    assert _run(sqlite_home, "contestation", "list") == 0
    assert "CTN-2026-00001" in capsys.readouterr().out
    assert _run(sqlite_home, "contestation", "list", "--all", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["reference"], told["state"], told["reason"], told["case"]) == (
        "CTN-2026-00001",
        "received",
        "form-missing",
        None,
    )


def test_a_hold_is_put_and_lifted(sqlite_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite_home.carry(mails_forms.acroform(sqlite_home.desk))
    case = sqlite_home.rows(Case)[0]
    assert _run(sqlite_home, "admin", "hold", "SPA-1999-00001", "x") == 1
    assert _run(sqlite_home, "admin", "hold", case.reference) == 1
    assert "Dites pourquoi" in capsys.readouterr().err
    assert _run(sqlite_home, "admin", "hold", case.reference, "contentieux") == 0
    assert "Gel n° 1 posé." in capsys.readouterr().out
    assert _run(sqlite_home, "admin", "hold", "1", "--lift") == 0
    assert sqlite_home.rows(LegalHold)[0].lifted_by == "ligne de commande"
    assert _run(sqlite_home, "admin", "hold", "un", "--lift") == 1


def test_the_preview_changes_nothing(sqlite_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    mail = sqlite_home.carry(mails_forms.acroform(sqlite_home.desk))
    assert _run(sqlite_home, "admin", "retention", "preview", "--months", "240", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["what"] for one in told["due"]} >= {"administrative-documents", "identity"}
    assert {one["status"] for one in told["due"]} == {"to be confirmed"}
    assert _run(sqlite_home, "admin", "retention", "preview") == 0
    assert "rien n'a été effacé" in capsys.readouterr().out
    assert sqlite_home.house.vault.exists(mail.sha256)


def test_erase_asks_for_a_word_and_for_a_new_file(
    sqlite_home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sqlite_home.carry(mails_forms.acroform(sqlite_home.desk))
    file = tmp_path / "preuve.json"
    assert _run(sqlite_home, "admin", "retention", "erase", str(file)) == 1
    assert "--yes" in capsys.readouterr().err
    file.write_text("", "utf-8")
    assert _run(sqlite_home, "admin", "retention", "erase", str(file), "--yes") == 1
    assert "existe déjà" in capsys.readouterr().err
    file.unlink()
    assert _run(sqlite_home, "admin", "retention", "erase", str(file), "--yes") == 0
    assert "rien n'a été effacé" in capsys.readouterr().out
    assert not file.exists()
    assert sqlite_home.rows(Erasure) == []


def test_a_broken_schedule_is_refused_by_the_check(
    sqlite_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(sqlite_home, "config", "check") == 0
    file = sqlite_home.root / "config" / "retention.toml"
    file.write_text(file.read_text("utf-8").replace("months = 120", "months = 1"), "utf-8")
    assert _run(sqlite_home, "config", "check") == 1
    assert "retention.toml:" in capsys.readouterr().err


def test_a_certificate_is_shown_again_by_its_number(
    sqlite_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite_home.house.database.transaction() as session:
        number = erasures.begin(session, Erasure(at=sqlite_home.clock.now(), person="adam"))
        erasures.certify(session, number, '{"certificate": {}}\n')
    assert _run(sqlite_home, "admin", "retention", "certificate", str(number)) == 0
    assert capsys.readouterr().out == '{"certificate": {}}\n'
    for unknown in (0, number + 1, 10**30):
        assert _run(sqlite_home, "admin", "retention", "certificate", str(unknown)) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"Aucun effacement ne porte le numéro {unknown}")
        assert said.count("\n") == 1
