"""A list as a file people open in a spreadsheet: typed ``.xlsx``, or CSV with ``;`` and a byte order mark.

Rows are written as they come, so that memory does not follow their number. No text becomes a formula: what
begins like one is kept as text in a workbook, and preceded by an apostrophe in CSV (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any, TypeAlias

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from gateway.clock import PARIS

Value: TypeAlias = str | int | Decimal | date | datetime | None
"""What a cell may hold; an instant is shown in French time."""

LONGEST = 32_767
"""Characters a cell of a workbook holds (Excel's limit)."""
MOST_ROWS = 1_000_000
"""Rows of one file: a workbook holds 1,048,576 (Excel's limit)."""
_TITLE = 31
_NOT_IN_TITLES = frozenset("[]:*?/\\")
"""Longest title of a sheet, and what it may not say (Excel's limits)."""
_AT_ENDS = " ,;–—-("
_A4 = 9
"""Paper of a workbook (ECMA-376, 18.3.1.63)."""
_FORMULA = ("=", "+", "-", "@")
"""As they are once made plain: wide and small forms too."""
_UNSEEN = frozenset({"Cc", "Cf", "Mn", "Zs", "Zl", "Zp"})
"""What a spreadsheet may pass over before a formula: controls, format characters, blanks."""
_DAY, _MOMENT, _AMOUNT = "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "#,##0.00"


class Format(StrEnum):
    """The two kinds of file."""

    XLSX = "xlsx"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        if self is Format.CSV:
            return "text/csv; charset=utf-8"
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, and its width in characters."""

    title: str
    width: int = 18


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list to write. ``name``: the file's, in letters without accents; ``title``: the sheet's."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Value]]


class TooLongError(Exception):
    """The list has more rows than a file holds."""


def write(sheet: Sheet, kind: Format, file: IO[bytes]) -> int:
    """Write the list into ``file``; returns how many rows. Raises ``TooLongError``."""
    return _workbook(sheet, file) if kind is Format.XLSX else _csv(sheet, file)


def plain(text: str) -> str:
    """Text on one line, without the characters a workbook refuses, no longer than a cell holds."""
    # blanks again once what is refused is gone: one it hid would stand before the sign of a formula
    whole = " ".join(text.split()).encode("utf-8", "replace").decode()
    return " ".join(ILLEGAL_CHARACTERS_RE.sub("", whole).split())[:LONGEST]


def shortened(title: str) -> str:
    """A title as a sheet may bear it: without the characters Excel refuses, cut on a word."""
    whole = "".join(" " if c in _NOT_IN_TITLES else c for c in plain(title))
    whole = " ".join(whole.split()).strip("'")
    if len(whole) <= _TITLE:
        return whole
    words = whole[: _TITLE + 1].rsplit(" ", 1)[0] if " " in whole[: _TITLE + 1] else whole
    return words[:_TITLE].rstrip(_AT_ENDS)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might compute this text."""
    seen = (c for c in text if unicodedata.category(c) not in _UNSEEN)
    return unicodedata.normalize("NFKC", next(seen, "")).startswith(_FORMULA)


def _csv(sheet: Sheet, file: IO[bytes]) -> int:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([_said(column.title) for column in sheet.columns])
    count = 0
    for count, row in enumerate(sheet.rows, 1):
        _bounded(count)
        writer.writerow([_said(value) for value in row])
    text.flush()
    text.detach()
    return count


def _said(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(PARIS):%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    if isinstance(value, int):
        return str(value)
    text = plain(value)
    return f"'{text}" if is_formula(text) else text


def _workbook(sheet: Sheet, file: IO[bytes]) -> int:
    book = Workbook(write_only=True)
    page = book.create_sheet(shortened(sheet.title))
    page.freeze_panes = "A2"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = _A4
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = "1:1"
    for place, column in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(place)].width = column.width
    page.append([_head(page, column.title) for column in sheet.columns])
    try:
        count = _fill(page, sheet)
    except BaseException:
        _abandon(page)
        raise
    page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{count + 1}"
    book.save(file)
    return count


def _fill(page: Any, sheet: Sheet) -> int:
    cells, count = _Cells(page), 0
    for count, row in enumerate(sheet.rows, 1):
        _bounded(count)
        page.append([cells.of(place, value) for place, value in enumerate(row)])
    return count


def _abandon(page: Any) -> None:
    """End a page that will not be saved: its rows wait in a temporary file, which holds names."""
    page.close()
    page._writer.cleanup()  # noqa: SLF001 (saving is the only public way, and there is nothing to save)


def _bounded(count: int) -> None:
    if count > MOST_ROWS:
        raise TooLongError


def _head(page: Any, title: str) -> Any:
    cell = WriteOnlyCell(page, value=title)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", start_color="10273F")
    cell.alignment = Alignment(vertical="center")
    return cell


class _Cells:
    """One cell a column and type, filled anew for each row: a row is written as soon as it is given."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._kept: dict[tuple[int, str], Any] = {}

    def of(self, place: int, value: Value) -> Any:
        if value is None:
            return None
        if isinstance(value, datetime):
            return self._styled(place, _MOMENT, value.astimezone(PARIS).replace(tzinfo=None))
        if isinstance(value, date):
            return self._styled(place, _DAY, value)
        if isinstance(value, Decimal):
            return self._styled(place, _AMOUNT, value)
        if isinstance(value, int):
            return value
        text = plain(value)
        return self._text(place, text) if is_formula(text) else text

    def _styled(self, place: int, style: str, value: Any) -> Any:
        cell = self._kept.get((place, style))
        if cell is None:
            cell = self._kept[place, style] = WriteOnlyCell(self._page)
            cell.number_format = style
        cell.value = value
        return cell

    def _text(self, place: int, text: str) -> Any:
        """A text that looks like a formula, said to be text: also when somebody edits its cell."""
        cell = self._kept.get((place, "@"))
        if cell is None:
            cell = self._kept[place, "@"] = WriteOnlyCell(self._page)
            cell.number_format = "@"
            cell.quotePrefix = True
        cell.value = text
        cell.data_type = "s"
        return cell
