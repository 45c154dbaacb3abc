"""Rows of a table whatever carries it: a workbook, separated values, a printed page, the text of a mail.

A row keeps its place in words a person can follow (« feuille « Liste », ligne 12 ») and its cells as text:
dates as ``2026-03-01``, amounts with a point. What the cells mean is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass

from parsers import documents
from parsers.delimited import TextRow, csv_rows, text_rows
from parsers.documents import CSV, PDF, media_kind
from parsers.errors import Malformed, ParseError, Unsupported
from parsers.limits import DEFAULT, Limits
from parsers.printed import printed_rows
from parsers.spreadsheet import XLSX, sheet_rows

_TABLES = (".csv", ".tsv")


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``table`` numbers the table it belongs to (a sheet, a file), from 1."""

    table: int
    place: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Every row of a document; ``text`` is its plain text when it is a text, for what no table says."""

    rows: tuple[Row, ...]
    text: str = ""


def rows_of(content: bytes, media_type: str, name: str = "", limits: Limits = DEFAULT) -> Rows:
    """The rows of a document of type ``media_type`` (or, failing that, by the ending of ``name``).

    Raises ``Malformed``, ``Unsupported``, ``TooLarge``, ``Hostile`` or ``PasswordNeeded``.
    """
    try:
        return _rows(content, media_type, name, limits)
    except ParseError:
        raise
    except Exception:  # noqa: BLE001 - the last net under third-party readers; the cause is dropped with its content
        raise Malformed("Ce tableau est endommagé et ne peut pas être lu.") from None


def _rows(content: bytes, media_type: str, name: str, limits: Limits) -> Rows:
    if content.startswith(b"PK\x03\x04") and (
        media_type == XLSX or name.lower().endswith((".xlsx", ".xlsm"))
    ):
        sheets = sheet_rows(content, limits)
        return Rows(tuple(Row(one.sheet, one.place, one.cells) for one in sheets))
    if media_type == CSV or name.lower().endswith(_TABLES):
        return Rows(_numbered(csv_rows(content, limits)))
    kind = media_kind(content, media_type, name)
    if kind == PDF:
        inspected = documents.inspect(content, media_type, name, limits)
        if inspected.wanting:
            raise Unsupported(
                "Ce PDF est une image : son tableau n'est pas lu, la pièce est gardée telle que reçue."
            )
        return Rows(_numbered(printed_rows(inspected.pages, limits)))
    text = documents.text(content, media_type, name, limits)
    return Rows(_numbered(text_rows(text, limits)), text)


def _numbered(found: tuple[TextRow, ...]) -> tuple[Row, ...]:
    return tuple(Row(1, one.place, one.cells) for one in found)
