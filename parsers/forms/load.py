"""A template's TOML table to a ``Template``, every word of it checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from parsers.errors import Malformed
from parsers.forms.template import BoxSpec, Check, Choice, FieldSpec, FieldType, Template, Variant

_TEMPLATE_KEYS = frozenset(
    {"name", "version", "status", "source", "titles", "printed", "box", "field", "variant", "check"}
)
_BOX_KEYS = frozenset({"name", "labels", "title"})
_FIELD_KEYS = frozenset(
    {
        *("name", "type", "labels", "box", "choices", "multiple", "range_with", "required"),
        *("handwritten", "pattern", "title", "after", "unless", "kinds"),
    }
)


def load_template(data: Mapping[str, Any]) -> Template:
    """Read one form template from its parsed TOML.

    Raises ``Malformed`` with one French sentence that names the key and what is expected of it; the
    caller adds the file and the line.
    """
    _only(data, _TEMPLATE_KEYS, "le modèle")
    name = _text(data, "name", "le modèle")
    status = _text(data, "status", "le modèle")
    if status not in {"official", "reconstructed"}:
        raise Malformed(
            f"Le statut « {status} » du modèle {name} doit être « official » ou « reconstructed »."
        )
    boxes = tuple(_box(b) for b in _tables(data, "box"))
    fields = tuple(_field(f) for f in _tables(data, "field"))
    template = Template(
        name=name,
        version=_text(data, "version", "le modèle"),
        status="official" if status == "official" else "reconstructed",
        source=_text(data, "source", "le modèle"),
        titles=_texts(data, "titles", "le modèle"),
        boxes=boxes,
        fields=fields,
        variants=tuple(
            Variant(_text(v, "kind", "une variante"), _texts(v, "when", "une variante"))
            for v in _tables(data, "variant")
        ),
        checks=tuple(_check(c) for c in _tables(data, "check")),
        printed=_texts(data, "printed", "le modèle") if "printed" in data else (),
    )
    _coherent(template)
    return template


def _box(data: Mapping[str, Any]) -> BoxSpec:
    _only(data, _BOX_KEYS, "un cadre")
    return BoxSpec(
        _text(data, "name", "un cadre"), _texts(data, "labels", "un cadre"), data.get("title", "")
    )


def _field(data: Mapping[str, Any]) -> FieldSpec:
    name = _text(data, "name", "un champ")
    where = f"le champ {name}"
    _only(data, _FIELD_KEYS, where)
    try:
        kind = FieldType(_text(data, "type", where))
    except ValueError:
        raise Malformed(f"Le type du champ {name} est inconnu : attendu {', '.join(FieldType)}.") from None
    required = data.get("required", "no")
    if required not in ("no", "warning", "error"):  # a list of TOML has no hash
        raise Malformed(f"« required » du champ {name} doit être « no », « warning » ou « error ».")
    choices = tuple(
        Choice(_text(c, "value", where), _texts(c, "labels", where)) for c in _tables(data, "choices")
    )
    if (kind is FieldType.CHOICE) != bool(choices):
        raise Malformed(f"Le champ {name} a des choix si et seulement si son type est « choice ».")
    pattern = data.get("pattern")
    if pattern is not None:
        try:
            re.compile(pattern)
        except (re.error, TypeError, OverflowError, RecursionError):
            raise Malformed(f"L'expression « pattern » du champ {name} n'est pas lisible.") from None
    return FieldSpec(
        name=name,
        type=kind,
        labels=_texts(data, "labels", where),
        box=_text(data, "box", where),
        choices=choices,
        multiple=bool(data.get("multiple", False)),
        range_with=data.get("range_with"),
        required=required,
        handwritten=bool(data.get("handwritten", False)),
        pattern=pattern,
        title=data.get("title", ""),
        after=data.get("after"),
        unless=data.get("unless"),
        kinds=_texts(data, "kinds", where),
    )


def _check(data: Mapping[str, Any]) -> Check:
    rule = _text(data, "rule", "un contrôle")
    fields = _texts(data, "fields", "un contrôle")
    expected = {"order": 2, "past": 1}
    if rule not in expected:
        raise Malformed(f"Le contrôle « {rule} » est inconnu : attendu order ou past.")
    if len(fields) != expected[rule]:
        raise Malformed(f"Le contrôle « {rule} » demande {expected[rule]} champ(s), pas {len(fields)}.")
    return Check("order" if rule == "order" else "past", _text(data, "code", "un contrôle"), fields)


def _coherent(template: Template) -> None:
    boxes = {b.name for b in template.boxes} | {"header"}
    names = [f.name for f in template.fields]
    if len(set(names)) != len(names):
        raise Malformed(f"Le modèle {template.name} déclare deux fois un même champ.")
    for field in template.fields:
        if field.box not in boxes:
            raise Malformed(f"Le champ {field.name} est rangé dans un cadre inconnu, « {field.box} ».")
    asked = [n for f in template.fields for n in (f.after, f.unless, f.range_with) if n is not None]
    asked += [n for v in template.variants for n in v.when] + [n for c in template.checks for n in c.fields]
    for name in asked:
        if name not in names:
            raise Malformed(f"Le modèle {template.name} cite un champ inconnu, « {name} ».")


def _only(data: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(set(data) - known)
    if unknown:
        raise Malformed(f"Clé inconnue dans {where} : « {unknown[0]} ».")


def _tables(data: Mapping[str, Any], key: str) -> tuple[Mapping[str, Any], ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, Mapping) for v in value):
        raise Malformed(f"« {key} » doit être une suite de tables.")
    return tuple(value)


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise Malformed(f"Il manque « {key} » (un texte) dans {where}.")
    return value


def _texts(data: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise Malformed(f"« {key} » dans {where} doit être une liste de textes.")
    return tuple(value)
