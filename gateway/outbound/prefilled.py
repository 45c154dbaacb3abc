"""The next request (SE 352-302) as a fillable PDF, its fields named as in the circuit's form template.

The layout is ours, made from the labels of ``forms/se352-302.toml`` and marked as reconstructed on the page
itself: the official print was not found (domain, forms). Our own reader reads every field back.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from parsers.forms.template import FieldSpec, FieldType, Template

FORM_302 = "se352-302"

_WIDTH, _HEIGHT = 595.28, 841.89
_LEFT, _RIGHT, _TOP = 42.0, 553.0, 806.0
_ROW, _SIGNATURE = 20.5, 40.0
_FONT, _BOLD = "Helvetica", "Helvetica-Bold"
_MODEL = "Modèle reconstitué par Passerelle : il ne remplace pas l'imprimé officiel de l'institution."


def prefilled(template: Template, values: Mapping[str, str]) -> bytes:
    """One page of PDF (AcroForm). ``values``: text of the fields as printed; the others stay empty.

    The same template and values give the same bytes.
    """
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(_WIDTH, _HEIGHT), invariant=1)
    canvas.setTitle(template.titles[0])
    canvas.setFont(_FONT, 7)
    canvas.drawString(_LEFT, _TOP, _MODEL)
    canvas.setFont(_BOLD, 9)
    canvas.drawRightString(_RIGHT, _TOP, template.name.upper().replace("SE352", "SE 352"))
    canvas.setFont(_BOLD, 12)
    canvas.drawCentredString(_WIDTH / 2, _TOP - 20, template.titles[0])
    y = _TOP - 26
    for box in template.boxes:
        fields = [field for field in template.fields if field.box == box.name]
        if not fields:
            continue
        y -= 19
        canvas.setFont(_BOLD, 9)
        canvas.drawString(_LEFT, y, f"{box.name}. {box.labels[0]}")
        canvas.setLineWidth(0.8)
        canvas.line(_LEFT, y - 3, _RIGHT, y - 3)
        y -= 4
        for field in fields:
            y -= _SIGNATURE if field.type is FieldType.SIGNATURE else _ROW
            _draw(canvas, field, y, values.get(field.name, ""))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Canvas, field: FieldSpec, y: float, value: str) -> None:
    label = field.labels[0]
    canvas.setFont(_FONT, 8.5)
    x = _LEFT + stringWidth(label, _FONT, 8.5) + 6
    if field.type is FieldType.SIGNATURE:
        canvas.drawString(_LEFT, y + _SIGNATURE - 12, label)
        return
    canvas.drawString(_LEFT, y + 5, label)
    if field.type is FieldType.CHOICE:
        for choice in field.choices:
            canvas.acroForm.checkbox(
                name=f"{field.name}.{choice.value}",
                checked=choice.value == value,
                x=x,
                y=y + 3.5,
                size=9,
                borderWidth=0.5,
                forceBorder=True,
            )
            canvas.drawString(x + 12, y + 5, choice.labels[0])
            x += 12 + stringWidth(choice.labels[0], _FONT, 8.5) + 12
        return
    canvas.acroForm.textfield(
        name=field.name,
        value=value,
        x=x,
        y=y + 1,
        width=_RIGHT - x,
        height=14,
        fontSize=8,
        borderWidth=0.5,
        forceBorder=True,
    )
