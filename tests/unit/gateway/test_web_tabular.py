"""Lists as files: types, header, widths, formulas that stay texts, memory that does not grow."""

from __future__ import annotations

import csv
import io
import tempfile
import tracemalloc
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest
from openpyxl import load_workbook

from gateway.web.files import tabular
from gateway.web.files.tabular import Column, Format, Sheet, Value

COLUMNS = (Column("Texte", 30), Column("Jour", 12), Column("Instant"), Column("Montant"), Column("Nombre"))
ROW: tuple[Value, ...] = (
    "Élodie",
    date(2026, 11, 23),
    datetime(2026, 11, 23, 9, 5, tzinfo=UTC),
    Decimal("48250.5"),
    12,
)
FORMULAS = ("=1+1", "+33 1 40", "-2+3", "@SUM(A1)", "\t=1", "\r\n=cmd|' /C calc'!A0", "＝1+1", " =1")
HIDDEN = (
    "\x01 =1",
    " \x01 =1",
    "\u200b=1",
    "\ufeff=1",
    "\u00ad=1",
    "\u2060 =1",
    "﹦1",
    "﹢1",
    "﹫A",
    "\u00a0=1",
)
"""A formula behind what is not seen, or in another form of its sign."""


def _sheet(rows: Sequence[Sequence[Value]]) -> Sheet:
    return Sheet("liste", "Liste d’essai", COLUMNS, rows)


def _book(rows: Sequence[Sequence[Value]]) -> tuple[Any, bytes]:
    file = io.BytesIO()
    assert tabular.write(_sheet(rows), Format.XLSX, file) == len(rows)
    return load_workbook(io.BytesIO(file.getvalue())).active, file.getvalue()


def _lines(rows: Sequence[Sequence[Value]]) -> list[list[str]]:
    file = io.BytesIO()
    assert tabular.write(_sheet(rows), Format.CSV, file) == len(rows)
    text = file.getvalue()
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig")), delimiter=";"))


def test_a_workbook_is_typed_and_its_header_stays_in_sight() -> None:
    page, _ = _book([ROW])
    assert [cell.value for cell in page[1]] == [column.title for column in COLUMNS]
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:E2"
    assert page.column_dimensions["A"].width == 30
    cells = page[2]
    assert [cell.value for cell in cells] == [
        "Élodie",
        datetime(2026, 11, 23),  # noqa: DTZ001 (a workbook knows no time zone)
        datetime(2026, 11, 23, 10, 5),  # noqa: DTZ001
        48250.5,
        12,
    ]
    assert [cell.data_type for cell in cells] == ["s", "d", "d", "n", "n"]
    assert [cell.number_format for cell in cells[1:4]] == ["dd/mm/yyyy", "dd/mm/yyyy hh:mm", "#,##0.00"]


def test_csv_is_what_a_french_spreadsheet_opens() -> None:
    assert _lines([ROW, (None, None, None, None, 0)]) == [
        [column.title for column in COLUMNS],
        ["Élodie", "23/11/2026", "23/11/2026 10:05", "48250,50", "12"],
        ["", "", "", "", "0"],
    ]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula(text: str) -> None:
    page, content = _book([(text, None, None, None, None)])
    assert (page["A2"].data_type, page["A2"].quotePrefix) == ("s", True)
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert _lines([(text, None, None, None, None)])[1][0].startswith("'")


def test_text_after_a_formula_in_the_same_column_is_plain_again() -> None:
    page, _ = _book([("=1", None, None, None, None), ("deux", None, None, None, None)])
    assert [(c.value, c.quotePrefix) for c in (page["A2"], page["A3"])] == [("=1", True), ("deux", False)]


def test_what_a_workbook_refuses_is_left_out() -> None:
    odd = "a\x00b\x0bc\ud800" + "é" * 40_000
    assert len(tabular.plain(odd)) == tabular.LONGEST
    page, _ = _book([(odd, None, None, None, None)])
    assert page["A2"].value.startswith("ab c?é")


def test_a_list_longer_than_a_file_holds_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tabular, "MOST_ROWS", 2)
    for kind in Format:
        with pytest.raises(tabular.TooLongError):
            tabular.write(_sheet([ROW] * 3), kind, io.BytesIO())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", list(Format))
def test_memory_does_not_follow_the_number_of_rows(kind: Format) -> None:
    def rows(number: int) -> Iterator[Sequence[Value]]:
        for place in range(number):
            yield (f"ligne {place} {'x' * 50}", *ROW[1:])

    def peak(number: int) -> int:
        tracemalloc.start()
        with TemporaryFile() as file:
            assert tabular.write(Sheet("l", "L", COLUMNS, rows(number)), kind, file) == number
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(50)  # what is loaded once
    assert peak(3_000) < peak(300) + 300_000


@pytest.mark.parametrize(
    ("title", "sheet"),
    [
        ("Recherche", "Recherche"),
        ("Échéances CNSE – service administratif", "Échéances CNSE – service"),
        ("Registre : boîtes [a/b] *?", "Registre boîtes a b"),
        ("A" * 40, "A" * 31),
        ("Trente et un caractères tout ju", "Trente et un caractères tout ju"),
    ],
)
def test_the_title_of_a_sheet_is_cut_on_a_word(title: str, sheet: str) -> None:
    assert tabular.shortened(title) == sheet
    file = io.BytesIO()
    tabular.write(Sheet("liste", title, COLUMNS, []), Format.XLSX, file)
    assert load_workbook(io.BytesIO(file.getvalue())).sheetnames == [sheet]


def test_a_formula_hidden_behind_what_is_not_seen_stays_a_text() -> None:
    written = _lines([(text, None, None, None, None) for text in HIDDEN])[1:]
    assert [line[0][0] for line in written] == ["'"] * len(HIDDEN)
