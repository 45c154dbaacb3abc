"""Which words are the value of which label: right of it, else below it, else in the comb beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from parsers.facts import Box, Word
from parsers.forms.anchors import Anchor
from parsers.forms.template import FieldType
from parsers.layout import centre, height, same_row, union

_EDGE = 8.0
"""How far left of its label a value below it may begin, in points: that much skew and noise leave."""
_FREE = frozenset({FieldType.TEXT, FieldType.NAME})


@dataclass(frozen=True, slots=True)
class Value:
    """Words of one value in reading order, joined as printed (a comb is one word a cell)."""

    text: str
    box: Box
    confidence: float
    comb: bool = False
    """Read cell by cell, so that a cell may be missing without a trace."""


def assign(anchors: Sequence[Anchor], words: Sequence[Word]) -> dict[int, Value]:
    """Index of each field label to its value. Words right of a label never serve the label above them."""
    claimed: set[int] = set()
    found: dict[int, list[int]] = {}
    for index, anchor in enumerate(anchors):
        if not _valued(anchor):
            continue
        right = _right(anchor, anchors, words)
        claimed.update(right)
        if right:
            found[index] = right
    for index, anchor in enumerate(anchors):
        if index in found or not _valued(anchor) or anchor.colon:
            continue
        below = _below(anchor, anchors, words, claimed)
        if below:
            claimed.update(below)
            found[index] = below
    for index, places in found.items():
        field = anchors[index].field
        if field is not None and field.type is FieldType.TEXT:
            found[index] = places + _continued(places, anchors, words, claimed)
    return {
        index: value
        for index, places in found.items()
        if (value := _joined([words[p] for p in places], anchors[index])) is not None
    }


def _valued(anchor: Anchor) -> bool:
    field = anchor.field
    return (
        field is not None
        and anchor.choice is None
        and field.type not in {FieldType.CHOICE, FieldType.SIGNATURE}
    )


def _right(anchor: Anchor, anchors: Sequence[Anchor], words: Sequence[Word]) -> list[int]:
    limit = min(
        (a.box.x0 for a in anchors if a.box.x0 >= anchor.box.x1 - 2 and same_row(a.box, anchor.box)),
        default=float("inf"),
    )
    found = [
        p
        for p, w in enumerate(words)
        if anchor.box.x1 - 2 <= w.box.x0 < limit and _level(anchor.box, w.box)
    ]
    return sorted(found, key=lambda p: words[p].box.x0)


def _level(label: Box, word: Box) -> bool:
    """On the label's row: the middle of either lies within the other."""
    return label.y0 <= centre(word) <= label.y1 or word.y0 <= centre(label) <= word.y1


def _below(
    anchor: Anchor, anchors: Sequence[Anchor], words: Sequence[Word], claimed: set[int]
) -> list[int]:
    box = anchor.box
    limit = min(
        (a.box.x0 for a in anchors if a.box.x0 >= box.x1 - 2 and same_row(a.box, box)), default=float("inf")
    )
    column = [
        p
        for p, w in enumerate(words)
        if p not in claimed
        and box.x0 - _EDGE <= w.box.x0 < limit - 1
        and centre(w.box) < box.y0
        and not (limit - _EDGE <= w.box.x0 and _leads(w, words))
    ]
    if not column:
        return []
    top = max(column, key=lambda p: words[p].box.y1)
    reach = 1.6 * max(height(box), min(height(words[top].box), 2 * height(box)))
    if box.y0 - words[top].box.y1 > reach:
        return []
    middle = centre(words[top].box)
    between = [
        a
        for a in anchors
        if a is not anchor
        and middle - 1 <= centre(a.box) < centre(box)
        and box.x0 - _EDGE <= a.box.x0 < limit - 1
    ]
    if between:
        return []
    row = [p for p in column if same_row(words[p].box, words[top].box)]
    return sorted(row, key=lambda p: words[p].box.x0)


def _leads(word: Word, words: Sequence[Word]) -> bool:
    """Whether a word begins a value: nothing close before it on its row."""
    box = word.box
    return not any(
        w.box.x0 < box.x0 and box.x0 - w.box.x1 <= 0.8 * height(box) and same_row(w.box, box) for w in words
    )


def _continued(
    places: list[int], anchors: Sequence[Anchor], words: Sequence[Word], claimed: set[int]
) -> list[int]:
    """Further lines of a text value: below it, in its column, with no label on their row."""
    box = union(words[p].box for p in places)
    more: list[int] = []
    for _ in range(3):
        row = [
            p
            for p, w in enumerate(words)
            if p not in claimed
            and w.box.x0 >= box.x0 - 3
            and 0 < box.y0 - centre(w.box) < 1.1 * height(words[places[0]].box)
        ]
        if not row or any(_level(a.box, words[row[0]].box) for a in anchors):
            break
        row.sort(key=lambda p: words[p].box.x0)
        if words[row[0]].box.x0 > box.x0 + 3 * height(box):
            break
        claimed.update(row)
        more += row
        box = Box(box.x0, min(words[p].box.y0 for p in row), box.x1, box.y1)
    return more


def _joined(words: list[Word], anchor: Anchor) -> Value | None:
    field = anchor.field
    if field is not None and field.type in _FREE:
        words = _until_gap(words)
    cells = comb(words)
    text = cells or " ".join(w.text for w in words)
    if not any(c.isalnum() for c in text):
        return None
    return Value(
        text,
        union(w.box for w in words),
        min(w.confidence for w in words) * anchor.score,
        cells is not None and any(len(w.text) == 1 for w in words),
    )


def _until_gap(words: list[Word]) -> list[Word]:
    """Free text stops at a blank far wider than those between its words."""
    for place in range(1, len(words)):
        one, other = words[place - 1].box, words[place].box
        if same_row(one, other) and other.x0 - one.x1 > 5 * height(one) and not _is_comb(words):
            return words[:place]
    return words


def _is_comb(words: Sequence[Word]) -> bool:
    """Mostly single characters, or characters set as far apart as they are high."""
    if len(words) >= 3 and sum(len(w.text) == 1 for w in words) >= 0.7 * len(words):
        return True
    letters = _letters(words)
    if len(letters) < 4 or len(words) < 2:
        return False
    steps = [b[1] - a[1] for a, b in pairwise(letters)]
    return median(steps) >= 0.7 * median(height(w.box) for w in words)


def _letters(words: Sequence[Word]) -> list[tuple[str, float]]:
    """Characters with the middle of their place."""
    letters: list[tuple[str, float]] = []
    for word in words:
        step = (word.box.x1 - word.box.x0) / len(word.text)
        letters += [(c, word.box.x0 + (i + 0.5) * step) for i, c in enumerate(word.text)]
    return letters


def comb(words: Sequence[Word]) -> str | None:
    """Characters of a comb joined; an empty cell between two is a blank. ``None``: not a comb."""
    if not _is_comb(words):
        return None
    letters = _letters(words)
    steps = [b[1] - a[1] for a, b in pairwise(letters)]
    pitch = median(steps)
    pitch = median([s for s in steps if s <= 1.3 * pitch] or steps)
    text = letters[0][0]
    for step, (letter, _) in zip(steps, letters[1:], strict=True):
        text += (" " if step > 1.6 * pitch else "") + letter
    return text
