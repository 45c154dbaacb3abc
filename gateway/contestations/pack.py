"""What is brought before the mixed commission: a numbered list, one page of argument a case, totals.

Two files of the same content: a PDF to read, a workbook to sort. They name beneficiaries, for the members
of the commission; they hold nothing medical: reports by their day and their hash. The same contestations
on the same day give the same bytes of PDF.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape

from openpyxl import Workbook
from openpyxl.styles import Font
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from gateway.circuits.letters import date_fr
from gateway.contestations.assess import SUGGESTIONS, Assessment, euros, euros_fr

_COLUMNS = ("N°", "Contestation", "Dossier", "Bénéficiaire", "Établissement", "Séjour", "Motif", "Montant")
_WIDTHS = (9, 27, 27, 36, 36, 24, 25, 24)


@dataclass(frozen=True, slots=True)
class Brought:
    """One dispute as the commission reads it."""

    reference: str
    claim_reference: str | None
    case_reference: str
    beneficiary: str
    establishment: str
    starts: date | None
    ends: date | None
    reason: str
    amount: str | None
    received_on: date
    argument: str
    assessment: Assessment
    evidence_sha256: str | None


def totals(brought: Sequence[Brought]) -> tuple[int, Decimal, dict[str, Decimal]]:
    """How many, the contested euros, and the euros by reason."""
    by_reason: dict[str, Decimal] = {}
    for one in brought:
        by_reason[one.reason] = by_reason.get(one.reason, Decimal()) + (euros(one.amount) or Decimal())
    return len(brought), sum(by_reason.values(), Decimal()), dict(sorted(by_reason.items()))


def pdf(brought: Sequence[Brought], title: str, basis: str, on: date) -> bytes:
    """The pack as a PDF: the list with its totals, then a page a case."""
    made = io.BytesIO()
    document = SimpleDocTemplate(
        made,
        pagesize=A4,
        leftMargin=12 * mm,
        rightMargin=12 * mm,
        topMargin=14 * mm,
        bottomMargin=14 * mm,
        title="Commission mixte – contestations en litige",
        author="Passerelle",
        invariant=1,
        lang="fr",
    )
    sheet = getSampleStyleSheet()
    body = ParagraphStyle("corps", parent=sheet["BodyText"], fontSize=9, leading=12)
    story: list[Flowable] = [
        _p("Commission mixte – contestations en litige", sheet["Title"]),
        _p(f"{title}. État au {date_fr(on)}.", body),
        _p(basis, body),
        Spacer(1, 4 * mm),
        _list(brought, ParagraphStyle("cellule", parent=body, fontSize=7, leading=8.5)),
        Spacer(1, 4 * mm),
        *_totals(brought, body),
    ]
    for number, one in enumerate(brought, 1):
        story += [PageBreak(), *_page(number, one, sheet["Heading2"], sheet["Heading3"], body)]
    document.build(story)
    return made.getvalue()


def workbook(brought: Sequence[Brought], on: date) -> bytes:
    """The same list as a workbook, with a sheet of totals."""
    book = Workbook()
    sheet = book.active if book.active is not None else book.create_sheet()
    sheet.title = "Litiges"
    sheet.append([*_COLUMNS, "Reçue le", "Référence de la créance", "Dossier de preuve (SHA-256)"])
    for number, one in enumerate(brought, 1):
        amount = euros(one.amount)
        sheet.append(
            [
                number,
                *(_cell(text) for text in (one.reference, one.case_reference, one.beneficiary)),
                _cell(one.establishment),
                _stay(one),
                _cell(one.reason),
                float(amount) if amount is not None else None,
                one.received_on,
                _cell(one.claim_reference or ""),
                one.evidence_sha256 or "",
            ]
        )
    count, total, by_reason = totals(brought)
    sums = book.create_sheet("Totaux")
    sums.append(["État au", on])
    sums.append(["Nombre de litiges", count])
    sums.append(["Montant contesté (EUR)", float(total)])
    for reason, value in by_reason.items():
        sums.append([_cell(reason), float(value)])
    for page in (sheet, sums):
        for cell in page[1]:
            cell.font = Font(bold=True)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _cell(text: str) -> str:
    """A stranger's text never becomes a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t"} else text


def _list(brought: Sequence[Brought], style: ParagraphStyle) -> Table:
    rows: list[list[Flowable]] = [[_p(name, style) for name in _COLUMNS]]
    for number, one in enumerate(brought, 1):
        cells = (
            str(number),
            one.reference,
            one.case_reference,
            one.beneficiary,
            one.establishment,
            _stay(one),
            one.reason,
            _euros(one.amount),
        )
        rows.append([_p(cell, style) for cell in cells])
    table = Table(rows, colWidths=[width * 0.9 * mm for width in _WIDTHS], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, "#999999"),
                ("BACKGROUND", (0, 0), (-1, 0), "#e6eef6"),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _totals(brought: Sequence[Brought], body: ParagraphStyle) -> Iterable[Flowable]:
    count, total, by_reason = totals(brought)
    yield _p(f"Total : {count} litige{'s' if count > 1 else ''}, {euros_fr(total)} contestés.", body)
    for reason, value in by_reason.items():
        yield _p(f"– {reason} : {euros_fr(value)}", body)


def _page(
    number: int, one: Brought, head: ParagraphStyle, sub: ParagraphStyle, body: ParagraphStyle
) -> Iterable[Flowable]:
    yield _p(f"{number}. Contestation {one.reference} – dossier {one.case_reference}", head)
    yield _p(f"Bénéficiaire : {one.beneficiary}. Établissement : {one.establishment}.", body)
    yield _p(
        f"Créance {one.claim_reference or 'sans référence'}, séjour {_stay(one) or 'non daté'}, "
        f"{_euros(one.amount) or 'montant non lu'}. Reçue le {date_fr(one.received_on)}. "
        f"Motif : {one.reason}.",
        body,
    )
    yield _p("Ce que le dossier prouve", sub)
    for proof in one.assessment.proved:
        yield _p(f"– {proof.sentence}" + (f" SHA-256 : {proof.sha256}" if proof.sha256 else ""), body)
    if not one.assessment.proved:
        yield _p("Rien.", body)
    yield _p("Ce qui manque ou ne concorde pas", sub)
    for lack in one.assessment.missing:
        yield _p(f"– {lack.sentence}", body)
    if not one.assessment.missing:
        yield _p("Rien.", body)
    yield _p("Argument", sub)
    yield _p(one.argument or SUGGESTIONS[one.assessment.suggestion], body)
    if one.evidence_sha256:
        yield _p(f"Dossier de preuve remis, SHA-256 : {one.evidence_sha256}", body)


def _p(text: str, style: ParagraphStyle) -> Paragraph:
    """Text as it is: no markup of a stranger reaches the page, and only what the font has."""
    plain = text.replace("\u202f", "\u00a0").encode("cp1252", "replace").decode("cp1252")
    return Paragraph(escape(plain).replace("\n", "<br/>"), style)


def _stay(one: Brought) -> str:
    if one.starts is None or one.ends is None:
        return ""
    return f"{one.starts:%d/%m/%Y} – {one.ends:%d/%m/%Y}"


def _euros(text: str | None) -> str:
    value = euros(text)
    return euros_fr(value) if value is not None else ""
