"""Any words anywhere on a page: the extraction never fails, never invents, and stays typed."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from parsers.classify import Evidence, classify
from parsers.facts import Bitmap, Box, FormField, Page, Source, Word
from parsers.forms.extract import extract
from parsers.forms.normalise import typed
from parsers.forms.template import FieldType
from tests.fuzz.mutate import tries
from tests.unit.parsers.reading_world import RULES, TEMPLATES, TODAY

FUZZ = tries(400)
_LABELS = sorted(
    {label for t in TEMPLATES.values() for f in t.fields for label in f.labels}
    | {label for t in TEMPLATES.values() for b in t.boxes for label in b.labels}
    | {label for t in TEMPLATES.values() for f in t.fields for c in f.choices for label in c.labels}
)
_VALUES = st.one_of(
    st.sampled_from(
        ["12/03/2026", "31/02/2026", "12 345,67 €", "130783293", "X", "☒", "[X]", "", "M", "du", "au"]
    ),
    st.text(max_size=12),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(lambda d: d.strftime("%d/%m/%Y")),
)
_PLACE = st.tuples(st.floats(-50, 650, width=32), st.floats(-50, 900, width=32), st.floats(0, 30, width=32))
_RUN = st.tuples(st.one_of(st.sampled_from(_LABELS), _VALUES), _PLACE)


def _page(runs: list[tuple[str, tuple[float, float, float]]], source: Source) -> Page:
    words = [
        Word(text, Box(x, y, x + max(len(text), 1) * high / 2, y + high), 0.95)
        for text, (x, y, high) in runs
    ]
    return Page(1, 595.0, 842.0, tuple(words), source)


@FUZZ
@given(
    st.lists(_RUN, max_size=30),
    st.sampled_from([Source.TEXT, Source.OCR]),
    st.booleans(),
    st.sampled_from(sorted(TEMPLATES)),
)
def test_any_words_anywhere(
    runs: list[tuple[str, tuple[float, float, float]]], source: Source, drawn: bool, name: str
) -> None:
    template = TEMPLATES[name]
    bitmaps = {1: Bitmap(298, 421, 36.0, bytes([255, 0, 128, 255] * 31364 + [0, 255]))} if drawn else {}
    fields = [
        FormField(text, text, 1, Box(x, y, x + 9, y + high), Source.ACROFORM)
        for text, (x, y, high) in runs[:5]
    ]
    found = extract(template, [_page(runs, source)], fields, bitmaps, "0" * 64, TODAY)
    for fact in found.facts:
        spec = template.field(fact.name)
        assert spec is not None
        assert 0.0 <= fact.confidence <= 1.0
        assert fact.value.strip()
        if spec.type is FieldType.DATE and fact.normalised is not None:
            assert date.fromisoformat(fact.normalised)
        if spec.type is FieldType.MONEY and fact.normalised is not None:
            assert re.fullmatch(r"\d+\.\d\d", fact.normalised)
        if spec.type is FieldType.SIGNATURE:
            assert fact.normalised in {"present", "absent", "illegible"}
    assert all(issue.message.endswith(".") for issue in found.issues)


@FUZZ
@given(st.sampled_from(list(FieldType)), st.text(max_size=40), st.booleans())
def test_any_value_of_any_type(kind: FieldType, text: str, optical: bool) -> None:
    made = typed(kind, text, optical)
    assert 0.0 < made.certainty <= 1.0
    assert made.normalised is None or made.normalised


@FUZZ
@given(st.text(max_size=300), st.lists(st.text(max_size=60), max_size=5), st.booleans())
def test_any_text_is_of_some_kind(text: str, titles: list[str], optical: bool) -> None:
    seen = classify(RULES, Evidence(text, tuple(titles), text[:20], text[:40], text, (), (), optical))
    assert seen.kind
    assert 0.0 <= seen.score <= 1.0
    assert seen.reasons
