"""What a perfect reading of a built form gives: the truth that tests and measures compare with."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from parsers.forms.normalise import typed
from parsers.forms.template import FieldType, Template
from tests.builders.forms import Form301, Form302


def truth(form: Form301 | Form302, template: Template) -> dict[str, str]:
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
