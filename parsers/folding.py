"""Text made comparable: case, accents, punctuation and the slips of optical reading folded away."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MARKS = re.compile(r"[\u0300-\u036f]+")
_APART = re.compile(r"[\W_]+")
_BEFORE = str.maketrans({"°": "", "º": "", "œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})
# Pairs that engines confuse. Applied to both sides of a comparison, never to a value.
_CONFUSED = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b"})


@lru_cache(maxsize=4096)
def fold_char(char: str) -> str:
    """Letters and digits of one character in lower case without accent; nothing for the rest."""
    plain = unicodedata.normalize("NFKD", char.translate(_BEFORE)).casefold()
    return "".join(c for c in plain if c.isalnum())


@lru_cache(maxsize=4096)
def skeleton_char(char: str) -> str:
    if char in "|!":
        return "l"
    return fold_char(char).translate(_CONFUSED)


def fold(text: str) -> str:
    """Lower case, no accents, each run of punctuation or blanks one space: for comparing words."""
    plain = unicodedata.normalize("NFKD", text.translate(_BEFORE)).casefold()
    return _APART.sub(" ", _MARKS.sub("", plain)).strip()


@lru_cache(maxsize=4096)
def skeleton(text: str) -> str:
    """``fold`` without spaces and with confusable characters merged: for comparing labels."""
    return "".join(skeleton_char(c) for c in text)


def capitals(text: str) -> str:
    """A name in capitals without accents; hyphens and apostrophes kept, blanks single."""
    plain = unicodedata.normalize("NFKD", text.translate(_BEFORE))
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    kept = kept.replace("’", "'").replace("‘", "'").replace("`", "'")
    kept = "".join(c if c.isalnum() or c in "'-" else " " for c in kept)
    return " ".join(kept.upper().split())
