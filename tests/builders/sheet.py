"""A page that knows how to draw labelled fields in four layouts, signatures and stamps (reportlab)."""

from __future__ import annotations

import io
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

Style = Literal["acroform", "flat", "table", "comb"]
_WIDTH, _HEIGHT = 595.28, 841.89
_LEFT, _RIGHT = 42.0, 553.0
_COMB = 11.5
_BOLD = {"Helvetica": "Helvetica-Bold", "Times-Roman": "Times-Bold", "Courier": "Courier-Bold"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A label and its value. ``share`` is its part of the row's width; ``choices`` are boxes to tick."""

    field: str
    label: str
    value: date | str | tuple[str, ...] | None
    share: float
    choices: Mapping[str, str] | None = None
    after: str = ""
    hand: bool = False

    @property
    def text(self) -> str:
        if isinstance(self.value, date):
            return self.value.strftime("%d/%m/%Y")
        return self.value if isinstance(self.value, str) else ""


class Row:
    def __init__(self, *cells: Cell) -> None:
        self.cells = cells


class Sheet:
    """Draws downwards from the top of the page; ``pdf`` ends it."""

    def __init__(self, style: Style, font: str = "Helvetica", seed: int = 1, named: bool = False) -> None:
        self.style, self.font, self.bold, self.named = style, font, _BOLD[font], named
        self.rng = random.Random(f"sheet-{seed}")
        self.buffer = io.BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=(_WIDTH, _HEIGHT), invariant=1)
        self.y = _HEIGHT - 36
        self.widgets = 0

    def pdf(self) -> bytes:
        self.canvas.showPage()
        self.canvas.save()
        return self.buffer.getvalue()

    def new_page(self) -> None:
        self.canvas.showPage()
        self.y = _HEIGHT - 36

    def title(self, number: str, title: str) -> None:
        self.canvas.setFont(self.bold, 9)
        self.canvas.drawRightString(_RIGHT, self.y, number)
        self.canvas.setFont(self.font, 7)
        self.canvas.drawString(_LEFT, self.y, "Protocole franco-algérien du 10 avril 2016")
        self.y -= 18
        self.canvas.setFont(self.bold, 12)
        self.canvas.drawCentredString(_WIDTH / 2, self.y, title)
        self.y -= 10

    def heading(self, number: str, text: str) -> None:
        self.y -= 15
        self.canvas.setFont(self.bold, 9)
        self.canvas.setFillGray(0)
        self.canvas.drawString(_LEFT, self.y, f"{number}. {text}")
        self.canvas.setLineWidth(0.8)
        self.canvas.line(_LEFT, self.y - 3, _RIGHT, self.y - 3)
        self.y -= 4

    def paragraph(self, text: str) -> None:
        self.y -= 11
        self.canvas.setFont(self.font, 7.5)
        self.canvas.drawString(_LEFT, self.y, text)

    def rows(self, *rows: Row) -> None:
        for row in rows:
            tall = 27.0 if self.style == "table" else 18.5
            total = sum(c.share for c in row.cells)
            x = _LEFT
            for cell in row.cells:
                width = (_RIGHT - _LEFT) * cell.share / total
                self._cell(cell, x, self.y - tall, width, tall)
                x += width
            self.y -= tall

    def _cell(self, cell: Cell, x: float, y: float, width: float, tall: float) -> None:
        c = self.canvas
        c.setFillGray(0)
        c.setLineWidth(0.5)
        if self.style == "table":
            c.rect(x, y, width, tall)
            c.setFont(self.font, 6.5)
            c.drawString(x + 3, y + tall - 8, cell.label)
            left, base = x + 4, y + 6
        else:
            c.setFont(self.font, 8.5)
            label = f"{cell.label} :" if self.style == "flat" else cell.label
            c.drawString(x, y + 5, label)
            left, base = x + stringWidth(label, self.font, 8.5) + 5, y + 5
        if cell.choices is not None:
            self._ticks(cell, left, base)
            return
        room = x + width - 6 - left - (12 if cell.after else 0)
        if self.style == "acroform":
            self._widget(cell, left, base - 4, room)
            left += room + 3
        elif self.style == "comb":
            left = self._comb(cell.text, left, base, room) + 3
        else:
            size = 9.5
            while stringWidth(cell.text, self.font, size) > room and size > 6:
                size -= 0.25
            c.setFont(self.font, size)
            c.drawString(left, base, cell.text)
            left += (stringWidth(cell.text, self.font, size) if cell.text else 40) + 4
        if cell.after:
            c.setFont(self.font, 8.5)
            c.drawString(left, base, cell.after)

    def _widget(self, cell: Cell, x: float, y: float, width: float) -> None:
        self.widgets += 1
        self.canvas.acroForm.textfield(
            name=cell.field if self.named else f"Texte{self.widgets}",
            value=cell.text,
            x=x,
            y=y,
            width=width,
            height=14,
            fontSize=8,
            borderWidth=0.5,
            forceBorder=True,
        )

    def _comb(self, text: str, x: float, base: float, room: float) -> float:
        c = self.canvas
        cells = max(min(int(room / _COMB), 24), 1)
        pitch = min(_COMB, room / max(cells, len(text), 1))
        cells = max(cells, len(text))
        c.setLineWidth(0.4)
        c.setStrokeGray(0.45)
        for index in range(cells):
            c.rect(x + index * pitch, base - 3.5, pitch, 13)
        c.setStrokeGray(0)
        c.setFont(self.font, 9 if pitch > 8 else 7.5)
        for index, char in enumerate(text):
            c.drawCentredString(x + (index + 0.5) * pitch, base, char)
        return x + cells * pitch

    def _ticks(self, cell: Cell, x: float, base: float) -> None:
        assert cell.choices is not None
        ticked = cell.value if isinstance(cell.value, tuple) else (cell.value,)
        c = self.canvas
        for value, label in cell.choices.items():
            on = value in ticked
            if self.style == "acroform":
                self.widgets += 1
                c.acroForm.checkbox(
                    name=f"{cell.field}.{value}" if self.named else f"Case{self.widgets}",
                    checked=on,
                    x=x,
                    y=base - 1.5,
                    size=9,
                    borderWidth=0.5,
                    forceBorder=True,
                )
            else:
                c.setLineWidth(0.6)
                c.rect(x, base - 1, 8, 8)
                if on:
                    c.setLineWidth(1.1)
                    c.line(x + 1, base, x + 7, base + 6)
                    c.line(x + 1, base + 6, x + 7, base)
            c.setFont(self.font, 8.5)
            c.drawString(x + 12, base, label)
            x += 12 + stringWidth(label, self.font, 8.5) + 12

    def signature(self, label: str, signed: bool, stamp: bool) -> None:
        """A place to sign, 46 points high, its label at the top left; ``stamp`` adds a round one."""
        c = self.canvas
        self.y -= 48
        c.setLineWidth(0.5)
        c.setFillGray(0)
        if self.style == "table":
            c.rect(_LEFT, self.y, _RIGHT - _LEFT, 48)
        c.setFont(self.font, 7.5)
        c.drawString(_LEFT + 3, self.y + 38, label)
        if self.style == "flat":
            c.line(_LEFT + 3, self.y + 4, _LEFT + 230, self.y + 4)
        if signed and stamp:
            self._stamp(_LEFT + 330 + self.rng.random() * 80, self.y + 22)
        if signed:
            self._scribble(_LEFT + 30 + self.rng.random() * 120, self.y + 8, 80, 26)

    def _scribble(self, x: float, y: float, width: float, tall: float) -> None:
        c = self.canvas
        c.saveState()
        c.setStrokeColorRGB(0.05, 0.1, 0.5)
        c.setLineWidth(1.1)
        path = c.beginPath()
        path.moveTo(x, y + tall / 2)
        at = x
        step = width / 7
        for _ in range(7):
            path.curveTo(
                at + step * self.rng.random(), y + tall * self.rng.random(),
                at + step * self.rng.random(), y + tall * self.rng.random(),
                at + step, y + tall * self.rng.random(),
            )  # fmt: skip
            at += step
        c.drawPath(path)
        c.restoreState()

    def _stamp(self, x: float, y: float) -> None:
        c = self.canvas
        c.saveState()
        c.setStrokeColorRGB(0.75, 0.1, 0.1)
        c.setFillColorRGB(0.75, 0.1, 0.1)
        c.setLineWidth(1.2)
        c.circle(x, y, 20)
        c.circle(x, y, 15)
        c.setFont(self.bold, 6.5)
        c.drawCentredString(x, y + 2, "CNAS")
        c.drawCentredString(x, y - 6, "ALGER")
        c.restoreState()
