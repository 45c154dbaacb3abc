"""The circuit's own templates and a small set of kind rules, as the reading tests use them."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from parsers import documents, reading
from parsers.classify import Cue, KindRule, Where
from parsers.facts import Fact
from parsers.forms.load import load_template
from parsers.forms.normalise import typed
from parsers.forms.template import FieldType, Template
from parsers.layout import Recognised
from tests.builders.forms import Form301, Form302

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
    images = {n: documents.render(content, media_type, n, reading.DPI) for n in pages}
    return reading.interpret(inspected, ocr or {}, images, RULES, TEMPLATES, context, "0" * 64, TODAY)


def by_name(facts: tuple[Fact, ...]) -> dict[str, Fact]:
    """The most confident fact of each name."""
    found: dict[str, Fact] = {}
    for fact in facts:
        found.setdefault(fact.name, fact)
    return found


def expected(form: Form301 | Form302, template: Template) -> dict[str, str]:
    """What a perfect reading of ``form`` gives, normalised."""
    out: dict[str, str] = {}
    for field in fields(form):
        value: Any = getattr(form, field.name)
        spec = template.field(field.name)
        if value is None or value == () or spec is None:
            continue
        if isinstance(value, date):
            out[field.name] = value.isoformat()
        elif isinstance(value, tuple):
            out[field.name] = ",".join(value)
        elif spec.type is FieldType.CHOICE:
            out[field.name] = value
        else:
            out[field.name] = typed(spec.type, value).normalised or ""
    return out
