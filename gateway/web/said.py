"""A value of a document as French writes it: dates, amounts, ticked boxes, signatures. Pure.

What is written on a page is shown as it is written; what a machine wrote for machines (the header of a CDA,
the sheet of an XDM) is said in words. The typed form comes below, only when it adds something.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.web import present
from parsers.facts import Source
from parsers.forms.template import FieldSpec, FieldType
from storage.documents import FactRow

_SIGNED: Mapping[str, str] = {"present": "présent", "absent": "absent", "illegible": "illisible"}
_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?)?([+-][0-9]{4})?")
"""An instant of HL7 v3 or of the sheet of an XDM (« 20261120093000+0100 »)."""
_DATES = frozenset({"document_date", "patient_birth_date"})
"""Dates of containers; those of forms are typed by their template."""


@dataclass(frozen=True, slots=True)
class Said:
    """``value`` in the first line, ``typed`` in the second when it says more."""

    value: str
    typed: str | None


def said(row: FactRow, spec: FieldSpec | None) -> Said:
    """What a page says of one reading; ``spec``: its field, when the document is a form."""
    words = _of_machine(row)
    if words is not None:
        return Said(words, None)
    value = row.value
    if spec is not None and spec.type is FieldType.SIGNATURE:
        return Said(signed(row.normalised, spec.title) or value, None)
    if spec is not None and spec.type is FieldType.CHOICE:
        value = _ticked(row.value, spec) or value
    typed = _typed(row, spec)
    return Said(value, typed if typed and not _same(typed, value) else None)


def signed(normalised: str | None, title: str = "la signature") -> str | None:
    """« présente », « absent »: agreed with the article of what is signed or stamped."""
    word = _SIGNED.get(normalised or "")
    feminine = title.startswith(("la ", "une ", "l’", "l'")) and " et " not in title
    plural = "s" if " et " in title else ""
    if word is None or word == "illisible":
        return f"{word}{plural}" if word else None
    return f"{word}{'e' if feminine else ''}{plural}"


def _typed(row: FactRow, spec: FieldSpec | None) -> str | None:
    text = row.normalised
    if not text:
        return None
    if spec is not None and spec.type is FieldType.CHOICE:
        return _ticked(text, spec) or text
    if spec is not None and spec.type is FieldType.MONEY:
        return present.amount(text)
    return present.iso_day(text) or text


def _ticked(text: str, spec: FieldSpec) -> str | None:
    """What is printed beside the boxes of these codes; ``None`` when the text is no list of codes."""
    titles = {one.value: one.labels[0] for one in spec.choices if one.labels}
    codes = [one.strip() for one in text.split(",")]
    return ", ".join(titles[code] for code in codes) if all(code in titles for code in codes) else None


def _of_machine(row: FactRow) -> str | None:
    """The words of what a machine wrote: a day, with its hour when it has one."""
    if row.source not in {Source.CDA, Source.XDM} or row.name not in _DATES:
        return None
    found = _STAMP.fullmatch(row.value.strip())
    if found is None:
        return present.iso_day(row.normalised)
    year, month, day, hour, minute, _, zone = found.groups()
    if hour is None:
        return present.iso_day(f"{year}-{month}-{day}")
    try:
        text = f"{year}-{month}-{day}T{hour}:{minute}{zone or ''}"
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        return f"{at:%d/%m/%Y} à{present.NB}{at.hour}{present.NB}h{present.NB}{at:%M}"
    return present.instant(at)


def _same(typed: str, value: str) -> bool:
    return bare(typed) == bare(value)


def bare(text: str) -> str:
    """Letters and digits alone: accents, case, spaces and signs add nothing to what is written."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum())
