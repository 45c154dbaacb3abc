"""What reading produces: frozen values that say where they were seen.

A *fact* is one value of one document with its place and its source. Facts are never merged or
overwritten here: two sources that disagree give two facts, and the person sees both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where a fact was read. ``PERSON`` is a correction made in the queue, never by a parser."""

    ACROFORM = "acroform"
    XFA = "xfa"
    TEXT = "text"
    OCR = "ocr"
    CDA = "cda"
    XDM = "xdm"
    HEADER = "header"
    PERSON = "person"


class Confidentiality(StrEnum):
    """Who may open a document. In doubt a document is ``MEDICAL`` (architecture, decision 4)."""

    ADMINISTRATIVE = "administrative"
    MEDICAL = "medical"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in PDF points (1/72 inch), origin at the bottom left."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Fact:
    """One value read in one document.

    ``value`` is what is written; ``normalised`` the typed form (ISO 8601 date, decimal amount with
    a point, capital name without accents, FINESS of 9 characters), ``None`` when it cannot be
    normalised. ``document`` is the SHA-256 of the document's bytes, ``page`` counts from 1,
    ``confidence`` goes from 0 to 1.
    """

    name: str
    value: str
    normalised: str | None
    document: str
    page: int | None
    box: Box | None
    source: Source
    confidence: float


@dataclass(frozen=True, slots=True)
class Issue:
    """Something missing, unreadable or inconsistent. ``message`` is one French sentence."""

    code: str
    field: str | None
    severity: Severity
    message: str
    page: int | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters as printed, or as recognised by OCR (then ``confidence`` < 1)."""

    text: str
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A grey page image: 8 bits a pixel, rows from the top, no padding; 255 is white."""

    width: int
    height: int
    dpi: float
    pixels: bytes


@dataclass(frozen=True, slots=True)
class FormField:
    """A filled field of an AcroForm or XFA form, with its widget's place when it has one."""

    name: str
    value: str
    page: int | None
    box: Box | None
    source: Source
    label: str = ""
    """Tooltip (/TU) or caption, when the form gives one."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page, size in PDF points. ``words`` come from the text layer or, failing that, OCR."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    source: Source
    """``TEXT`` or ``OCR``: which of the two gave ``words``."""

    @property
    def text(self) -> str:
        """The words in reading order, one line a printed line."""
        return lines_of(self.words)


def lines_of(words: tuple[Word, ...]) -> str:
    """Join words into lines: same line when the vertical centres are closer than half a height."""
    lines: list[list[Word]] = []
    centre = 0.0
    for word in sorted(words, key=lambda w: (-(w.box.y0 + w.box.y1), w.box.x0)):
        middle = (word.box.y0 + word.box.y1) / 2
        height = max(word.box.y1 - word.box.y0, 1.0)
        if lines and abs(middle - centre) <= height / 2:
            lines[-1].append(word)
        else:
            lines.append([word])
            centre = middle
    return "\n".join(" ".join(w.text for w in sorted(line, key=lambda w: w.box.x0)) for line in lines)
