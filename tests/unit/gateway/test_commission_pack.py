"""The pack of the commission: list, a page a case, totals; a stranger's text stays text."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

from openpyxl import load_workbook

from gateway.contestations.assess import Assessment, Lack, Proof, Suggestion
from gateway.contestations.pack import Brought, pdf, totals, workbook
from parsers.pdf import sheets

ON = date(2026, 11, 23)
ASSESSED = Assessment(
    (Proof("form", "Attestation reçue.", "Attestation reçue.", "a" * 64),),
    (Lack("against-dates", "Le séjour n'est pas couvert."),),
    Suggestion.ACCEPT,
)


def _brought(number: int, amount: str | None = "1200.50", **changes: str) -> Brought:
    return Brought(
        reference=f"CTN-2026-{number:05d}",
        claim_reference=changes.get("claim", f"F-{number}"),
        case_reference=f"SPA-2026-{number:05d}",
        beneficiary=changes.get("beneficiary", "BENALI Karima"),
        establishment="Hôpital des Calanques",
        starts=date(2026, 3, 1),
        ends=date(2026, 3, 10),
        reason="Dates des soins",
        amount=amount,
        received_on=ON,
        argument=changes.get("argument", ""),
        assessment=ASSESSED,
        evidence_sha256="b" * 64,
    )


def _text(content: bytes) -> list[str]:
    return [sheet.page.text for sheet in sheets(content)]


def test_a_list_then_a_page_a_case_then_the_totals() -> None:
    content = pdf([_brought(1), _brought(2, argument="Ligne 1\nLigne 2")], "Circuit", "Base", ON)
    pages = _text(content)
    assert len(pages) == 3
    assert "Total : 2 litiges, 2 401,00 € contestés." in pages[0].replace("\u00a0", " ")
    assert "1. Contestation CTN-2026-00001" in pages[1]
    assert "Le séjour n'est pas couvert." in pages[1]
    assert "Ligne 1" in pages[2]
    assert pdf([_brought(1)], "Circuit", "Base", ON) == pdf([_brought(1)], "Circuit", "Base", ON)


def test_markup_of_a_stranger_is_printed_as_it_is() -> None:
    content = pdf([_brought(1, beneficiary="<b>A</b> & Ω", argument="<font size=90>x")], "C", "B", ON)
    assert "<b>A</b> & ?" in _text(content)[1]


def test_a_workbook_holds_the_same_and_no_formula() -> None:
    content = workbook([_brought(1), _brought(2, None, claim="=1+1", beneficiary="@SUM(A1)")], ON)
    book = load_workbook(io.BytesIO(content))
    rows = list(book["Litiges"].iter_rows(values_only=True))
    assert [row[1] for row in rows[1:]] == ["CTN-2026-00001", "CTN-2026-00002"]
    assert (rows[2][3], rows[2][9]) == ("'@SUM(A1)", "'=1+1")
    assert list(book["Totaux"].iter_rows(values_only=True))[2][1] == 1200.5


def test_totals_by_reason_leave_out_what_was_not_read() -> None:
    assert totals([_brought(1), _brought(2, None)]) == (
        2,
        Decimal("1200.50"),
        {"Dates des soins": Decimal("1200.50")},
    )
