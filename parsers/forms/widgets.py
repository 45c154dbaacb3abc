"""Filled fields that say by their own name or caption which field of the template they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parsers.facts import Box, FormField, Source, Word
from parsers.folding import skeleton
from parsers.forms.template import FieldSpec, FieldType, Template
from parsers.forms.ticks import from_text, is_checkbox


@dataclass(frozen=True, slots=True)
class Named:
    """A value whose field is known by name. For a choice, ``choice`` is the ticked value."""

    field: FieldSpec
    value: str
    choice: str | None
    page: int | None
    box: Box | None
    source: Source


def named(
    template: Template, fields: Sequence[FormField]
) -> tuple[tuple[Named, ...], tuple[FormField, ...]]:
    """Values known by name, and the fields that are not (to be read by their place on the page)."""
    found: list[Named] = []
    rest: list[FormField] = []
    ticked: dict[str, list[tuple[str, FormField]]] = {}
    captions = _captions(template)
    for field in fields:
        spec, choice = _spec(template, captions, field)
        if spec is None:
            rest.append(field)
        elif spec.type is FieldType.CHOICE:
            value = (
                choice
                if choice is not None and field.value not in {"", "Off"}
                else from_text(spec, field.value)
            )
            if value is not None:
                ticked.setdefault(spec.name, []).extend((one, field) for one in value.split(","))
        elif spec.type is FieldType.SIGNATURE:
            if field.value == "signed":
                found.append(Named(spec, "present", None, field.page, field.box, field.source))
        elif field.value.strip():
            found.append(Named(spec, field.value.strip(), None, field.page, field.box, field.source))
    for name, ticks in ticked.items():
        spec = template.field(name)
        if spec is not None and (spec.multiple or len({t[0] for t in ticks}) == 1):
            first = ticks[0][1]
            order = [c.value for c in spec.choices if c.value in {t[0] for t in ticks}]
            found.append(Named(spec, ",".join(order), ",".join(order), first.page, first.box, first.source))
    return tuple(found), tuple(rest)


def as_words(fields: Sequence[FormField], page: int) -> tuple[Word, ...]:
    """Filled text widgets of one page, as words to be found beside or below labels."""
    return tuple(
        Word(f.value.strip(), f.box)
        for f in fields
        if f.page == page and f.box is not None and f.value.strip() and f.value != "Off" and not _button(f)
    )


def _button(field: FormField) -> bool:
    """A tick, not one cell of a comb: a cell holds a single character and is usually taller than wide."""
    return is_checkbox(field) and len(field.value.strip()) > 1


def _captions(template: Template) -> dict[str, FieldSpec]:
    """Labels that name one field only, over the whole form."""
    owners: dict[str, list[FieldSpec]] = {}
    for spec in template.fields:
        for label in spec.labels:
            owners.setdefault(skeleton(label), []).append(spec)
    return {bones: specs[0] for bones, specs in owners.items() if len(specs) == 1 and len(bones) > 4}


def _spec(
    template: Template, captions: dict[str, FieldSpec], field: FormField
) -> tuple[FieldSpec | None, str | None]:
    parts = [re.sub(r"\[\d+\]$", "", p) for p in field.name.split(".")]
    last = skeleton(parts[-1])
    for spec in template.fields:
        own = skeleton(spec.name)
        if last == own:
            return spec, None
        if len(parts) > 1 and skeleton(parts[-2]) == own:
            choice = next((c.value for c in spec.choices if skeleton(c.value) == last), None)
            if choice is not None:
                return spec, choice
    for bones in (skeleton(field.label), last):
        if bones in captions:
            return captions[bones], None
    return None, None
