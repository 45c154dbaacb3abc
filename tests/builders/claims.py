"""Lists of contested claims as an institution writes them: a workbook, values, a printed table."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date

from openpyxl import Workbook
from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import SimpleDocTemplate, Table

TITLES = (
    "N° facture",
    "N° attestation",
    "Nom et prénom",
    "Date d'entrée",
    "Date de sortie",
    "Montant (€)",
    "Motif de contestation",
)
Line = Sequence[str | date | float | None]
CNAS = "cnas_convention.pro19@cnas.dz"


def workbook(lines: Sequence[Line], titles: Sequence[str] = TITLES) -> bytes:
    """An .xlsx with a caption, an empty row, the titles of the columns, then the lines."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Liste"
    sheet.append(["Contestation de créances – 1er semestre 2026"])
    sheet.append([])
    sheet.append(list(titles))
    for line in lines:
        sheet.append(list(line))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def separated(
    lines: Sequence[Line], separator: str = ";", charset: str = "cp1252", titles: Sequence[str] = TITLES
) -> bytes:
    """The same lines as separated values, dates and amounts as French people type them."""
    rows = [separator.join(f'"{title}"' for title in titles)]
    rows += [separator.join(f'"{_typed(cell)}"' for cell in line) for line in lines]
    return "\r\n".join([*rows, ""]).encode(charset)


def printed(lines: Sequence[Line], titles: Sequence[str] = TITLES) -> bytes:
    """The same lines as a table on a PDF page."""
    made = io.BytesIO()
    document = SimpleDocTemplate(made, pagesize=landscape(A4), invariant=1)
    document.build([Table([list(titles), *([_typed(cell) for cell in line] for line in lines)])])
    return made.getvalue()


def with_entry(content: bytes, name: str, change: bytes) -> bytes:
    """The same workbook, one entry of its archive replaced (or added)."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", 8) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, change)
    return made.getvalue()


def entry_of(content: bytes, name: str) -> bytes:
    """One entry of a workbook's archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def _typed(cell: str | date | float | None) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, float):
        return f"{cell:,.2f}".replace(",", " ").replace(".", ",")
    return str(cell)
