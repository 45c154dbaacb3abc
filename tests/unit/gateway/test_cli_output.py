"""What commands print: one JSON document on standard output, tables that a file can hold."""

from __future__ import annotations

import json
from datetime import date

import pytest

from gateway.cli.output import print_json, print_table, say


def test_one_document_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"é": [1, None, date(2026, 11, 23)]})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"é": [1, None, "2026-11-23"]}
    assert "é" in out
    assert err == ""


def test_a_table_keeps_every_word_and_reads_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """A stranger's subject is text: it neither colours the terminal nor vanishes between brackets."""
    print_table("Titre", ("objet",), [("[red]urgent[/red] [/]",), ("x" * 300,), ("\x1b[2Jeffacé",)])
    out = capsys.readouterr().out
    assert "[red]urgent[/red] [/]" in out
    assert out.count("x") == 300
    assert "\x1b" not in out
    assert "�[2Jeffacé" in out


def test_sentences_go_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    say("Bonjour.")
    assert capsys.readouterr() == ("", "Bonjour.\n")
