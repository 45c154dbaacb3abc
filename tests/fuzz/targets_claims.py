"""Fuzz targets of the lists of contested claims: workbooks, their parts, values, printed tables, text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from parsers.claims import ClaimWords, read_claims
from parsers.claimvalues import ReasonWords
from parsers.limits import DEFAULT
from tests.builders import claims
from tests.fuzz.target import Target

LIMITS = replace(DEFAULT, table_bytes=4_000_000, table_rows=500)
WORDS = ClaimWords(
    {
        "reference": ("n° facture", "référence"),
        "beneficiary": ("nom et prénom",),
        "starts": ("date d'entrée",),
        "ends": ("date de sortie",),
        "amount": ("montant",),
        "reason": ("motif",),
    },
    (ReasonWords("report-missing", ("CR manquant",)),),
)
LINES: list[claims.Line] = [
    ("F-1", "DZ-1", "BENALI Karima", "01/03/2026", "10/03/2026", 12345.6, "CR manquant"),
    ("F-2", None, "HADDAD Fatima", "02/04/2026", "03/04/2026", 80.0, "autre"),
]
TEXT = "Référence : F-3\nMontant : 1 300,50 EUR\nMotif : CR manquant\n\nRéférence : F-4\n".encode()
_READERS = ("claims.py", "claimvalues.py", "rows.py")


@cache
def _workbook() -> bytes:
    return claims.workbook(LINES)


def _read(data: bytes, media_type: str, name: str) -> None:
    """What a list promises whatever is written in it."""
    found = read_claims(data, media_type, name, "", WORDS, LIMITS)
    assert len(found.claims) + len(found.unread) <= LIMITS.table_rows
    for claim in found.claims:
        assert claim.reference is None or len(claim.reference) <= 80
        assert len(claim.reason_text) <= 300
        assert claim.amount is None or claim.amount.replace(".", "", 1).isdigit()
    assert all(len(cell) <= LIMITS.table_cell_chars for row in found.unread for cell in row.cells)


def _values() -> Sequence[bytes]:
    return [claims.separated(LINES), claims.separated(LINES, ",", "utf-16")]


def _texts() -> Sequence[bytes]:
    return [TEXT, claims.separated(LINES, "|", "utf-8")]


def _part(entry: str) -> Target:
    """One file of a workbook spoilt, the container kept whole: reaches much deeper."""
    name = entry.rsplit("/", 1)[-1].removesuffix(".xml")
    return Target(
        f"workbook-{name}",
        ("spreadsheet.py",),
        lambda: [claims.entry_of(_workbook(), entry)],
        lambda data: _read(claims.with_entry(_workbook(), entry, data), "", "a.xlsx"),
        200,
        0.01,
    )


TARGETS = (
    Target(
        "workbook",
        ("spreadsheet.py", *_READERS),
        lambda: [_workbook()],
        lambda data: _read(data, "application/octet-stream", "a.xlsx"),
        400,
        0.002,  # a spoilt archive is rarely read: its parts, spoilt apart, reach deeper
    ),
    _part("xl/worksheets/sheet1.xml"),
    _part("xl/workbook.xml"),
    _part("xl/styles.xml"),
    Target(
        "values",
        ("delimited.py", *_READERS),
        _values,
        lambda data: _read(data, "text/csv", "a.csv"),
        400,
        0.5,
    ),
    Target(
        "printed",
        ("printed.py", *_READERS),
        lambda: [claims.printed(LINES)],
        lambda data: _read(data, "application/pdf", "a.pdf"),
        400,
        0.05,
    ),
    Target(
        "claims-text",
        ("delimited.py", *_READERS),
        _texts,
        lambda data: _read(data, "text/plain", ""),
        400,
        0.5,
    ),
)
