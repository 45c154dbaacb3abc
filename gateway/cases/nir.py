"""The provisional number a caisse gives to a beneficiary: what each check of the circuit finds. Pure.

Thirteen digits, then a key of two: 97 minus the remainder of the division by 97 (nir-validation, the
library of the CNAM). Which checks are made, and how sure each of them is, the circuit says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gateway.circuits.desk import NumberCheck
from gateway.circuits.model import Status

LENGTH = 13
_MODULUS = 97
_SPACES = re.compile(r"[\s.\-]+")
_SEXES = {"5": "M", "6": "F"}


@dataclass(frozen=True, slots=True)
class Found:
    """What one check says. ``holds`` is ``None`` when it cannot be made."""

    name: str
    title: str
    holds: bool | None
    sentence: str
    """French."""
    basis: str
    status: Status

    @property
    def refuses(self) -> bool:
        """A confirmed check that does not hold refuses the number."""
        return self.holds is False and self.status == "confirmed"

    @property
    def doubts(self) -> bool:
        """A check to be confirmed that does not hold: a person says why the number is kept."""
        return self.holds is False and self.status != "confirmed"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as somebody typed it: its digits, and the key they gave."""

    digits: str
    key: str | None

    @property
    def expected_key(self) -> str | None:
        """The key its digits call for, on two digits."""
        return key_of(self.digits)


def read(text: str) -> Number:
    """What was typed, without spaces, points or hyphens; digits past the thirteenth are the key."""
    compact = _SPACES.sub("", text)
    return Number(compact[:LENGTH], compact[LENGTH:] or None)


def key_of(digits: str) -> str | None:
    """The key of thirteen digits, on two digits; ``None`` for anything else."""
    if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()):
        return None
    return f"{_MODULUS - int(digits) % _MODULUS:02d}"


def written(digits: str) -> str:
    """``6 1595 00000001 23``: sex, origin and caisse, order, key, as people read it aloud."""
    key = key_of(digits)
    return f"{digits[:1]} {digits[1:5]} {digits[5:]} {key}" if key else digits


def check(
    number: Number, checks: Sequence[NumberCheck], caisses: Collection[str], sex: str | None
) -> tuple[Found, ...]:
    """What each check says of ``number``. ``caisses``: codes it may bear; ``sex``: ``M`` or ``F``."""
    return tuple(_found(number, rule, caisses, sex) for rule in checks)


def _found(number: Number, rule: NumberCheck, caisses: Collection[str], sex: str | None) -> Found:
    if rule.name == "shape":
        holds, sentence = _shape(number, rule)
    elif rule.name == "key":
        holds, sentence = _key(number)
    elif rule.name == "caisse":
        holds, sentence = _caisse(number, rule, caisses)
    else:
        holds, sentence = _sex(number, sex)
    return Found(rule.name, rule.title, holds, sentence, rule.basis, rule.status)


def _shape(number: Number, rule: NumberCheck) -> tuple[bool | None, str]:
    holds = rule.pattern is not None and rule.pattern.fullmatch(number.digits) is not None
    return holds, "La forme est bonne." if holds else "La forme du numéro n’est pas celle attendue."


def _key(number: Number) -> tuple[bool | None, str]:
    expected = number.expected_key
    if expected is None:
        return None, "La clé se vérifie sur treize chiffres."
    if number.key is None:
        return None, f"La clé n’a pas été saisie ; celle de ces treize chiffres est {expected}."
    if number.key == expected:
        return True, f"La clé {expected} est bonne."
    return False, f"La clé saisie est {number.key} ; celle de ces treize chiffres est {expected}."


def _caisse(number: Number, rule: NumberCheck, caisses: Collection[str]) -> tuple[bool | None, str]:
    if rule.digits is None or not caisses:
        return None, "La caisse du lieu de soins n’est pas connue : rien à comparer."
    first, last = rule.digits
    said = number.digits[first - 1 : last]
    if said in caisses:
        return True, f"Le numéro porte le code de la caisse ({said})."
    awaited = " ou ".join(sorted(caisses))
    return False, f"Le numéro porte le code {said or '(absent)'} ; le dossier relève de {awaited}."


def _sex(number: Number, sex: str | None) -> tuple[bool | None, str]:
    said = _SEXES.get(number.digits[:1])
    if said is None or sex not in _SEXES.values():
        return None, "Le sexe n’est pas lu sur le formulaire : rien à comparer."
    if said == sex:
        return True, "Le premier chiffre est celui du sexe lu sur le formulaire."
    return False, "Le premier chiffre n’est pas celui du sexe lu sur le formulaire."
