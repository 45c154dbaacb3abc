"""The circuit's own templates and a small set of kind rules, as the reading tests use them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from parsers import documents, reading
from parsers.classify import Cue, KindRule, Where
from parsers.facts import Bitmap, Fact, Page
from parsers.forms.load import load_template
from parsers.forms.template import Template
from parsers.layout import Recognised

FOLDER = Path(__file__).parents[3] / "config/circuits/soins-programmes-algerie/forms"
TODAY = date(2026, 11, 23)
TEMPLATES = {
    name: load_template(tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")))
    for name in ("se352-301", "se352-302")
}


def _form(kind: str, title: str, number: str, template: str) -> KindRule:
    cues = (Cue(Where.TITLE, title, 0.55), Cue(Where.TEXT, number, 0.35))
    return KindRule(kind, "administrative", cues, 0.5, template)


_TITLE_302 = "Demande de poursuite ou de modification des soins programmés"
RULES = (
    _form("se352-301", "Attestation de droits aux soins programmés", "SE 352-301", "se352-301"),
    _form("se352-302-request", _TITLE_302, "SE 352-302", "se352-302"),
    _form("se352-302-answer", _TITLE_302, "SE 352-302", "se352-302"),
    KindRule(
        "medical-report",
        "medical",
        (
            Cue(Where.TITLE, "compte rendu d'hospitalisation", 0.6),
            Cue(Where.TEXT, "antécédents", 0.2),
            Cue(Where.TEXT, "examen clinique", 0.25),
            Cue(Where.CODE, "34112-3", 1.0),
        ),
        0.4,
    ),
    KindRule(
        "quote", "administrative", (Cue(Where.TITLE, "devis", 0.5), Cue(Where.NAME, "devis", 0.3)), 0.45
    ),
)


Ocr = Callable[[Bitmap, Page], Recognised]


def journey(
    content: bytes,
    media_type: str,
    rules: Sequence[KindRule],
    templates: Mapping[str, Template],
    ocr: Ocr | None = None,
    context: reading.Context | None = None,
    bitmaps: bool = True,
    words: Mapping[int, Recognised] | None = None,
) -> tuple[reading.Reading, ...]:
    """The journey of one document, without the processes. ``ocr`` reads pages, or ``words`` says what it
    read; ``bitmaps``: page images are drawn."""
    context = context or reading.Context()
    inspected = documents.inspect(content, media_type, context.name)
    pages = reading.needs_bitmap(inspected, rules, context) if bitmaps else ()
    images = {
        n: documents.render(content, media_type, n, reading.resolution(inspected, n), name=context.name)
        for n in pages
    }
    read_ = dict(words or {})
    if ocr is not None:
        read_ |= {n: ocr(images[n], inspected.pages[n - 1]) for n in inspected.wanting}
    return reading.interpret(inspected, read_, images, rules, templates, context, "0" * 64, TODAY)


def read(
    content: bytes,
    media_type: str = documents.PDF,
    bitmaps: bool = True,
    ocr: dict[int, Recognised] | None = None,
    context: reading.Context | None = None,
) -> tuple[reading.Reading, ...]:
    """The whole reading of one file by the small set of rules, OCR apart."""
    return journey(content, media_type, RULES, TEMPLATES, None, context, bitmaps, ocr)


def by_name(facts: tuple[Fact, ...]) -> dict[str, Fact]:
    """The most confident fact of each name."""
    found: dict[str, Fact] = {}
    for fact in facts:
        found.setdefault(fact.name, fact)
    return found
