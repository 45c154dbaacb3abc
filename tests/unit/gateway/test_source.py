"""Lines of a TOML file: every table, key and element where it is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.circuits.source import Where, read, scan
from gateway.errors import Fault

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("config/**/*.toml"), *ROOT.glob("tests/circuits/**/*.toml")])

TEXT = '''# comment = 1
title = "a # no comment [no.table]"
long = """
fake = 1
[[fake]]
"""
list = [
  1, # one ]
  "deux",
  { a = 1, b = ["x",
     "y"] },
]
[table."with dots".x]
key.inner = true
[[many]]
name = 'un'
[[many]]
[[many.inner]]
name = "deux"
when = 2019-02-01 # since
'''


def paths(value: Any, before: Where = ()) -> Iterator[Where]:
    pairs = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, inner in pairs:
        yield (*before, step)
        yield from paths(inner, (*before, step))


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (("title",), 2),
        (("list", 0), 8),
        (("list", 1), 9),
        (("list", 2, "b"), 10),
        (("list", 2, "b", 1), 11),
        (("table", "with dots", "x"), 13),
        (("table", "with dots", "x", "key", "inner"), 14),
        (("many", 0, "name"), 16),
        (("many", 1), 17),
        (("many", 1, "inner", 0, "name"), 19),
        (("many", 1, "inner", 0, "when"), 20),
    ],
)
def test_each_path_has_the_line_it_is_written_on(where: Where, line: int) -> None:
    assert scan(TEXT)[where] == line


def test_what_is_inside_a_string_is_no_key() -> None:
    assert not [where for where in scan(TEXT) if "fake" in where]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_path_of_the_real_files_is_found(file: Path) -> None:
    faults: list[Fault] = []
    source = read(file, file.name, faults)
    assert source is not None
    assert not faults
    assert not [where for where in paths(source.data) if where not in source.lines and where[-1] != 0]


def test_a_path_not_written_has_the_line_of_its_table(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[[kinds]]\nname = 'x'\n", "utf-8")
    source = read(tmp_path / "a.toml", "a.toml", [])
    assert source is not None
    assert str(source.fault(("kinds", 0, "title"), "clé manquante")) == "a.toml:1: clé manquante"
    assert source.fault(("elsewhere",), "absent").line == 0


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"a = 1\nb = [1, 2\n", "a.toml:3: TOML illisible : un crochet « [ » n'est pas refermé"),
        (b"a = 1\na = 2\n", "a.toml:2: TOML illisible : cette clé est écrite deux fois"),
        (b"a = oui\n", "a.toml:1: TOML illisible : valeur illisible (un texte s'écrit entre guillemets)"),
        (b'a = "x\n', "a.toml:1: TOML illisible : caractère interdit (guillemet non refermé ?)"),
        (b"a\n", "a.toml:1: TOML illisible : le signe « = » manque après une clé"),
        (b"\xff\xfe", "a.toml: le fichier ne peut pas être lu comme du texte UTF-8"),
    ],
)
def test_an_unreadable_file_is_one_fault_in_french(tmp_path: Path, written: bytes, said: str) -> None:
    (tmp_path / "a.toml").write_bytes(written)
    faults: list[Fault] = []
    assert read(tmp_path / "a.toml", "a.toml", faults) is None
    assert [str(fault) for fault in faults] == [said]


def test_an_absent_file_is_one_fault(tmp_path: Path) -> None:
    faults: list[Fault] = []
    assert read(tmp_path / "a.toml", "a.toml", faults) is None
    assert [str(fault) for fault in faults] == ["a.toml: le fichier n'existe pas"]
