"""Ticked boxes: from AcroForm check boxes, from printed glyphs, from the ink in the printed square."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parsers.facts import Bitmap, Box, FormField, Source, Word
from parsers.forms.anchors import Anchor
from parsers.forms.ink import square_filled
from parsers.forms.template import FieldSpec, FieldType
from parsers.layout import centre, height, same_row, union

_ON = frozenset("☒☑✓✔✗✘■⊠🗹")
_OFF = frozenset("☐□◻○▢")
_TYPED_ON = frozenset({"x", "[x]", "(x)", "[X]", "(X)", "X", "×", "[×]", "[✓]", "[✔]"})
_TYPED_OFF = frozenset({"[]", "()", "[_]", "[", "(", "]", ")"})


@dataclass(frozen=True, slots=True)
class Ticked:
    """The choices of one field found ticked, joined by a comma, and how surely."""

    value: str
    label: str
    box: Box
    source: Source
    confidence: float


def choices_of(field: FieldSpec, anchors: Sequence[Anchor]) -> list[Anchor]:
    return [a for a in anchors if a.field is field and a.choice is not None]


def is_checkbox(field: FormField) -> bool:
    """A small square widget; its value is the name of its state."""
    if field.box is None:
        return False
    wide, high = field.box.x1 - field.box.x0, field.box.y1 - field.box.y0
    return max(wide, high) <= 30 and 0.6 <= wide / max(high, 0.1) <= 1.7 and " " not in field.value.strip()


def from_widgets(
    field: FieldSpec, anchors: Sequence[Anchor], widgets: Sequence[FormField]
) -> Ticked | None:
    """Each check box speaks for the nearest choice label on its row, its right first."""
    everyone = [a for a in anchors if a.choice is not None]
    on: list[Anchor] = []
    boxes: list[Box] = []
    for widget in widgets:
        if widget.box is None or not is_checkbox(widget) or widget.value in {"", "Off"}:
            continue
        label = _nearest(widget.box, everyone)
        if label is not None and label.field is field:
            on.append(label)
            boxes.append(widget.box)
    return _ticked(field, on, boxes, Source.ACROFORM, 0.99)


def _nearest(box: Box, labels: Sequence[Anchor]) -> Anchor | None:
    row = [a for a in labels if same_row(a.box, box)]
    right = [a for a in row if -2 <= a.box.x0 - box.x1 <= 2.5 * height(box)]
    if right:
        return min(right, key=lambda a: a.box.x0)
    left = [a for a in row if -2 <= box.x0 - a.box.x1 <= 2.5 * height(box)]
    return max(left, key=lambda a: a.box.x1, default=None)


def from_glyphs(
    field: FieldSpec, anchors: Sequence[Anchor], words: Sequence[Word], source: Source
) -> Ticked | None:
    """A printed mark beside the label: on its left, or on its right when the whole row is so."""
    labels = choices_of(field, anchors)
    marks = [(w, m) for w in words if (m := _mark(w.text)) is not None]
    for left in (True, False):
        seen = {i: m for i, a in enumerate(labels) if (m := _beside(a, marks, left)) is not None}
        on = [labels[i] for i, m in seen.items() if m]
        if on and len(on) <= (len(labels) if field.multiple else 1):
            return _ticked(field, on, [a.box for a in on], source, 0.97 if source is Source.TEXT else 0.8)
    return None


def _mark(text: str) -> bool | None:
    text = text.strip(":")
    if text in _TYPED_ON or (text and text[-1] in _ON):
        return True
    if text in _TYPED_OFF or (text and text[-1] in _OFF):
        return False
    return None


def _beside(label: Anchor, marks: Sequence[tuple[Word, bool]], left: bool) -> bool | None:
    tall = height(label.box)
    for word, on in marks:
        if not same_row(word.box, label.box):
            continue
        gap = label.box.x0 - word.box.x1 if left else word.box.x0 - label.box.x1
        if -2 <= gap <= 1.2 * tall:
            return on
    return None


def from_ink(field: FieldSpec, anchors: Sequence[Anchor], bitmap: Bitmap, source: Source) -> Ticked | None:
    """The share of ink inside the printed square of each choice; the squares may stand on either side."""
    labels = choices_of(field, anchors)
    for left in (True, False):
        filled = [square_filled(bitmap, a.box, left) for a in labels]
        seen = [f for f in filled if f is not None]
        if len(seen) < max(1, (len(labels) + 1) // 2):
            continue
        most = max(seen)
        on = [
            a
            for a, f in zip(labels, filled, strict=True)
            if f is not None and f >= 0.08 and f >= 0.4 * most
        ]
        sure = 0.97 if most >= 0.15 and len(seen) == len(labels) else 0.85
        if on and (field.multiple or len(on) == 1):
            return _ticked(field, on, [a.box for a in on], source, sure)
        return None
    return None


def from_words(
    field: FieldSpec,
    anchors: Sequence[Anchor],
    words: Sequence[Word],
    source: Source,
    bitmap: Bitmap | None,
) -> Ticked | None:
    """« Sexe : M »: a single choice printed as the value of its label, no box to tick in sight."""
    labels = choices_of(field, anchors)
    if bitmap is not None and any(
        square_filled(bitmap, a.box, s) is not None for a in labels for s in (True, False)
    ):
        return None
    if len(labels) != 1 or labels[0].choice is None or field.type is not FieldType.CHOICE:
        return None
    mains = [a for a in anchors if a.field is field and a.choice is None]
    near = any(_mark(w.text) is not None and same_row(w.box, labels[0].box) for w in words)
    beside = any(
        same_row(a.box, labels[0].box)
        or (
            0 < centre(a.box) - centre(labels[0].box) < 2.5 * height(a.box)
            and abs(a.box.x0 - labels[0].box.x0) < 20
        )
        for a in mains
    )
    if near or not beside:
        return None
    return _ticked(field, labels, [labels[0].box], source, 0.9)


def from_text(field: FieldSpec, value: str) -> str | None:
    """A choice written out in a text field or a list (AcroForm, XFA); several where there may be."""
    parts = re.split(r"[,;\n]", value) if field.multiple else [value]
    known = {
        text.casefold(): choice.value for choice in field.choices for text in (choice.value, *choice.labels)
    }
    found = {known.get(part.strip().casefold()) for part in parts if part.strip()}
    if not found or None in found:
        return None
    return ",".join(c.value for c in field.choices if c.value in found)


def _ticked(
    field: FieldSpec, on: Sequence[Anchor], boxes: Sequence[Box], source: Source, confidence: float
) -> Ticked | None:
    names = {a.choice.value: a for a in on if a.choice is not None}
    order: Mapping[str, int] = {c.value: i for i, c in enumerate(field.choices)}
    values = sorted(names, key=lambda v: order[v])
    if not values or (len(values) > 1 and not field.multiple):
        return None
    label = ", ".join(names[v].label for v in values)
    return Ticked(",".join(values), label, union(boxes), source, confidence)
