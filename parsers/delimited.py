"""Separated values and tables typed in a text: the separator is found, never assumed.

French spreadsheets write ``;`` because the comma is the decimal mark; others write commas or tabs. The
one that cuts the most lines into the same number of cells is taken.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from parsers.errors import Malformed, TooLarge
from parsers.limits import DEFAULT, Limits
from parsers.words import clean

_SEPARATORS = (";", "\t", "|", ",")
"""In the order of preference when two do as well."""
_SAMPLE = 200
_GAP = re.compile(r"\s{2,}|\t+")
_RULE = re.compile(r"[\s|+=_-]*\Z")


@dataclass(frozen=True, slots=True)
class TextRow:
    """One line that is not empty, with its number from 1 in ``place``."""

    place: str
    cells: tuple[str, ...]


def csv_rows(content: bytes, limits: Limits = DEFAULT) -> tuple[TextRow, ...]:
    """The rows of a file of separated values (RFC 4180 with any of four separators).

    UTF-8 (with or without a mark), UTF-16 with a mark, else Windows-1252. Raises ``Malformed`` or
    ``TooLarge``.
    """
    text = decoded(content)
    if len(text) > limits.text_chars:
        raise TooLarge("Ce fichier contient plus de texte que le plafond accepté.")
    return tuple(_separated(text, separator_of(text.splitlines()) or ";", limits))


def text_rows(text: str, limits: Limits = DEFAULT) -> tuple[TextRow, ...]:
    """Lines of a text cut at its separator, else at tabs and at runs of two blanks or more."""
    lines = text.splitlines()
    separator = separator_of(lines, (";", "\t", "|"))
    found: list[TextRow] = []
    for number, line in enumerate(lines, 1):
        if _RULE.match(line):
            continue
        pieces = line.split(separator) if separator and separator in line else _GAP.split(line.strip())
        cells = tuple(" ".join(clean(piece).split())[: limits.table_cell_chars] for piece in pieces)
        if separator == "|":
            cells = cells[1 if not cells[0] else 0 : len(cells) - (not cells[-1])]
        found.append(TextRow(f"ligne {number} du texte", cells[: limits.table_columns]))
        if len(found) > limits.table_rows:
            raise TooLarge(f"Ce texte a plus de {limits.table_rows} lignes.")
    return tuple(found)


def separator_of(lines: list[str], among: tuple[str, ...] = _SEPARATORS) -> str | None:
    """The separator that cuts the most of these lines into one same number of cells (three at least)."""
    sample = [line for line in lines[:_SAMPLE] if line.strip()]
    best: tuple[int, str] | None = None
    for separator in among:
        counts = Counter(line.count(separator) for line in sample)
        del counts[0], counts[1]
        if counts and (best is None or counts.most_common(1)[0][1] > best[0]):
            best = (counts.most_common(1)[0][1], separator)
    return best[1] if best else None


def decoded(content: bytes) -> str:
    """Text of a file that does not say how it is written."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    for charset in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(charset)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _separated(text: str, separator: str, limits: Limits) -> Iterator[TextRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    seen = 0
    try:
        for row in reader:
            cells = tuple(" ".join(clean(cell).split())[: limits.table_cell_chars] for cell in row)
            cells = cells[: limits.table_columns]
            if not any(cells):
                continue
            seen += 1
            if seen > limits.table_rows:
                raise TooLarge(f"Ce fichier a plus de {limits.table_rows} lignes.")
            yield TextRow(f"ligne {reader.line_num}", cells)
    except csv.Error:
        raise Malformed("Ce fichier de valeurs séparées est endommagé et ne peut pas être lu.") from None
