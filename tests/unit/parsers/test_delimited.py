"""Separated values and typed tables: the separator is found, odd files are refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parsers.delimited import csv_rows, decoded, separator_of, text_rows
from parsers.errors import Malformed, TooLarge
from parsers.limits import DEFAULT


@pytest.mark.parametrize(
    ("lines", "separator"),
    [
        (["a;b;c", "1;2,5;3"], ";"),
        (["a,b,c", "1,2,3", "4,5,6"], ","),
        (["a\tb\tc"], "\t"),
        (["Bonjour, madame"], None),
        ([], None),
    ],
)
def test_the_separator_cuts_the_most_lines_alike(lines: list[str], separator: str | None) -> None:
    assert separator_of(lines) == separator


def test_quotes_hold_separators_and_line_ends() -> None:
    rows = csv_rows(b'a;b;c\n"x;y";"1\n2";z\n\n')
    assert [row.cells for row in rows] == [("a", "b", "c"), ("x;y", "1 2", "z")]
    assert rows[1].place == "ligne 3"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("é".encode(), "é"),
        ("é".encode("cp1252"), "é"),
        ("\ufeffé".encode(), "é"),
        ("é".encode("utf-16"), "é"),
        (b"\x81\xe9", "\x81é"),
    ],
)
def test_charsets(content: bytes, text: str) -> None:
    assert decoded(content) == text


def test_ceilings_and_broken_files() -> None:
    with pytest.raises(TooLarge):
        csv_rows(b"a;b;c\n" * 20, replace(DEFAULT, table_rows=10))
    with pytest.raises(TooLarge):
        csv_rows(b"a;b;c\n" * 20, replace(DEFAULT, text_chars=10))
    with pytest.raises(Malformed):
        csv_rows(b'a;b;c\n"' + b"x" * 200_000)
    with pytest.raises(TooLarge):
        text_rows("a  b\n" * 20, replace(DEFAULT, table_rows=10))


def test_blanks_cut_a_typed_line_when_nothing_else_does() -> None:
    rows = text_rows("Référence   Patient      Montant\n-----\nF-1    A B   10,00")
    assert [row.cells for row in rows] == [("Référence", "Patient", "Montant"), ("F-1", "A B", "10,00")]
