from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from parsers.claims import ClaimsRead, ClaimWords, read_claims
from parsers.claimvalues import ReasonWords
from parsers.errors import ParseError
from parsers.limits import DEFAULT
from tests.builders import claims
from tests.fuzz.mutate import inputs, mutations

COUNT = inputs(400)
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


@pytest.mark.parametrize(
    ("seeds", "media_type", "name", "share"),
    [
        ([claims.workbook(LINES)], "application/octet-stream", "a.xlsx", 100),
        ([claims.separated(LINES), claims.separated(LINES, ",", "utf-16")], "text/csv", "a.csv", 2),
        ([claims.printed(LINES)], "application/pdf", "a.pdf", 20),
        ([TEXT, claims.separated(LINES, "|", "utf-8")], "text/plain", "", 2),
    ],
    ids=["workbook", "values", "printed", "text"],
)
def test_only_parse_errors_come_out_of_lists(
    seeds: Sequence[bytes], media_type: str, name: str, share: int
) -> None:
    read = 0
    for data in mutations(seeds, COUNT, seed=61):
        try:
            found = read_claims(data, media_type, name, "", WORDS, LIMITS)
        except ParseError:
            continue
        read += 1
        _held(found)
    assert read > COUNT // share


@pytest.mark.parametrize("entry", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_only_parse_errors_come_out_of_the_parts_of_a_workbook(entry: str) -> None:
    whole = claims.workbook(LINES)
    read = 0
    for part in mutations([claims.entry_of(whole, entry)], COUNT // 2, seed=62):
        try:
            found = read_claims(claims.with_entry(whole, entry, part), "", "a.xlsx", "", WORDS, LIMITS)
        except ParseError:
            continue
        read += 1
        _held(found)
    assert read > COUNT // 100


def _held(found: ClaimsRead) -> None:
    """What a list promises whatever is written in it."""
    assert len(found.claims) + len(found.unread) <= LIMITS.table_rows
    for claim in found.claims:
        assert claim.reference is None or len(claim.reference) <= 80
        assert len(claim.reason_text) <= 300
        assert claim.amount is None or claim.amount.replace(".", "", 1).isdigit()
    assert all(len(cell) <= LIMITS.table_cell_chars for row in found.unread for cell in row.cells)
