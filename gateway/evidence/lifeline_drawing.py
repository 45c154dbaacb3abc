"""A life-line drawn on paper, in shapes and words: nothing is told by a colour alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from reportlab.platypus import Flowable

from gateway.evidence.lettering import PLAIN, plain
from gateway.evidence.lifeline import ROW, WIDTH, Bar, Lifeline

_FILLS: Mapping[str, str] = {
    "granted": "#2f6f4f",
    "tacit": "#5a8f76",
    "requested": "#ffffff",
    "refused": "#ffffff",
    "uncovered": "#f3c9c9",
    "struck": "#ffffff",
}
_EDGES: Mapping[str, str] = {
    "requested": "#1f4e79",
    "refused": "#9b1c1c",
    "uncovered": "#9b1c1c",
    "struck": "#6b6b6b",
}
_INK, _GRID = "#1a1a1a", "#c4c4c4"
_LETTER = 6.5
_LINE = 9.0


class Drawing(Flowable):  # type: ignore[misc]
    """The life-line over ``width`` points, each bar and due date named underneath."""

    def __init__(self, line: Lifeline, width: float) -> None:
        super().__init__()
        self._line = line
        bars = [plain(f"– {bar.span.label}") for bar in line.bars]
        dues = Counter(plain(f"– échéance : {point.mark.label}") for point in line.points)
        self._named = [*bars, *(f"{due} ({n} fois)" if n > 1 else due for due, n in dues.items())]
        self.width = width
        self._scale = width / WIDTH
        self._drawn = line.height * self._scale * 1.15 + 6
        self.height = self._drawn + _LINE * len(self._named)

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Size on the page, in points."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw at the origin that the page gives."""
        canvas, line = self.canv, self._line
        canvas.setFont(PLAIN, _LETTER)
        for tick in line.ticks:
            self._rule(tick.x, 22, line.axis + 26, _GRID, 0.4)
            if tick.x < WIDTH - 60:
                canvas.setFillColor(_INK)
                canvas.drawString(self._x(tick.x) + 2, self._y(line.axis + 26), tick.label)
        canvas.setStrokeColor(_INK)
        canvas.setLineWidth(0.8)
        canvas.line(0, self._y(line.axis), self.width, self._y(line.axis))
        for bar in line.bars:
            self._bar(bar)
        if line.today is not None:
            self._rule(line.today, 20, line.axis + 8, _INK, 1.0)
            at = min(max(self._x(line.today), 60), self.width - 60)
            canvas.setFillColor(_INK)
            canvas.drawCentredString(at, self._y(13), "journal scellé ce jour")
        for point in line.points:
            self._triangle(point.x, filled=point.mark.kind == "late")
        canvas.setFillColor(_INK)
        canvas.setFont(PLAIN, _LETTER)
        for number, text in enumerate(self._named):
            canvas.drawString(0, self.height - self._drawn - _LINE * (number + 0.8), self._short(text))

    def _x(self, x: float) -> float:
        return x * self._scale

    def _y(self, y: float) -> float:
        """From the geometry, downwards, to the page, upwards."""
        return self.height - y * self._scale * 1.15

    def _bar(self, bar: Bar) -> None:
        canvas, status = self.canv, bar.span.status
        canvas.setFillColor(_FILLS.get(status, "#dddddd"))
        canvas.setStrokeColor(_EDGES.get(status, _FILLS.get(status, _INK)))
        canvas.setLineWidth(0.8)
        canvas.setDash([3, 2] if status in {"refused", "uncovered", "tacit", "struck"} else [])
        high = ROW * 0.62 * self._scale * 1.15
        canvas.rect(self._x(bar.x), self._y(bar.y) - high, self._x(bar.width), high, stroke=1, fill=1)
        canvas.setDash([])
        if bar.struck:
            middle = self._y(bar.y) - high / 2
            canvas.line(self._x(bar.x) - 3, middle, self._x(bar.x + bar.width) + 3, middle)
        elif bar.span.short and self._x(bar.width) > canvas.stringWidth(bar.span.short, PLAIN, _LETTER) + 6:
            canvas.setFillColor("#ffffff" if status in {"granted", "tacit"} else _INK)
            canvas.drawString(self._x(bar.x) + 3, self._y(bar.y) - high + 2.6, plain(bar.span.short))

    def _triangle(self, x: float, *, filled: bool) -> None:
        canvas, top = self.canv, self._y(self._line.axis - 1)
        path = canvas.beginPath()
        path.moveTo(self._x(x), top)
        path.lineTo(self._x(x) + 4, top - 7)
        path.lineTo(self._x(x) - 4, top - 7)
        path.close()
        canvas.setFillColor("#9b1c1c" if filled else "#ffffff")
        canvas.setStrokeColor("#9b1c1c" if filled else _INK)
        canvas.drawPath(path, stroke=1, fill=1)

    def _rule(self, x: float, top: float, bottom: float, colour: str, width: float) -> None:
        self.canv.setStrokeColor(colour)
        self.canv.setLineWidth(width)
        self.canv.line(self._x(x), self._y(top), self._x(x), self._y(bottom))

    def _short(self, text: str) -> str:
        """As much of a name as one line holds."""
        while text and self.canv.stringWidth(text, PLAIN, _LETTER) > self.width:
            text = text[:-2]
        return text
