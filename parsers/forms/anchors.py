"""Where the labels of a template stand on a page, and the words that are left once they are taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from parsers.facts import Box, Word
from parsers.folding import fold_char, skeleton
from parsers.forms.template import Choice, FieldSpec, Template
from parsers.layout import Line, centre, height, same_row

_FUZZY_FROM = 7
"""Shorter labels must be read exactly: one slip in « Nom » is another word."""
_FUZZY_SCORE = 84.0
_TICKS = frozenset("☐☑☒□■◻✓✔✗✘○●⊠▢")
"""A label never runs over a box to tick."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a label stands for: a field, one choice of a field, a cadre's heading, or the form's title."""

    field: FieldSpec | None = None
    choice: Choice | None = None
    box: str | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """A label seen. ``targets`` holds one entry once ``resolved``; ``colon`` when one follows it."""

    label: str
    targets: tuple[Target, ...]
    box: Box
    colon: bool
    score: float
    line: int = 0
    first: int = 0
    last: int = 0
    """Line it was found on and its first and last characters there."""

    @property
    def field(self) -> FieldSpec | None:
        return self.targets[0].field if self.targets else None

    @property
    def choice(self) -> Choice | None:
        return self.targets[0].choice if self.targets else None

    @property
    def heading(self) -> str | None:
        return self.targets[0].box if self.targets else None


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    bones: str
    score: float


def vocabulary(template: Template) -> dict[str, tuple[str, tuple[Target, ...]]]:
    """Skeleton of each label to the label as written and everything it may stand for."""
    found: dict[str, tuple[str, list[Target]]] = {}

    def add(label: str, target: Target) -> None:
        bones = skeleton(label)
        if bones and target not in found.setdefault(bones, (label, []))[1]:
            found[bones][1].append(target)

    for title in template.titles:
        add(title, Target())
    for box in template.boxes:
        for label in box.labels:
            add(label, Target(box=box.name))
    for field in template.fields:
        for label in field.labels:
            add(label, Target(field=field))
        for choice in field.choices:
            for label in choice.labels:
                add(label, Target(field=field, choice=choice))
    return {bones: (label, tuple(targets)) for bones, (label, targets) in found.items()}


def find(page_lines: Sequence[Line], template: Template, optical: bool) -> tuple[Anchor, ...]:
    """Labels on the lines of a page, not yet resolved to one field each."""
    words_of = vocabulary(template)
    anchors: list[Anchor] = []
    for number, line in enumerate(page_lines):
        taken: list[_Span] = []
        for span in sorted(_spans(line, words_of, optical), key=_rank):
            if all(span.end <= t.start or span.start >= t.end for t in taken):
                taken.append(span)
        for span in taken:
            label, targets = words_of[span.bones]
            first, last = line.at[span.start], line.at[span.end - 1]
            first = _with_number(line, first) if any(t.box for t in targets) else first
            last = _closing(line, last)
            inside = [line.words[line.chars[p].word].box for p in range(first, last + 1)]
            box = Box(
                line.chars[first].x0,
                min(b.y0 for b in inside),
                line.chars[last].x1,
                max(b.y1 for b in inside),
            )
            colon = _colon(line, last + 1)
            anchors.append(Anchor(label, targets, box, colon, span.score, number, first, last + colon))
    return tuple(anchors)


def _rank(span: _Span) -> float:
    """Longer first; a label read exactly beats one a little longer read with slips."""
    return span.start - span.end + (4 if span.score < 1.0 else 0)


def remaining(page_lines: Sequence[Line], anchors: Sequence[Anchor]) -> tuple[Word, ...]:
    """The words that belong to no resolved label, cut where a label ends."""
    used = [[False] * len(line.chars) for line in page_lines]
    for anchor in anchors:
        if anchor.targets:
            for place in range(anchor.first, anchor.last + 1):
                used[anchor.line][place] = True
    return tuple(w for line, marks in zip(page_lines, used, strict=True) for w in _remaining(line, marks))


def _spans(
    line: Line, words_of: dict[str, tuple[str, tuple[Target, ...]]], optical: bool
) -> Iterator[_Span]:
    bones = line.skeleton
    for label, (written, targets) in words_of.items():
        start = bones.find(label)
        seen = start >= 0
        while start >= 0:
            span = _Span(start, start + len(label), label, 1.0)
            if _stands(line, span, targets):
                yield span
            start = bones.find(label, start + 1)
        if (
            optical
            and not seen
            and not written[0].isdigit()
            and _FUZZY_FROM <= len(label) <= len(bones) + 2
        ):
            close = fuzz.partial_ratio_alignment(label, bones, score_cutoff=_FUZZY_SCORE)
            if close is not None and close.dest_end - close.dest_start >= len(label) - 2:
                start, end = _whole_words(line, close.dest_start, close.dest_end)
                span = _Span(start, end, label, close.score / 100)
                if _stands(line, span, targets):
                    yield span


def _whole_words(line: Line, start: int, end: int) -> tuple[int, int]:
    """A span widened by the letter or two of a word that slips left out (« d'admnission »)."""
    words = [line.chars[place].word for place in line.at]
    for _ in range(2):
        if start > 0 and words[start - 1] == words[start]:
            start -= 1
        if end < len(words) and words[end] == words[end - 1]:
            end += 1
    return start, end


def _stands(line: Line, span: _Span, targets: tuple[Target, ...]) -> bool:
    """Whether the span is a label by itself, not letters inside a word or words inside a sentence."""
    first, last = line.at[span.start], line.at[span.end - 1]
    chars = line.chars
    if first and chars[first - 1].word == chars[first].word and chars[first - 1].char.isalnum():
        return False
    if last + 1 < len(chars) and chars[last + 1].word == chars[last].word:
        after = chars[last + 1].char
        glued = len(span.bones) >= 5 and (after.isdigit() or after.isupper()) and chars[last].char.islower()
        if fold_char(after) and not glued:  # the sign of « nº » is a letter to Unicode, not to a reader
            return False
    if len(span.bones) <= 3 and chars[first].word != chars[last].word:
        return False
    if any(
        chars[p].char in _TICKS
        or (chars[p].word != chars[p - 1].word and chars[p].x0 - chars[p - 1].x1 > 0.9 * height(line.box))
        for p in range(first + 1, last + 1)
    ):
        return False
    if all(t.box is not None for t in targets):
        return span.start <= 8 or _gap_before(line, first) > 1.0
    if _colon(line, last + 1) or len(span.bones) <= 3:
        return True
    return _gap_before(line, first) > 0.45 or not _letters_before(line, first)


def _gap_before(line: Line, first: int) -> float:
    """Blank before a character, in heights of the line; large at the start of the line."""
    if first == 0:
        return 99.0
    return (line.chars[first].x0 - line.chars[first - 1].x1) / height(line.box)


def _letters_before(line: Line, first: int) -> bool:
    """Whether the word just before ends with a letter or a digit (a tick or a colon is no sentence)."""
    word = line.words[line.chars[first - 1].word].text if first else ""
    return len(word) > 1 and word[-1].isalnum()


def _with_number(line: Line, first: int) -> int:
    """A heading takes the number before it (« 3. », « Cadre 3 - ») with it."""
    before = "".join(c.char for c in line.chars[:first])
    return 0 if len(before) <= 12 and (first == 0 or _gap_before(line, first) < 1.5) else first


def _closing(line: Line, last: int) -> int:
    """A label takes the rest of its punctuation with it: ``(s)`` of « Prénom(s) », the degree of « N° »."""
    while last + 1 < len(line.chars):
        follower = line.chars[last + 1]
        if follower.word != line.chars[last].word or follower.char not in ")°º.'’(":
            break
        last += 1
    return last


def _colon(line: Line, place: int) -> bool:
    return place < len(line.chars) and line.chars[place].char == ":"


def _remaining(line: Line, used: list[bool]) -> Iterator[Word]:
    """Runs of characters no label took, word by word."""
    run: list[int] = []
    for place, char in enumerate(line.chars):
        if run and (used[place] or line.chars[run[-1]].word != char.word):
            yield _cut(line, run)
            run = []
        if not used[place]:
            run.append(place)
    if run:
        yield _cut(line, run)


def _cut(line: Line, run: list[int]) -> Word:
    word = line.words[line.chars[run[0]].word]
    text = "".join(line.chars[p].char for p in run)
    if len(text) == len(word.text):
        return word
    box = Box(line.chars[run[0]].x0, word.box.y0, line.chars[run[-1]].x1, word.box.y1)
    return Word(text, box, word.confidence)


@dataclass(frozen=True, slots=True)
class _Column:
    """A heading and the columns it rules: those from ``left`` to ``right``, all when nothing is beside."""

    name: str
    middle: float
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Regions:
    """The vertical extents of the cadres of one page, from their headings."""

    order: tuple[str, ...]
    headings: tuple[_Column, ...]
    before: str
    """The cadre in force above the first heading: the header, or the last one of the previous page."""

    def candidates(self, box: Box) -> frozenset[str]:
        """Cadres a label at ``box`` may belong to: one, or several when a heading was not read."""
        middle = centre(box)
        above = [h for h in self.headings if h.middle > middle and h.left <= box.x0 < h.right]
        current = min(above, key=lambda h: h.middle).name if above else self.before
        if current not in self.order:
            return frozenset(self.order)
        seen = {h.name for h in self.headings}
        allowed = {current}
        for name in self.order[self.order.index(current) + 1 :]:
            if name in seen:
                break
            allowed.add(name)
        return frozenset(allowed)


def regions(anchors: Sequence[Anchor], template: Template, before: str) -> Regions:
    order = tuple(b.name for b in template.boxes)
    headings = [a for a in anchors if a.heading is not None]
    columns = tuple(_column(h, headings) for h in headings)
    return Regions(order if "header" in order else ("header", *order), columns, before)


def _column(heading: Anchor, headings: Sequence[Anchor]) -> _Column:
    """A heading beside another one only rules its own column."""
    box = heading.box
    beside = [h.box for h in headings if h.box != box and same_row(h.box, box)]
    right = min((b.x0 - 2 for b in beside if b.x0 > box.x0), default=float("inf"))
    left = box.x0 - 5 if beside else float("-inf")
    return _Column(heading.heading or "", centre(box), left, right)


def resolve(anchors: Sequence[Anchor], places: Regions) -> tuple[Anchor, ...]:
    """Each label to the one field it stands for; labels that stand for none here are dropped."""
    ordered = sorted(anchors, key=lambda a: (-centre(a.box), a.box.x0))
    kept = [_narrow(a, places) for a in ordered]
    kept = [_by_neighbour(a, kept) for a in kept]
    kept = _by_order(kept)
    kept = [_short_alone(a, kept) for a in kept]
    return tuple(a for a in (_preferred(a, kept) for a in kept) if a.targets)


def _narrow(anchor: Anchor, places: Regions) -> Anchor:
    if any(t.field is None for t in anchor.targets):
        return replace(anchor, targets=tuple(t for t in anchor.targets if t.field is None)[:1])
    allowed = places.candidates(anchor.box)
    return replace(anchor, targets=tuple(t for t in anchor.targets if t.field and t.field.box in allowed))


def left_of(anchor: Anchor, anchors: Sequence[Anchor]) -> Anchor | None:
    """The nearest label on the same row to the left."""
    row = [
        a
        for a in anchors
        if a is not anchor and a.targets and same_row(a.box, anchor.box) and a.box.x0 < anchor.box.x0
    ]
    return max(row, key=lambda a: a.box.x0, default=None)


def _by_neighbour(anchor: Anchor, anchors: Sequence[Anchor]) -> Anchor:
    """``after``: a « du » that follows « Devis n° » is the date of the quote, and only there."""
    if not any(t.field and t.field.after for t in anchor.targets):
        return anchor
    left = left_of(anchor, anchors)
    names = {t.field.name for t in left.targets if t.field} if left else set()
    bound = [t for t in anchor.targets if t.field and t.field.after in names]
    if bound:
        return replace(anchor, targets=tuple(bound))
    # A full label (« Date du devis ») needs no neighbour.
    free = [
        t
        for t in anchor.targets
        if t.field and (t.field.after is None or len(skeleton(anchor.label)) >= _FUZZY_FROM)
    ]
    return replace(anchor, targets=tuple(free))


def _by_order(anchors: list[Anchor]) -> list[Anchor]:
    """Where a heading is missing, equal labels take the fields in the form's order, if all are there."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, anchor in enumerate(anchors):
        if len(anchor.targets) > 1:
            key = tuple(t.field.name for t in anchor.targets if t.field)
            groups.setdefault(key, []).append(place)
    result = list(anchors)
    for key, places in groups.items():
        for rank, place in enumerate(places):
            one = result[place].targets[rank : rank + 1] if len(places) == len(key) else ()
            result[place] = replace(result[place], targets=one)
    return result


def _short_alone(anchor: Anchor, anchors: Sequence[Anchor]) -> Anchor:
    """« Du » and « au » only count as a pair on one row; « M » only beside its own label."""
    field = anchor.field
    if field is None or len(skeleton(anchor.label)) > 3:
        return anchor
    row = [a for a in anchors if a is not anchor and same_row(a.box, anchor.box)]
    if anchor.choice is not None:
        if len(skeleton(anchor.label)) == 3 and anchor.label.isupper():
            return anchor
        mains = [a for a in anchors if a.field is field and a.choice is None]
        beside = any(same_row(a.box, anchor.box) for a in mains)
        taken = any(
            same_row(a.box, main.box)
            for main in mains
            for a in anchors
            if a.field is field and a.choice is not None
        )
        under = not taken and any(0 < centre(a.box) - centre(anchor.box) < 3 * height(a.box) for a in mains)
        return anchor if beside or under else replace(anchor, targets=())
    if field.range_with is not None:
        near = [a for a in row if a.field is not None and a.field.name == field.range_with]
        return anchor if near else replace(anchor, targets=())
    return anchor


def _preferred(anchor: Anchor, anchors: Sequence[Anchor]) -> Anchor:
    """A second variant of a label already seen is part of a value (« Établissement : Hôpital de … »)."""
    field = anchor.field
    if field is None or anchor.choice is not None or anchor.label not in field.labels:
        return anchor
    rank = field.labels.index(anchor.label)
    better = any(
        a.field is field and a.choice is None and a.label in field.labels[:rank]
        for a in anchors
        if a is not anchor
    )
    return replace(anchor, targets=()) if better else anchor
