"""A filled form to facts: labels found, values typed, boxes ticked, signatures judged, issues listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from parsers.facts import Bitmap, Box, Fact, FormField, Issue, Page, Severity, Source, Word
from parsers.folding import fold
from parsers.forms import anchors as labels
from parsers.forms import checks, signature, ticks, values, widgets
from parsers.forms.anchors import Anchor
from parsers.forms.normalise import Typed, cleaned, typed
from parsers.forms.template import FieldSpec, FieldType, Template
from parsers.layout import Frame, lines
from parsers.pictures import png

_BASE = {Source.ACROFORM: 0.99, Source.XFA: 0.99, Source.TEXT: 0.98, Source.OCR: 0.975}
_HANDWRITING = 0.8
"""Most that is believed of handwriting read by an engine trained on print."""
_COMB = 0.89
"""Most that is believed of a comb read on an image: the engine may drop a cell and leave no trace."""
_VERIFIED = frozenset({FieldType.DATE, FieldType.FINESS, FieldType.NIR})
"""Types whose form or key shows that a character is missing."""
_FREE_TEXT = 0.89
"""Most that is believed of running text read on an image: no rule of its type can confirm an accent."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The image of a box to send back: PNG of ``box`` (points) of ``page``."""

    field: str
    page: int
    box: Box
    png: bytes


@dataclass(frozen=True, slots=True)
class Extracted:
    """``kind`` is the document kind the form's variants name, or ``None`` when it has none."""

    facts: tuple[Fact, ...]
    issues: tuple[Issue, ...]
    pictures: tuple[Picture, ...]
    kind: str | None


@dataclass(slots=True)
class _Reading:
    """What is gathered while the pages are read."""

    template: Template
    document: str
    facts: list[Fact] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[int, Box]] = field(default_factory=dict)

    def add(
        self,
        spec: FieldSpec,
        text: str,
        page: int | None,
        box: Box | None,
        source: Source,
        confidence: float,
        made: Typed | None = None,
    ) -> None:
        made = made or typed(spec.type, text, source is Source.OCR)
        confidence = confidence * made.certainty
        if spec.handwritten and source is Source.OCR and spec.type is not FieldType.SIGNATURE:
            confidence = min(confidence, _HANDWRITING)
        if source is Source.OCR and spec.type is FieldType.TEXT and any(c.islower() for c in text):
            confidence = min(confidence, _FREE_TEXT)
        if made.code is not None:
            self.codes.setdefault(spec.name, made.code)
        fact = Fact(
            spec.name, text, made.normalised, self.document, page, box, source, round(confidence, 3)
        )
        same = [f for f in self.facts if f.name == fact.name and f.source is fact.source]
        if same and same[0].normalised is None and fact.normalised is not None:
            self.facts[self.facts.index(same[0])] = fact
        elif not same:
            self.facts.append(fact)


def extract(
    template: Template,
    pages: Sequence[Page],
    fields: Sequence[FormField],
    bitmaps: Mapping[int, Bitmap],
    document: str,
    today: date,
    frames: Mapping[int, Frame] | None = None,
    kind: str = "",
) -> Extracted:
    """Read every field of ``template`` on ``pages``.

    ``frames``: for pages read by OCR, how the page was turned; words and bitmaps of such a page are
    upright, and the boxes of the result are those of the page as stored. ``kind`` is the document kind
    classification proposed; the template's variants may replace it.
    """
    frames = frames or {}
    reading = _Reading(template, document)
    known, rest = widgets.named(template, fields)
    for one in known:
        made = Typed(one.value) if one.choice is not None or one.field.type is FieldType.SIGNATURE else None
        reading.add(one.field, one.value, one.page, one.box, one.source, _BASE[one.source], made)
    before = "header"
    for page in pages:
        before = _page(reading, page, rest, bitmaps.get(page.number), before)
    facts = _ordered(template, reading.facts)
    named = _variant(template, facts)
    found = checks.issues(template, facts, reading.codes, reading.places, named or kind, today)
    pictures = _pictures(template, found, bitmaps)
    return Extracted(
        tuple(_on_page(f, frames) for f in facts),
        tuple(_issue_on_page(i, frames) for i in found),
        tuple(replace(p, box=_turned(p.box, p.page, frames)) for p in pictures),
        named,
    )


def _page(
    reading: _Reading, page: Page, fields: Sequence[FormField], bitmap: Bitmap | None, before: str
) -> str:
    """Read one page; returns the cadre in force at its end."""
    template = reading.template
    optical = page.source is Source.OCR
    rows = lines(page.words)
    found = labels.find(rows, template, optical)
    anchors = labels.resolve(found, labels.regions(found, template, before))
    words = labels.remaining(rows, anchors)
    for anchor in anchors:
        if anchor.field is not None and anchor.choice is None:
            reading.places.setdefault(anchor.field.name, (page.number, anchor.box))
    _values(reading, page.number, anchors, widgets.as_words(fields, page.number), Source.ACROFORM)
    _values(reading, page.number, anchors, words, page.source)
    own = [f for f in fields if f.page == page.number]
    for spec in template.fields:
        if spec.type is FieldType.CHOICE:
            _choice(reading, page, spec, anchors, words, own, bitmap)
    if bitmap is not None:
        print_in = () if optical else words
        for anchor in anchors:
            if anchor.field is not None and anchor.field.type is FieldType.SIGNATURE:
                _sign(reading, page, anchor, anchors, print_in, bitmap)
    ends = [a.heading for a in anchors if a.heading is not None]
    return ends[-1] if ends else before


def _values(
    reading: _Reading, page: int, anchors: Sequence[Anchor], words: Sequence[Word], source: Source
) -> None:
    for index, value in values.assign(anchors, words).items():
        spec = anchors[index].field
        text = cleaned(value.text)
        if spec is None or not any(c.isalnum() for c in text):
            continue
        confidence = _BASE[source] * value.confidence
        if source is Source.OCR and value.comb and spec.type not in _VERIFIED:
            confidence = min(confidence, _COMB)
        reading.add(spec, text, page, value.box, source, confidence)


def _choice(
    reading: _Reading,
    page: Page,
    spec: FieldSpec,
    anchors: Sequence[Anchor],
    words: Sequence[Word],
    fields: Sequence[FormField],
    bitmap: Bitmap | None,
) -> None:
    if not ticks.choices_of(spec, anchors):
        return
    ticked = ticks.from_widgets(spec, anchors, fields)
    if ticked is None and any(ticks.is_checkbox(f) for f in fields) and page.source is Source.TEXT:
        return
    if ticked is None and page.source is Source.TEXT:
        ticked = ticks.from_glyphs(spec, anchors, words, page.source)
    if ticked is None and bitmap is not None:
        ticked = ticks.from_ink(spec, anchors, bitmap, page.source)
    if ticked is None:
        ticked = ticks.from_words(spec, anchors, words, page.source, bitmap)
    if ticked is not None:
        made = Typed(ticked.value)
        reading.add(spec, ticked.label, page.number, ticked.box, ticked.source, ticked.confidence, made)


def _sign(
    reading: _Reading,
    page: Page,
    anchor: Anchor,
    anchors: Sequence[Anchor],
    printed: Sequence[Word],
    bitmap: Bitmap,
) -> None:
    spec = anchor.field
    if spec is None:
        return
    stamp_counts = any("cachet" in fold(label) for label in spec.labels)
    seen = signature.judge(anchor, anchors, printed, bitmap, stamp_counts)
    reading.add(
        spec, seen.verdict, page.number, seen.zone, page.source, seen.confidence, Typed(seen.verdict)
    )
    reading.places[spec.name] = (page.number, seen.zone)


def _ordered(template: Template, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    order = {f.name: i for i, f in enumerate(template.fields)}
    return tuple(sorted(facts, key=lambda f: (order[f.name], -f.confidence)))


def _variant(template: Template, facts: Sequence[Fact]) -> str | None:
    read = {f.name for f in facts}
    return next((v.kind for v in template.variants if not v.when or read.intersection(v.when)), None)


def _pictures(
    template: Template, found: Sequence[Issue], bitmaps: Mapping[int, Bitmap]
) -> tuple[Picture, ...]:
    """The place of each field that is missing, unsigned, wrong or in doubt: one a field and page."""
    pictures: dict[tuple[str, int], Picture] = {}
    for issue in found:
        if issue.severity is Severity.INFO or issue.field is None or (issue.field, issue.page) in pictures:
            continue
        bitmap = bitmaps.get(issue.page or 0)
        spec = template.field(issue.field)
        if bitmap is None or issue.box is None or issue.page is None or spec is None:
            continue
        box = issue.box
        if spec.type is not FieldType.SIGNATURE:
            box = _around(box, label=issue.code == checks.MISSING)
        image = png(bitmap, box)
        if image:
            pictures[issue.field, issue.page] = Picture(issue.field, issue.page, box, image)
    return tuple(pictures.values())


def _around(box: Box, *, label: bool) -> Box:
    """The place round a label, whose value would stand right of it or below, or round a value, whose label
    stands left of it or above."""
    left, below, right = (10, 24, 200) if label else (150, 8, 20)
    return Box(max(box.x0 - left, 0), max(box.y0 - below, 0), box.x1 + right, box.y1 + 16)


def _turned(box: Box, page: int, frames: Mapping[int, Frame]) -> Box:
    return frames[page].to_page(box) if page in frames else box


def _on_page(fact: Fact, frames: Mapping[int, Frame]) -> Fact:
    if fact.box is None or fact.page is None:
        return fact
    return replace(fact, box=_turned(fact.box, fact.page, frames))


def _issue_on_page(issue: Issue, frames: Mapping[int, Frame]) -> Issue:
    if issue.box is None or issue.page is None:
        return issue
    return replace(issue, box=_turned(issue.box, issue.page, frames))
