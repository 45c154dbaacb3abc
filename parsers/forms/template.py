"""A form template: labels that anchor fields. Built by the circuit loader, never written in code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class FieldType(StrEnum):
    TEXT = "text"
    NAME = "name"
    DATE = "date"
    MONEY = "money"
    NUMBER = "number"
    """Digits only (``cnas_number``, ``stay_number``)."""
    FINESS = "finess"
    NIR = "nir"
    CHOICE = "choice"
    """One or several ticked boxes among ``choices``."""
    SIGNATURE = "signature"
    """Ink in a box: ``present``, ``absent`` or ``illegible``."""


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. ``labels`` are the printed variants; ``box`` the cadre it belongs to, by name."""

    name: str
    type: FieldType
    labels: tuple[str, ...]
    box: str
    choices: tuple[Choice, ...] = ()
    multiple: bool = False
    """For CHOICE: several ticks are kept, joined by a comma."""
    range_with: str | None = None
    """For a pair written ``Du … au …``: name of the field that holds the other date."""
    required: Literal["no", "warning", "error"] = "no"
    handwritten: bool = False
    pattern: str | None = None
    """Regular expression the normalised value should match; a mismatch is a warning."""
    title: str = ""
    """How the field is named to a person, with its article (``la date de début``)."""
    after: str | None = None
    """This field's label only counts on the same line as, and to the right of, that other field's."""
    unless: str | None = None
    """Not missed when that other field was read."""
    kinds: tuple[str, ...] = ()
    """Document kinds (see ``Variant``) for which the field is required; empty: all of them."""


@dataclass(frozen=True, slots=True)
class BoxSpec:
    """A cadre of the form, recognised by its heading."""

    name: str
    labels: tuple[str, ...]
    title: str = ""
    """How the cadre is named to a person (``le cadre 4``)."""


@dataclass(frozen=True, slots=True)
class Variant:
    """The form is of document kind ``kind`` when one of the fields ``when`` was read (none: always)."""

    kind: str
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A consistency rule over date fields.

    ``order``: ``fields[0]`` must not be later than ``fields[1]``. ``past``: ``fields[0]`` must not
    be later than the day of reading.
    """

    rule: Literal["order", "past"]
    code: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """One form version. ``status`` is ``official`` or ``reconstructed`` and is shown to people."""

    name: str
    version: str
    status: Literal["official", "reconstructed"]
    source: str
    titles: tuple[str, ...]
    boxes: tuple[BoxSpec, ...]
    fields: tuple[FieldSpec, ...]
    variants: tuple[Variant, ...] = ()
    """In order; the first that holds names the document kind. Empty: the kind stays as classified."""
    checks: tuple[Check, ...] = ()
    printed: tuple[str, ...] = ()
    """What the blank form says besides titles and labels: no copy of it is found by these words."""

    @property
    def blank(self) -> tuple[str, ...]:
        """Every text of the blank form: titles, headings, labels, choices, and what else is printed."""
        boxes = (label for box in self.boxes for label in box.labels)
        labels = (label for one in self.fields for label in one.labels)
        choices = (label for one in self.fields for choice in one.choices for label in choice.labels)
        return (*self.titles, *boxes, *labels, *choices, *self.printed)

    def field(self, name: str) -> FieldSpec | None:
        return next((f for f in self.fields if f.name == name), None)

    def box(self, name: str) -> BoxSpec | None:
        return next((b for b in self.boxes if b.name == name), None)
