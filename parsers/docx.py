"""Plain words of documents without pages: DOCX, HTML and plain text, laid out as simple pages."""

from __future__ import annotations

import html.parser
import io
import re
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from parsers.errors import Hostile, Malformed, ParseError, TooLarge
from parsers.facts import Box, Page, Source, Word
from parsers.limits import DEFAULT, Limits

_WIDTH, _HEIGHT = 595.0, 842.0
_LEFT, _TOP, _LEADING, _ADVANCE = 50.0, 792.0, 14.0, 5.0
_ROWS = 53
_RUN = re.compile(r"\S+")
_SIGNS = {"FE": "☒", "FD": "☒", "78": "☒", "A8": "☐", "6F": "☐", "FC": "☒"}
"""Wingdings that stand for a box ticked or not, by the end of their code."""
_APART = 4
"""Blanks between two columns."""
_COLUMNS, _WIDEST = 24, 60
"""Columns, and characters of a column, beyond which a table is set no further right."""
_DEPTH = 60
"""Elements inside one another from the body to a paragraph."""
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def docx_text(content: bytes, limits: Limits = DEFAULT) -> str:
    """Text of the body of a DOCX (ECMA-376 part 1, 17.2 to 17.4): a line a paragraph, a table in columns,
    a box to tick as a sign.

    Raises ``Malformed``, ``TooLarge`` or ``Hostile``.
    """
    try:
        root = ElementTree.fromstring(_body(content, limits))
        rows = list(_bounded(_rows(root, _DEPTH), limits))
    except ParseError:
        raise
    except Exception:  # noqa: BLE001 - zip, zlib, XML and key errors of a stranger's file
        raise Malformed("Ce document Word est endommagé et ne peut pas être lu.") from None
    return "\n".join(rows)


def _bounded(rows: Iterator[str], limits: Limits) -> Iterator[str]:
    left = limits.text_chars
    for row in rows:
        left -= len(row)
        if left < 0:
            raise TooLarge("Ce document contient plus de texte que le plafond accepté.")
        yield row


def _rows(node: Element, depth: int) -> Iterator[str]:
    """Lines of a body, a cell or what holds them, tables a line a row of their tallest cell."""
    if depth <= 0:
        raise Hostile("Ce document imbrique trop de niveaux.")
    for child in node:
        if child.tag == f"{_WORD}p":
            yield from _paragraph(child).split("\n")
        elif child.tag == f"{_WORD}tbl":
            yield from _table(child, depth - 1)
        else:
            yield from _rows(child, depth - 1)


def _paragraph(node: Element) -> str:
    text = ""
    for part in node.iter():
        if part.tag == f"{_WORD}t":
            text += part.text or ""
        elif part.tag == f"{_WORD}p" and part is not node:  # the lines of a text box
            text += "\n"
        elif part.tag in {f"{_WORD}tab", f"{_WORD}br"}:
            text += " "
        elif part.tag == f"{_WORD}sym":
            text += _SIGNS.get(part.get(f"{_WORD}char", "").upper()[-2:], " ")
        elif part.tag == f"{_WORD}checkBox":
            text += "☒ " if _ticked(part) else "☐ "
    return text


def _ticked(box: Element) -> bool:
    """A box of an old form: ``w:checked`` when somebody touched it, else ``w:default``."""
    for name in ("checked", "default"):
        state = box.find(f"{_WORD}{name}")
        if state is not None:
            return state.get(f"{_WORD}val", "1") not in {"0", "false", "off"}
    return False


Cells = list[tuple[int, list[str]]]
"""The cells of one row: first column and lines of each."""


def _table(table: Element, depth: int) -> Iterator[str]:
    """Rows of a table, each column as wide as its widest line."""
    grid = [_cells(row, depth) for row in table.findall(f"{_WORD}tr")]
    wide: dict[int, int] = {}
    for cells in grid:
        for (at, lines), (after, _) in pairwise(cells):
            if after == at + 1:
                wide[at] = min(max([wide.get(at, 0), *(len(line) for line in lines)]), _WIDEST)
    starts = [sum(wide.get(n, 0) + _APART for n in range(at)) for at in range(_COLUMNS + 1)]
    for cells in grid:
        for number in range(max((len(lines) for _, lines in cells), default=0)):
            text = ""
            for at, lines in cells:
                line = lines[number] if number < len(lines) else ""
                if line:
                    apart = " " * _APART if text else ""
                    text = max((text + apart, text.ljust(starts[min(at, _COLUMNS)])), key=len) + line
            yield text


def _cells(row: Element, depth: int) -> Cells:
    cells: Cells = []
    at = 0
    for cell in row.findall(f"{_WORD}tc"):
        # A table inside a cell is not set in columns: its words follow one another.
        lines = [" ".join(line.split()) for line in _rows(cell, depth)]
        cells.append((at, [line for line in lines if line]))
        span = cell.find(f"{_WORD}tcPr/{_WORD}gridSpan")
        at += int(span.get(f"{_WORD}val", "1")) if span is not None else 1
    return cells


def _body(content: bytes, limits: Limits) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = archive.getinfo("word/document.xml")
        if entry.file_size > limits.xml_bytes:
            raise TooLarge("Ce document est plus grand que le plafond accepté.")
        if entry.file_size > limits.archive_ratio * max(entry.compress_size, 1):
            raise Hostile("Ce document se déploie hors de proportion avec sa taille.")
        with archive.open(entry) as stream:
            data = stream.read(limits.xml_bytes + 1)
    if len(data) > limits.xml_bytes:
        raise TooLarge("Ce document est plus grand que le plafond accepté.")
    return data


class _Stripper(html.parser.HTMLParser):
    """Text of an HTML page; scripts and styles dropped, block elements end a line."""

    _BLOCKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in {"script", "style"}:
            self._silent += 1
        if tag in self._BLOCKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._silent = max(0, self._silent - 1)
        if tag in self._BLOCKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def html_text(source: str) -> str:
    stripper = _Stripper()
    try:
        stripper.feed(source)
        stripper.close()
    except (AssertionError, ValueError, RecursionError):
        raise Malformed("Cette page HTML est endommagée et ne peut pas être lue.") from None
    return "".join(stripper.found)


def laid_out(text: str, limits: Limits = DEFAULT) -> tuple[Page, ...]:
    """Text as words on simple pages, so that the same reading applies. Raises ``TooLarge``."""
    if len(text) > limits.text_chars:
        raise TooLarge("Ce document contient plus de texte que le plafond accepté.")
    rows = [row for row in text.splitlines() if row.strip()]
    chunks = [rows[i : i + _ROWS] for i in range(0, len(rows), _ROWS)] or [[]]
    if len(chunks) > limits.pages:
        raise TooLarge(f"Ce document dépasse les {limits.pages} pages acceptées.")
    return tuple(
        Page(number, _WIDTH, _HEIGHT, tuple(_row_words(chunk)), Source.TEXT)
        for number, chunk in enumerate(chunks, 1)
    )


def _row_words(rows: list[str]) -> list[Word]:
    words: list[Word] = []
    for index, row in enumerate(rows):
        top = _TOP - index * _LEADING
        for run in _RUN.finditer(row.expandtabs(4)):
            at = _LEFT + run.start() * _ADVANCE
            words.append(Word(run.group(), Box(at, top - 10.0, at + len(run.group()) * _ADVANCE, top)))
    return words
