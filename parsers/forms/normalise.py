"""What is printed to its typed form: dates, amounts, FINESS, NIR, numbers, names.

Optical reading slips (a capital O in a date) are repaired when the type leaves no doubt, and every repair
lowers the certainty. What cannot be understood has no normalised form: never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from parsers.folding import capitals, fold
from parsers.forms.template import FieldType

_DIGITS = str.maketrans(
    {"O": "0", "o": "0", "Q": "0", "D": "0", "I": "1", "l": "1", "|": "1", "!": "1", "i": "1",
     "Z": "2", "z": "2", "S": "5", "s": "5", "B": "8", "G": "6", "q": "9"}
)  # fmt: skip
_CONFUSED_DIGITS = {"0": "8", "1": "7", "3": "8", "5": "6", "6": "5", "7": "1", "8": "03"}
"""Digits an engine takes for one another."""
_LETTERS = str.maketrans({"0": "O", "1": "I", "5": "S", "8": "B", "|": "I", "6": "G"})
_SMALL = str.maketrans({"0": "o", "1": "l", "5": "s"})
_CARONS = str.maketrans("ǎěǐǒǔĕĭŏŭīāēōū", "âêïôûêïôûïâêôû")
_DIAERESES = re.compile(r"(?<=[a-zà-ÿ]a)i(?=a\b)|(?<=\bA)i(?=[tn] [A-ZÀ-Ý])")
"""« aia » at the end of a word and the Ait, Ain of Algerian names are only written with a diaeresis."""
_MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre",
    "novembre", "decembre",
)  # fmt: skip
_DATE = re.compile(r"(?<!\d)(\d{1,2})\s*[/.\-\\]\s*(\d{1,2})\s*[/.\-\\]\s*(\d{4}|\d{2})(?!\d)")
_SPACED = re.compile(r"(?<!\d)(\d{2})\s+(\d{2})\s+(\d{4})(?!\d)")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{4})(?!\d)")
_SLASHED = re.compile(
    r"(?<!\d)(\d{2})[17](\d{2})[17]?/?(\d{4})(?!\d)|(?<!\d)(\d{2})/(\d{2})[17](\d{4})(?!\d)"
)
_LONG = re.compile(r"(?<!\d)(\d{1,2})(?:er)?\s*([a-z]{3,9})\s*(\d{4})(?!\d)")
_MONEY = re.compile(r"(?<![\d,.])(\d{1,3}(?:[ .'\u00a0\u202f]\d{3})+|\d+)(?:\s?([,.])\s?(\d{1,2}))?(?!\d)")
_LEADERS = re.compile(r"^[\s:.…_·\-–—|]+|[\s_…·|:]+$|\.{2,}$")


@dataclass(frozen=True, slots=True)
class Typed:
    """``normalised`` is ``None`` when unreadable; ``certainty`` multiplies the confidence read."""

    normalised: str | None
    certainty: float = 1.0
    code: str | None = None
    """A rule of the type that does not hold (``finess-check``, ``nir-key``, ``amount-not-a-number``), or
    ``value-repaired``: what was printed differs from what is understood, and a person should look."""


_UNREADABLE = Typed(None, 0.3)
REPAIRED = "value-repaired"


def cleaned(text: str) -> str:
    """A value without the dots, rules and colon that lead to it."""
    before = None
    while before != text:
        before = text
        text = _LEADERS.sub("", text).strip()
    # The end of a label (« Attestation n° ») that was read apart from it.
    return re.sub(r"^[nN][°º]\s*(?=\S)", "", text)


def typed(kind: FieldType, text: str, optical: bool = False) -> Typed:
    """The typed form of ``text``. ``optical``: it was read on an image, slips may be repaired."""
    if kind is FieldType.DATE:
        return _date(text, optical)
    if kind is FieldType.MONEY:
        return _money(text, optical)
    if kind is FieldType.FINESS:
        return _finess(text, optical)
    if kind is FieldType.NIR:
        return _nir(text, optical)
    if kind is FieldType.NUMBER:
        return _number(text, optical)
    if kind is FieldType.NAME:
        return _name(text, optical)
    return _text(text, optical)


def _text(text: str, optical: bool) -> Typed:
    plain = " ".join(text.split())
    certainty = 1.0
    if optical:
        repaired = _letters(plain)
        if repaired != plain:
            plain, certainty = repaired, 0.85
    return Typed(plain, certainty) if any(c.isalnum() for c in plain) else _UNREADABLE


def _letters(text: str) -> str:
    """Slips inside words and numbers: a digit or a capital I beside small letters, an l that begins a
    number; carons, unknown in French."""
    text = re.sub(r"(?<=[A-Za-zà-ÿ])[105]+(?=[a-zà-ÿ])", lambda m: m[0].translate(_SMALL), text)
    text = re.sub(r"(?<=[a-zà-ÿ])I(?=[a-zà-ÿ]|\b)", "l", text)
    text = re.sub(r"(?<![^\W\d_])[lI|](?=\d)", "1", text)
    return _DIAERESES.sub("ï", text.translate(_CARONS))


def _date(text: str, optical: bool) -> Typed:
    found = _plain_date(text)
    if found is not None or not optical:
        return found or _UNREADABLE
    # The walls of a comb may be read with what stands between them.
    bare = _plain_date(re.sub(r"[|\[\]]", "", text))
    if bare is not None and bare.normalised is not None:
        return Typed(bare.normalised, min(bare.certainty, 0.8), REPAIRED)
    repaired = _plain_date(text.translate(_DIGITS))
    if repaired is not None and repaired.normalised is not None:
        return Typed(repaired.normalised, min(repaired.certainty, 0.8), REPAIRED)
    flat = re.sub(r"\s", "", text.translate(_DIGITS))
    match = _SLASHED.search(flat)
    if match:
        day, month, year = (g for g in match.groups() if g is not None)
        made = _iso(int(day), int(month), int(year))
        return Typed(made, 0.6, REPAIRED) if made else _UNREADABLE
    return _UNREADABLE


def _plain_date(text: str) -> Typed | None:
    for pattern in (_DATE, _SPACED, _COMPACT):
        match = pattern.search(text)
        if match:
            day, month, year = match.groups()
            if len(year) == 2:
                made = _iso(int(day), int(month), int(year) + (2000 if int(year) < 40 else 1900))
                return Typed(made, 0.6, REPAIRED) if made else _UNREADABLE
            made = _iso(int(day), int(month), int(year))
            return Typed(made) if made else _UNREADABLE
    match = _ISO.search(text)
    if match:
        year, month, day = match.groups()
        made = _iso(int(day), int(month), int(year))
        return Typed(made) if made else _UNREADABLE
    match = _LONG.search(fold(text))
    if match:
        number = _month(match[2])
        made = _iso(int(match[1]), number, int(match[3])) if number else None
        return Typed(made) if made else _UNREADABLE
    return None


def _month(word: str) -> int | None:
    hits = [
        n for n, name in enumerate(_MONTHS, 1) if name == word or (len(word) >= 4 and name.startswith(word))
    ]
    return hits[0] if len(hits) == 1 else None


def _iso(day: int, month: int, year: int) -> str | None:
    try:
        return date(year, month, day).isoformat() if 1880 <= year <= 2150 else None
    except ValueError:
        return None


def _money(text: str, optical: bool) -> Typed:
    plain = text.replace("€", " ").replace("EUR", " ").strip()
    certainty, code = 1.0, None
    match = _MONEY.search(plain)
    if optical and (match is None or re.search(r"[A-Za-z]", plain)):
        repaired = re.sub(
            r"(?<=[\d\s.,])[OoQIl|SZBG](?=[\d\s.,]|$)", lambda m: m[0].translate(_DIGITS), plain
        )
        if repaired != plain:
            plain, certainty, code = repaired, 0.7, REPAIRED
            match = _MONEY.search(plain)
    if match is None:
        return Typed(None, 0.3, "amount-not-a-number")
    before, after = plain[: match.start()].strip(), plain[match.end() :].strip()
    if before.endswith("-") or re.search(r"\d", before) or (re.search(r"\d", after) and not optical):
        return Typed(None, 0.3, "amount-not-a-number")
    if re.search(r"\d", after):
        certainty = min(certainty, 0.85)
    if optical and match[3] is None:
        # The cents may be what the engine missed.
        certainty = min(certainty, 0.85)
    whole = re.sub(r"\D", "", match[1])
    cents = (match[3] or "0").ljust(2, "0")
    if match[3] is None and re.search(r"[.']\d{3}$", match[1]):
        certainty = min(certainty, 0.85)
    return Typed(f"{int(whole)}.{cents}", certainty, code)


def _finess(text: str, optical: bool) -> Typed:
    compact = re.sub(r"[\s.\-|]", "", text).upper()
    certainty = 1.0
    if optical and not re.fullmatch(r"\d[\dAB]\d{7}", compact):
        repaired = "".join(
            c if i == 1 and c in "AB" and compact[:1] == "2" else c.translate(_DIGITS)
            for i, c in enumerate(compact)
        )
        if repaired != compact:
            compact, certainty = repaired, 0.7
    match = re.search(r"(?<!\d)\d[\dAB]\d{7}(?!\d)", compact)
    if match is None:
        return Typed(None, 0.3, "finess-check") if re.search(r"\d", compact) else _UNREADABLE
    if finess_ok(match[0]):
        return Typed(match[0], certainty, REPAIRED if certainty < 1.0 else None)
    one = _one_slip(match[0]) if optical and certainty == 1.0 else None
    return Typed(one, 0.55, REPAIRED) if one else Typed(match[0], min(certainty, 0.5), "finess-check")


def _one_slip(number: str) -> str | None:
    """The only number one usual confusion of digits away whose key is right; ``None``: none or several."""
    near = {
        number[:place] + other + number[place + 1 :]
        for place, char in enumerate(number)
        for other in _CONFUSED_DIGITS.get(char, "")
    }
    right = [one for one in near if finess_ok(one)]
    return right[0] if len(right) == 1 else None


def finess_ok(number: str) -> bool:
    """Luhn over the nine characters; the letters of Corsica count as A=1 and B=2."""
    plain = number.replace("A", "1").replace("B", "2")
    if not re.fullmatch(r"\d{9}", plain):
        return False
    total = 0
    for place, char in enumerate(reversed(plain)):
        digit = int(char) * (2 if place % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def _nir(text: str, optical: bool) -> Typed:
    digits = re.sub(r"[\s.\-|]", "", text)
    certainty = 1.0
    if optical and not digits.isdigit():
        digits, certainty = digits.translate(_DIGITS), 0.7
    if not re.fullmatch(r"\d{13}(\d{2})?", digits):
        return _UNREADABLE
    if len(digits) == 15 and 97 - int(digits[:13]) % 97 != int(digits[13:]):
        return Typed(digits, 0.5, "nir-key")
    return Typed(digits, certainty, REPAIRED if certainty < 1.0 else None)


def _number(text: str, optical: bool) -> Typed:
    compact = re.sub(r"[\s.\-|]", "", text)
    certainty = 1.0
    if optical and not compact.isdigit():
        compact, certainty = compact.translate(_DIGITS), 0.7
    match = re.match(r"\d+", compact)
    if match is None or (len(match[0]) < len(compact) and re.search(r"\d", compact[match.end() :])):
        return _UNREADABLE
    whole = match[0] == compact
    code = None if whole and certainty == 1.0 else REPAIRED
    return Typed(match[0], certainty if whole else min(certainty, 0.8), code)


def _name(text: str, optical: bool) -> Typed:
    certainty = 1.0
    if optical and _letters(text) != text:
        text, certainty = _letters(text), 0.8
    if re.search(r"\d", text):
        certainty = 0.6
        if optical and re.search(r"[A-Za-zÀ-ÿ]", text):
            text = text.translate(_LETTERS)
    name = capitals(text)
    return Typed(name, certainty) if re.search(r"[A-Z]", name) or name else _UNREADABLE
