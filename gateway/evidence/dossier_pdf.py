"""The summary on paper: the sections, the life-line drawn, the pages of the forms; PDF/A-2b."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from typing import Any

from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    Image,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)
from reportlab.platypus import TableStyle as Style

from gateway.evidence.dossier_pictures import Picture
from gateway.evidence.lettering import BOLD, PLAIN, plain, ready
from gateway.evidence.lifeline import Lifeline
from gateway.evidence.lifeline_drawing import Drawing
from gateway.evidence.pdfa import as_pdfa
from gateway.evidence.section import Section, Summary

_MARGIN = 14 * mm
_PADDING = 6
"""Around a frame, as reportlab sets it."""
_WIDTH = A4[0] - 2 * _MARGIN - 2 * _PADDING
_HIGH = A4[1] - 2 * _MARGIN - 26 * mm
_ALONE = 32 * mm
"""Room under which a title would stand alone at the foot of a page."""
_CELL = 700
"""Characters of a cell; the whole of a longer one is in ``resume.txt``."""
_SHARES = {
    "Fichier": 2.2,
    "Preuve": 1.5,
    "Entrée": 0.6,
    "Ce qui s'est passé": 3.0,
    "Motif": 4.0,
    "Fondement": 2.0,
    "Message du retour": 2.0,
    "Expéditeur": 1.4,
    "Destinataire": 1.4,
    "Pages": 0.6,
    "Rôle": 1.0,
}
"""Width of a column against the others, by its title; 1 for those not named."""
_INK, _RULE, _HEAD = "#1a1a1a", "#8a8a8a", "#eef1f4"


def as_pdf(
    summary: Summary, line: Lifeline | None, pictures: Sequence[Picture], at: datetime, foot: str
) -> bytes:
    """The summary as PDF/A-2b. ``at``: the instant written in it; ``foot``: the line under each page.

    The same values give the same bytes.
    """
    ready()
    drawn = io.BytesIO()
    document = SimpleDocTemplate(
        drawn,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN + 6 * mm,
        title=summary.title,
        invariant=1,
        initialFontName=PLAIN,
    )
    under = plain(foot)

    def footer(canvas: Any, page: Any) -> None:
        canvas.setFont(PLAIN, 6.5)
        canvas.setFillColor("#4a4a4a")
        canvas.drawString(_MARGIN, 10 * mm, under)
        canvas.drawRightString(A4[0] - _MARGIN, 10 * mm, f"page {page.page}")

    story = [*_front(summary, line), *_pages(pictures)]
    document.build(story, onFirstPage=footer, onLaterPages=footer)
    return as_pdfa(drawn.getvalue(), summary.title, at)


def _style(size: float, *, bold: bool = False, before: float = 0, after: float = 0) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}{bold}{before}",
        fontName=BOLD if bold else PLAIN,
        bulletFontName=PLAIN,
        fontSize=size,
        leading=size * 1.3,
        textColor=_INK,
        spaceBefore=before,
        spaceAfter=after,
        alignment=TA_LEFT,
    )


def _front(summary: Summary, line: Lifeline | None) -> Iterator[Flowable]:
    yield _p(summary.title, _style(17, bold=True, after=4))
    yield _p(summary.intro, _style(8.5, after=6))
    for number, section in enumerate(summary.sections):
        yield from _section(section)
        if number == 0 and line is not None:
            yield _p("Ligne de vie", _style(11, bold=True, before=10, after=4))
            yield Drawing(line, _WIDTH)


def _section(section: Section) -> Iterator[Flowable]:
    yield CondPageBreak(_ALONE)
    yield _p(section.title, _style(11, bold=True, before=10, after=3))
    if section.intro:
        yield _p(section.intro, _style(8, after=3))
    small, strong = _style(6.8), _style(6.8, bold=True)
    if section.headers:
        shares = [_SHARES.get(name, 1.0) for name in section.headers]
        rows = [[_p(name, strong) for name in section.headers]]
    else:
        shares, rows = [1.0, 3.2], []
    for cells in section.rows:
        styles = [strong if not section.headers and not n else small for n in range(len(cells))]
        rows.append([_p(cell, style) for cell, style in zip(cells, styles, strict=True)])
    widths = [_WIDTH * share / sum(shares) for share in shares]
    # a row higher than a page goes on over the next one
    table = Table(rows, colWidths=widths, repeatRows=1 if section.headers else 0, splitInRow=1)
    looks: list[Any] = [
        # cells are paragraphs, yet the table sets its own font for each: never one that is not embedded
        ("FONTNAME", (0, 0), (-1, -1), PLAIN),
        ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    headed = (-1, 0) if section.headers else (0, -1)
    looks.append(("BACKGROUND", (0, 0), headed, _HEAD))
    table.setStyle(Style(looks))
    yield table


def _pages(pictures: Sequence[Picture]) -> Iterator[Flowable]:
    """One page of a form on each page, as large as it goes."""
    for picture in pictures:
        yield PageBreak()
        yield _p(picture.title, _style(10, bold=True, after=2))
        yield _p(picture.source, _style(7, after=4))
        if picture.jpeg is None:
            yield _p("Cette page ne peut pas être montrée ; la pièce jointe fait foi.", _style(8.5))
            continue
        wide, high = ImageReader(io.BytesIO(picture.jpeg)).getSize()
        scale = min(_WIDTH / wide, _HIGH / high)
        yield Image(io.BytesIO(picture.jpeg), width=wide * scale, height=high * scale)
    if pictures:
        yield Spacer(1, 1)


def _p(text: str, style: ParagraphStyle) -> Paragraph:
    """Text as it is: no markup of a stranger reaches the page."""
    shown = text if len(text) <= _CELL else f"{text[:_CELL]}… (la suite est dans resume.txt)"
    return Paragraph(escape(plain(shown)), style)
