"""The circuit's own templates and a small set of kind rules, as the reading tests use them."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

from parsers import documents, reading
from parsers.classify import Cue, KindRule, Where
from parsers.facts import Fact
from parsers.forms.load import load_template
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


def read(
    content: bytes,
    media_type: str = documents.PDF,
    bitmaps: bool = True,
    ocr: dict[int, Recognised] | None = None,
    context: reading.Context | None = None,
) -> tuple[reading.Reading, ...]:
    """The whole reading of one file, OCR apart."""
    context = context or reading.Context()
    inspected = documents.inspect(content, media_type)
    pages = reading.needs_bitmap(inspected, RULES, context) if bitmaps else ()
    images = {n: documents.render(content, media_type, n, reading.resolution(inspected, n)) for n in pages}
    return reading.interpret(inspected, ocr or {}, images, RULES, TEMPLATES, context, "0" * 64, TODAY)


def by_name(facts: tuple[Fact, ...]) -> dict[str, Fact]:
    """The most confident fact of each name."""
    found: dict[str, Fact] = {}
    for fact in facts:
        found.setdefault(fact.name, fact)
    return found
