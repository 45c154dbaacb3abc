"""Workbooks: values as text, hostile ones refused, nothing foreign leaves."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from parsers.errors import Hostile, Malformed, ParseError, TooLarge
from parsers.limits import DEFAULT
from parsers.spreadsheet import sheet_rows
from tests.builders import claims


def _book(rows: list[list[object]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_values_become_text() -> None:
    rows = sheet_rows(
        _book(
            [
                [
                    "a",
                    1,
                    2.5,
                    date(2026, 3, 1),
                    datetime.fromisoformat("2026-03-01T08:30"),
                    True,
                    None,
                    "  b   c ",
                ]
            ]
        )
    )
    assert rows[0].cells == ("a", "1", "2.50", "2026-03-01", "2026-03-01 08:30:00", "oui", "", "b c")
    assert rows[0].place == "feuille « Sheet », ligne 1"


def test_empty_rows_are_left_out_and_lines_keep_their_numbers() -> None:
    rows = sheet_rows(_book([["a"], [], [None], ["b"]]))
    assert [(row.cells, row.place[-7:]) for row in rows] == [(("a",), "ligne 1"), (("b",), "ligne 4")]


def test_a_cell_and_a_row_have_ceilings() -> None:
    limits = replace(DEFAULT, table_cell_chars=5, table_columns=2)
    assert sheet_rows(_book([["abcdefgh", "b", "c"]]), limits)[0].cells == ("abcde", "b")
    with pytest.raises(TooLarge):
        sheet_rows(_book([["a"]] * 20), replace(DEFAULT, table_rows=10))


def test_too_many_sheets_are_refused() -> None:
    book = Workbook()
    for _ in range(3):
        book.create_sheet()
    made = io.BytesIO()
    book.save(made)
    with pytest.raises(TooLarge):
        sheet_rows(made.getvalue(), replace(DEFAULT, table_sheets=2))


def test_a_bomb_is_refused_before_any_reader_sees_it() -> None:
    bomb = claims.with_entry(
        claims.workbook([]), "xl/sharedStrings.xml", b"<sst>" + b" " * 80_000_000 + b"</sst>"
    )
    assert len(bomb) < 200_000
    with pytest.raises(Hostile):
        sheet_rows(bomb)


@pytest.mark.parametrize("entry", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_declared_entities_are_refused(entry: str) -> None:
    declared = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><workbook>&b;</workbook>'
    with pytest.raises(Hostile):
        sheet_rows(claims.with_entry(claims.workbook([]), entry, declared))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"a;b;c",
        claims.workbook([])[:900],
        claims.with_entry(claims.workbook([]), "xl/workbook.xml", b"<"),
    ],
    ids=["empty", "a beginning", "no archive", "cut", "broken xml"],
)
def test_what_is_no_workbook_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        sheet_rows(content)


def test_a_sheet_that_lies_about_its_size_costs_nothing() -> None:
    lie = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1048570"><c r="XFC1048570" t="inlineStr">'
        b"<is><t>x</t></is></c></row></sheetData></worksheet>"
    )
    with pytest.raises(ParseError):
        sheet_rows(claims.with_entry(claims.workbook([]), "xl/worksheets/sheet1.xml", lie))
