"""Rows of a table whatever carries it: a workbook, separated values, a printed page, the text of a mail.

A row keeps its place in words a person can follow (« feuille « Liste », ligne 12 ») and its cells as text:
dates as ``2026-03-01``, amounts with a point. What the cells mean is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parsers import documents
from parsers.delimited import TextRow, csv_rows, text_rows
from parsers.documents import CSV, DRAWN, Inspected, media_kind
from parsers.errors import Malformed, ParseError, TooLarge, Unsupported
from parsers.facts import Page, Source
from parsers.layout import Recognised
from parsers.limits import DEFAULT, Limits
from parsers.printed import printed_rows
from parsers.spreadsheet import XLSX, sheet_rows

SCANNED_PAGES = 20
"""Pages of images recognised in one list: a page costs seconds."""
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
    scanned: bool = False
    """Whether some rows were recognised on the image of a page: their values may be misread."""


def rows_of(
    content: bytes,
    media_type: str,
    name: str = "",
    limits: Limits = DEFAULT,
    ocr: Mapping[int, Recognised] | None = None,
) -> Rows:
    """The rows of a document of type ``media_type`` (or, failing that, by the ending of ``name``).

    ``ocr``: what was recognised, by number, on the pages that are images. Raises ``Malformed``,
    ``Unsupported`` (a page that is an image and was not recognised), ``TooLarge``, ``Hostile`` or
    ``PasswordNeeded``.
    """
    try:
        return _rows(content, media_type, name, limits, ocr or {})
    except ParseError:
        raise
    except Exception:  # noqa: BLE001 - the last net under third-party readers; the cause is dropped with its content
        raise Malformed("Ce tableau est endommagé et ne peut pas être lu.") from None


def images_in(content: bytes, media_type: str, name: str, limits: Limits = DEFAULT) -> Inspected | None:
    """A document some pages of which are images (``wanting``); ``None`` when there is no such page.

    Raises ``ParseError``.
    """
    if media_kind(content, media_type, name) not in DRAWN or _is_workbook(content, media_type, name):
        return None
    inspected = documents.inspect(content, media_type, name, limits)
    if len(inspected.wanting) > SCANNED_PAGES:
        raise TooLarge(
            f"Cette liste est une image de plus de {SCANNED_PAGES} pages ; elle est gardée telle quelle : "
            "demandez-la sous forme de tableau."
        )
    return inspected if inspected.wanting else None


def _is_workbook(content: bytes, media_type: str, name: str) -> bool:
    named = media_type == XLSX or name.lower().endswith((".xlsx", ".xlsm"))
    return named and content.startswith(b"PK\x03\x04")


def _rows(
    content: bytes, media_type: str, name: str, limits: Limits, ocr: Mapping[int, Recognised]
) -> Rows:
    if _is_workbook(content, media_type, name):
        sheets = sheet_rows(content, limits)
        return Rows(tuple(Row(one.sheet, one.place, one.cells) for one in sheets))
    if media_type == CSV or name.lower().endswith(_TABLES):
        return Rows(_numbered(csv_rows(content, limits)))
    if media_kind(content, media_type, name) in DRAWN:
        inspected = documents.inspect(content, media_type, name, limits)
        if set(inspected.wanting) - set(ocr):
            raise Unsupported(
                "Cette liste est une image qui n'a pas pu être lue ; elle est gardée telle que reçue : "
                "lisez-la, puis saisissez les créances ou demandez-la sous forme de tableau."
            )
        pages = [_recognised(page, ocr.get(page.number)) for page in inspected.pages]
        return Rows(_numbered(printed_rows(pages, limits)), scanned=bool(inspected.wanting))
    text = documents.text(content, media_type, name, limits)
    return Rows(_numbered(text_rows(text, limits)), text)


def _recognised(page: Page, read: Recognised | None) -> Page:
    """The page upright, with the words recognised on its image."""
    if read is None:
        return page
    return Page(page.number, *read.frame.size, read.words, Source.OCR)


def _numbered(found: tuple[TextRow, ...]) -> tuple[Row, ...]:
    return tuple(Row(1, one.place, one.cells) for one in found)
