"""Document kinds recognised by cues and weights that come from the circuit's data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """Where a cue is looked for."""

    TEXT = "text"
    """Anywhere in the document's words."""
    TITLE = "title"
    """In the first third of the first page, or in the document title of a CDA."""
    NAME = "name"
    """In the file name."""
    SUBJECT = "subject"
    """In the subject of the mail that carries the document."""
    BODY = "body"
    """In the mail's own text."""
    CODE = "code"
    """The type code of a CDA or XDM entry, or an X-MSS-CODECDA header, exactly."""
    FIELD = "field"
    """Name of an AcroForm or XFA field."""


@dataclass(frozen=True, slots=True)
class Cue:
    """``phrase`` is compared after folding case, accents, punctuation and usual OCR slips."""

    where: Where
    phrase: str
    weight: float


@dataclass(frozen=True, slots=True)
class KindRule:
    """How one document kind is recognised. The score is the sum of the weights of the cues seen."""

    name: str
    confidentiality: str
    cues: tuple[Cue, ...]
    minimum: float
    """Score below which the kind is not even proposed."""
    template: str | None = None
    """Name of the form template whose fields are then extracted."""
