"""The words a document is found by: what was written in it, not what its form prints on every copy."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.circuits.model import Circuit
from gateway.triage.read import ReadDocument
from parsers.forms.template import FieldType, Template
from storage import lettering

_PRINTED_VALUES = frozenset({FieldType.CHOICE, FieldType.SIGNATURE})
"""Fields whose value is a box ticked or ink: none of its words was written by anybody."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Folded words of one document. ``names`` are among ``values``; nothing of ``printed`` is."""

    printed: frozenset[str] = frozenset()
    """Words of the blank form."""
    values: tuple[str, ...] = ()
    """Words of the values read in its fields."""
    names: tuple[str, ...] = ()
    """Those of the fields that hold a name."""


def wording(document: ReadDocument, circuit: Circuit) -> Wording:
    """What of a document is its form's, and what was written in its fields."""
    template = template_of(document.row.kind, circuit)
    if template is None:
        return Wording()
    values: dict[str, None] = {}
    names: dict[str, None] = {}
    for fact in document.facts:
        spec = template.field(fact.name)
        if spec is None or spec.type in _PRINTED_VALUES:
            continue
        words = dict.fromkeys(sorted(lettering.every(fact.value)))
        values |= words
        if spec.type is FieldType.NAME:
            names |= words
    printed = {word for text in template.blank for word in lettering.every(text)}
    return Wording(frozenset(printed - set(values)), tuple(values), tuple(names))


def template_of(kind: str | None, circuit: Circuit) -> Template | None:
    """The form a kind of document is read with: that of its rule, or the one it is a variant of."""
    rule = next((one for one in circuit.kinds if one.name == kind), None)
    if rule is not None and rule.template is not None:
        return circuit.templates.get(rule.template)
    variants = (t for t in circuit.templates.values() if any(v.kind == kind for v in t.variants))
    return next(variants, None)
