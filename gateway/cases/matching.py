"""Does this document belong to that case? A score from 0 to 1 with French reasons; pure.

Signals add up as independent evidence (1 minus the product of the doubts), contradictions multiply it
down. Names are compared after folding case, accents and the vowels and doubled letters that change
from one transliteration to the next. Reasons never quote a value: they go to the audit log.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from storage.lettering import PARTICLE, skeleton

CANDIDATE_FLOOR = 0.2
"""Score under which a case is not even shown to a person."""

_REFERENCE, _NEAR_REFERENCE, _CLOSE_REFERENCE = 0.80, 0.50, 0.30
_QUOTED, _CNAS, _BIRTH, _ESTABLISHMENT = 0.92, 0.70, 0.65, 0.10
_NAMES = ((0.92, 0.70), (0.85, 0.45), (0.75, 0.25))
_NOT_QUITE = 0.80
_OTHER_REFERENCE, _OTHER_CNAS, _OTHER_BIRTH, _OTHER_NAMES = 0.30, 0.60, 0.40, 0.35
_NAMES_CONTRADICT = 0.60
_SAME_SKELETON = 0.95

_NOT_WORD = re.compile(r"[^A-Z0-9]+")
_OCR_SLIPS = str.maketrans("OQDILZSBG", "000112586")


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifies a case, as read or as kept. References folded, names as written."""

    form_reference: str | None = None
    cnas_number: str | None = None
    name: str | None = None
    first_names: str | None = None
    birth_date: date | None = None
    finess: str | None = None
    quoted: tuple[str, ...] = ()
    """Case references quoted by the mail (its subject), or the case's own reference."""

    @property
    def says_something(self) -> bool:
        return any((self.form_reference, self.cnas_number, self.name, self.quoted))


@dataclass(frozen=True, slots=True)
class Match:
    """How well two identities agree; ``score`` from 0 to 1, rounded to 4 decimals."""

    score: float
    reasons: tuple[str, ...]


def fold_reference(reference: str | None) -> str | None:
    """Capitals and digits only: ``2026/ab-17`` and ``2026 AB 17`` are the same attestation."""
    folded = _NOT_WORD.sub("", _capitals(reference or ""))
    return folded or None


def fold_number(number: str | None) -> str | None:
    """Digits only."""
    return re.sub(r"\D", "", number or "") or None


def fold_name(name: str | None) -> str:
    """Capitals without accents nor punctuation, one space between words."""
    return _NOT_WORD.sub(" ", _capitals(name or "")).strip()


def name_key(name: str | None, first_names: str | None) -> str | None:
    """A key equal for transliterations and inversions of one person's names; ``None`` without names."""
    return " ".join(sorted(filter(None, map(skeleton, _words(name, first_names)))))[:120] or None


def same_names(left: Identity, right: Identity) -> float:
    """Similarity of two people's names from 0 to 1, whatever the order of name and first names."""
    a, b = fold_name(left.name), fold_name(right.name)
    if not a or not b:
        return 0.0
    a1, b1 = fold_name(left.first_names), fold_name(right.first_names)
    if not a1 or not b1:
        # A family name alone names a family: never enough to be sure of the person.
        alone = _similar(a, b) if a1 == b1 else fuzz.token_set_ratio(f"{a} {a1}", f"{b} {b1}") / 100
        return 0.8 * alone
    straight = min(_similar(a, b), _similar(a1, b1))
    return max(straight, _word_by_word(_words(a, a1), _words(b, b1)))


def compare(seen: Identity, known: Identity) -> Match:
    """Score ``seen`` (a document) against ``known`` (a case, or another document of the mail)."""
    doubt, penalty = 1.0, 1.0
    reasons: list[str] = []
    for chance, factor, reason in (*_numbers(seen, known), *_person(seen, known)):
        doubt *= 1 - chance
        penalty *= factor
        reasons.append(reason)
    return Match(round((1 - doubt) * penalty, 4), tuple(reasons))


Signal = tuple[float, float, str]
"""Chance that it is the same case, factor of contradiction, French reason."""


def _numbers(seen: Identity, known: Identity) -> list[Signal]:
    signals: list[Signal] = []
    if set(seen.quoted) & set(known.quoted):
        signals.append((_QUOTED, 1.0, "le message cite la référence du dossier"))
    if seen.form_reference and known.form_reference:
        if seen.form_reference == known.form_reference:
            signals.append((_REFERENCE, 1.0, "même référence d'attestation"))
        elif seen.form_reference.translate(_OCR_SLIPS) == known.form_reference.translate(_OCR_SLIPS):
            reason = "référence d'attestation égale à une confusion de lecture près"
            signals.append((_NEAR_REFERENCE, 1.0, reason))
        elif Levenshtein.distance(seen.form_reference, known.form_reference) == 1:
            # A misread figure, or the next attestation of the same agency: a person must look.
            signals.append((_CLOSE_REFERENCE, _NOT_QUITE, "référence d'attestation à un caractère près"))
        else:
            signals.append((0.0, _OTHER_REFERENCE, "autre référence d'attestation"))
    if seen.cnas_number and known.cnas_number:
        if seen.cnas_number == known.cnas_number:
            signals.append((_CNAS, 1.0, "même numéro d'immatriculation CNAS"))
        else:
            signals.append((0.0, _OTHER_CNAS, "autre numéro d'immatriculation CNAS"))
    if seen.finess and seen.finess == known.finess:
        signals.append((_ESTABLISHMENT, 1.0, "même établissement"))
    return signals


def _person(seen: Identity, known: Identity) -> list[Signal]:
    signals: list[Signal] = []
    if seen.birth_date and known.birth_date:
        if seen.birth_date == known.birth_date:
            signals.append((_BIRTH, 1.0, "même date de naissance"))
        else:
            signals.append((0.0, _OTHER_BIRTH, "autre date de naissance"))
    if fold_name(seen.name) and fold_name(known.name):
        similar = same_names(seen, known)
        chance = next((chance for floor, chance in _NAMES if similar >= floor), 0.0)
        if chance:
            signals.append((chance, 1.0, f"noms concordants à {similar:.0%}".replace("%", " %")))
        elif similar < _NAMES_CONTRADICT:
            signals.append((0.0, _OTHER_NAMES, "noms différents"))
    return signals


def _words(name: str | None, first_names: str | None) -> list[str]:
    return PARTICLE.sub(r"\1", fold_name(f"{name or ''} {first_names or ''}")).split()


def _word_by_word(a: list[str], b: list[str]) -> float:
    """The worst word decides: one wrong first name must not hide in a long full name."""
    fewer, more = sorted((a, b), key=len)
    if len(fewer) < 2:
        return 0.0
    worst = min(max(_similar(word, other) for other in more) for word in fewer)
    if len(fewer) < len(more):
        return 0.9 * worst  # a second first name written on one side only
    return min(worst, *(max(_similar(word, other) for other in fewer) for word in more))


def _similar(a: str, b: str) -> float:
    joined = fuzz.ratio(a.replace(" ", ""), b.replace(" ", "")) / 100
    sorted_words = fuzz.token_sort_ratio(a, b) / 100
    best = max(joined, sorted_words)
    bones = skeleton(a.replace(" ", ""))
    if len(bones) > 1 and bones == skeleton(b.replace(" ", "")):
        # Same consonants, other vowels: sure on three consonants with near vowels (SAID is not SAAD).
        return max(best, _SAME_SKELETON if len(bones) > 2 and best >= 0.5 else 0.85)
    return best


def _capitals(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).upper()
