"""Plain words of documents without pages: DOCX, HTML and plain text, laid out as simple pages."""

from __future__ import annotations

import html.parser
import io
import zipfile

from defusedxml import ElementTree

from parsers.errors import Hostile, Malformed, ParseError, TooLarge
from parsers.facts import Box, Page, Source, Word
from parsers.limits import DEFAULT, Limits

_WIDTH, _HEIGHT = 595.0, 842.0
_LEFT, _TOP, _LEADING, _ADVANCE = 50.0, 792.0, 14.0, 5.0
_ROWS = 53
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def docx_text(content: bytes, limits: Limits = DEFAULT) -> str:
    """Text of the body of a DOCX (ECMA-376 part 1, 17.2): a line a paragraph, cells apart by a tab.

    Raises ``Malformed``, ``TooLarge`` or ``Hostile``.
    """
    try:
        root = ElementTree.fromstring(_body(content, limits))
    except ParseError:
        raise
    except Exception:  # noqa: BLE001 - zip, zlib, XML and key errors of a stranger's file
        raise Malformed("Ce document Word est endommagé et ne peut pas être lu.") from None
    rows: list[str] = []
    for node in root.iter():
        if node.tag == f"{_WORD}p":
            rows.append("")
        elif node.tag == f"{_WORD}t" and rows:
            rows[-1] += node.text or ""
        elif node.tag in {f"{_WORD}tab", f"{_WORD}br"} and rows:
            rows[-1] += " "
    return "\n".join(rows)


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
        at = _LEFT
        for text in row.split():
            end = at + len(text) * _ADVANCE
            words.append(Word(text, Box(at, top - 10.0, end, top)))
            at = end + _ADVANCE
    return words
