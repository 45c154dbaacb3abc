"""The parts of a summary, whatever form shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A title, a sentence, and a table; a table of two columns without headers is a list of labels."""

    title: str
    intro: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A title, a sentence, and sections in the order of reading."""

    title: str
    intro: str
    sections: tuple[Section, ...]
