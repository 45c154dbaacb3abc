"""Office Open XML workbooks (.xlsx) as rows of text: values only, nothing computed, no link followed.

A workbook is a ZIP of XML: it is first opened as an archive under ``limits`` (bombs, overlapping and
climbing entries are refused), and any entry that declares a document type is refused before an XML reader
sees it.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from parsers.archive import open_zip
from parsers.errors import Hostile, Malformed, ParseError, TooLarge
from parsers.limits import DEFAULT, Limits
from parsers.words import clean

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_MACROS = "vbaProject.bin"
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not empty. ``sheet`` and the line in ``place`` count from 1, as people see them."""

    sheet: int
    place: str
    cells: tuple[str, ...]


def sheet_rows(content: bytes, limits: Limits = DEFAULT) -> tuple[SheetRow, ...]:
    """Every row of every sheet that is not empty, hidden sheets included: nothing is left out unseen.

    Raises ``Malformed`` for what is no workbook, ``TooLarge`` above ``limits.table_rows``, ``Hostile`` for
    a bomb or for XML that declares entities.
    """
    _inspected(content, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # what openpyxl does not keep (styles, validations) is not asked
            return tuple(_all(content, limits))
    except ParseError:
        raise
    except (InvalidFileException, zipfile.BadZipFile):
        raise Malformed("Ce classeur est endommagé et ne peut pas être lu.") from None
    except Exception:  # noqa: BLE001 - openpyxl raises whatever its own code meets; the cause is dropped
        raise Malformed("Ce classeur est endommagé et ne peut pas être lu.") from None


def _inspected(content: bytes, limits: Limits) -> None:
    ceiling = replace(limits, archive_bytes=min(limits.archive_bytes, limits.table_bytes))
    for entry in open_zip(content, ceiling):
        if entry.error is not None:
            raise Malformed("Ce classeur est endommagé et ne peut pas être lu.")
        if entry.name.endswith(_MACROS):
            continue  # never run: kept in the vault with its workbook
        head = entry.content[:4096].replace(b"\x00", b"")
        if any(mark in head for mark in _DECLARATIONS) or b"<!ENTITY" in entry.content:
            raise Hostile("Ce classeur contient des déclarations d'entités : il n'a pas été ouvert.")


def _all(content: bytes, limits: Limits) -> Iterator[SheetRow]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    seen = 0
    try:
        if len(book.worksheets) > limits.table_sheets:
            raise TooLarge(f"Ce classeur a plus de {limits.table_sheets} feuilles.")
        for number, sheet in enumerate(book.worksheets, 1):
            sheet.reset_dimensions()  # what a sheet says of its own size is not believed
            rows = sheet.iter_rows(max_row=limits.table_rows + 1, max_col=limits.table_columns)
            for line, row in enumerate(rows, 1):
                seen += 1
                if seen > limits.table_rows:
                    raise TooLarge(f"Ce classeur a plus de {limits.table_rows} lignes.")
                cells = tuple(_text(cell.value)[: limits.table_cell_chars] for cell in row)
                while cells and not cells[-1]:
                    cells = cells[:-1]
                if cells:
                    title = clean(str(sheet.title))[:60]
                    yield SheetRow(number, f"feuille « {title} », ligne {line}", cells)
    finally:
        book.close()


def _text(value: Any) -> str:
    """A cell as text: ISO days, a point in amounts, nothing for an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return _number(value)
    return " ".join(clean(str(value)).split())


def _number(value: float | Decimal) -> str:
    """``12345.60`` for an amount, ``2026204520`` for a number that a sheet took for one."""
    if isinstance(value, int) or value == int(value):
        return str(int(value))
    return f"{value:.2f}"
