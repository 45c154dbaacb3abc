"""How words are kept so that they are found whoever writes them: folded, by their sound, by their letters.

``Mohamed``, ``MOHAMMED`` and ``Muhammad`` have one sound; ``Ben Ali``, ``Ben-Ali`` and ``BENALI`` share a
word; a word with one letter missing shares most of its groups of three letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 40
"""Letters of a word that are kept; longer ones are no word."""

_APART = re.compile(r"[\W_]+")
PARTICLE = re.compile(r"\b(ABD(?: [EU]L)?|ABD[EU]L|AIT|AL|BEN|BENT|BIN|BOU|EL|OULD) ")
"""Written apart or joined to the word that follows (BEN ALI, BENALI)."""
_SOUNDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("OU|W"), "U"),
    (re.compile("PH"), "F"),
    (re.compile("TCH|CH|SH"), "X"),
    (re.compile("DJ|DZ"), "J"),
    (re.compile("GH"), "G"),
    (re.compile("([KTD])H"), r"\1"),
    (re.compile("C(?=[EIY])"), "S"),
    (re.compile("[CQ]"), "K"),
    (re.compile("[AEIOUY]"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss"})


def folded(text: str) -> str:
    """Capitals without accents nor punctuation, one space between words."""
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return _APART.sub(" ", kept.upper()).strip()


def skeleton(word: str) -> str:
    """The consonants of a folded word: MOHAMED, MOHAMMED and MUHAMMAD all give MHMD."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def joined(text: str) -> list[str]:
    """Folded words, each particle joined to the word that follows: ``BENALI`` for *ben Ali*."""
    return _kept(PARTICLE.sub(lambda found: found[1].replace(" ", ""), folded(text)).split())


def apart(text: str) -> list[str]:
    """Folded words as written, particles apart."""
    return _kept(folded(text).split())


def every(text: str) -> set[str]:
    """Every word under which a text is found: written apart, and with its particles joined."""
    return {*apart(text), *joined(text)}


def whole(text: str) -> str:
    """One word of letters and digits: how a reference or a number is kept."""
    return folded(text).replace(" ", "")[:LONGEST]


def sound(word: str) -> str | None:
    """What a word of letters sounds like; ``None`` for a number, or when too little is left to say."""
    bones = skeleton(word) if word.isalpha() else ""
    return bones if len(bones) > 1 else None


def grams(word: str) -> list[str]:
    """Groups of three letters of a word, its two ends marked; none for a number or a reference."""
    if not word.isalpha() or len(word) < 3:
        return []
    marked = f"^{word}$"
    return sorted({marked[at : at + 3] for at in range(len(marked) - 2)})


def _kept(words: Iterable[str]) -> list[str]:
    return [word for word in words if len(word) <= LONGEST]
