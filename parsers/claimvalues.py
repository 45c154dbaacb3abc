"""Cells of a claim to typed values: days of a stay, an amount, a person's names, the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from parsers.folding import fold
from parsers.forms.normalise import typed
from parsers.forms.template import FieldType

_DAY = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?\d{2,4}|\d{1,2}(?:er)?\s+[^\W\d_]{3,9}\.?\s+\d{4}"
)
_CAPITALS = re.compile(r"[^\W\d_]{2,}(?:['’-][^\W\d_]+)*")
_CURRENCY = re.compile(r"(?i)\b(?:eur|euros?)\b|€")


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """One reason of contestation and the phrases (any case, accents or not) that say it."""

    name: str
    phrases: tuple[str, ...]


def days_in(text: str) -> tuple[date, ...]:
    """Every day written in ``text``, in its order; what looks like a day and is none is left out."""
    found = (typed(FieldType.DATE, piece).normalised for piece in _DAY.findall(text))
    return tuple(date.fromisoformat(day) for day in found if day is not None)


def amount_in(text: str) -> str | None:
    """``12345.60`` from an amount in euros as French or sheets write it; ``None`` when it is none."""
    plain = _CURRENCY.sub(" ", text).strip()
    return typed(FieldType.MONEY, plain).normalised if plain else None


def names_in(text: str) -> tuple[str | None, str | None]:
    """Family name and first names of a person written in one cell.

    Capitals are the family name when small letters follow (``BENALI Karima``); else the first word is.
    """
    words = text.replace(",", " ").split()
    if not words:
        return None, None
    small = [word for word in words if not word.isupper()]
    if small and len(small) < len(words):
        upper = [word for word in words if word.isupper() and _CAPITALS.fullmatch(word)]
        if upper:
            return " ".join(upper), " ".join(word for word in words if word not in upper) or None
    return words[0], " ".join(words[1:]) or None


def reason_in(text: str, words: Sequence[ReasonWords]) -> str | None:
    """The reason whose longest phrase is in ``text``; ``None`` when no phrase of any is."""
    folded = f" {fold(text)} "
    hits = [
        (len(fold(phrase)), reason.name)
        for reason in words
        for phrase in reason.phrases
        if f" {fold(phrase)} " in folded
    ]
    longest = max((length for length, _ in hits), default=0)
    names = {name for length, name in hits if length == longest}
    return names.pop() if len(names) == 1 else None
