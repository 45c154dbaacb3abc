"""PDF: words with their place, filled fields, what is embedded or active. The bytes are never rewritten.

Text and images come from PDFium, fields and structure from pypdf (see ``docs/dependencies.md``): when one
of the two cannot open the file, the other still gives what it can.
"""

from __future__ import annotations

import ctypes
import logging
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from parsers.acroform import LOCKED
from parsers.errors import Malformed, ParseError, PasswordNeeded, TooLarge
from parsers.facts import Bitmap, Box, Page, Source, Word
from parsers.limits import DEFAULT, Limits

# The library warns about XFA on every such form; what matters is reported in the result instead.
logging.getLogger("pypdfium2").setLevel(logging.ERROR)

POINTS = 72.0
_HYPHEN = "\ufffe"
"""What PDFium gives for a hyphen that cuts a word at the end of a line: not a letter, not an end."""
_RUN = re.compile("[^\x00-\x20\xa0\u202f\xad\ufffe][^\x00-\x20\xa0\u202f\xad]*")
_ODD = re.compile("[\ufffd\ue000-\uf8ff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INVISIBLE = 3
"""Text rendering mode of an OCR layer laid under a scan (ISO 32000-1, table 106)."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page as PDFium sees it. ``good`` is false when its words cannot be relied on (a scan)."""

    page: Page
    good: bool


@contextmanager
def opened(content: bytes, passwords: tuple[str, ...] = ()) -> Iterator[pypdfium2.PdfDocument]:
    """PDFium's document. Raises ``PasswordNeeded`` or ``Malformed``."""
    document: pypdfium2.PdfDocument | None = None
    for password in (None, *passwords):
        try:
            document = pypdfium2.PdfDocument(content, password=password)
            break
        except pypdfium2.PdfiumError as error:
            if "assword" in str(error):
                continue
            raise Malformed("Ce PDF est endommagé : aucun lecteur ne peut l'ouvrir.") from None
    if document is None:
        raise PasswordNeeded(LOCKED)
    try:
        yield document
    except ParseError:
        raise
    except (pypdfium2.PdfiumError, ValueError, TypeError, OSError, MemoryError):
        raise Malformed("Une page de ce PDF est endommagée et ne peut pas être lue.") from None
    finally:
        document.close()


def sheets(content: bytes, limits: Limits = DEFAULT, passwords: tuple[str, ...] = ()) -> tuple[Sheet, ...]:
    """Every page with its words, boxes in points of the page as displayed, origin at the bottom left.

    Raises ``TooLarge`` over ``limits.pages`` or ``limits.text_chars``, ``PasswordNeeded``, ``Malformed``.
    """
    with opened(content, passwords) as document:
        count = len(document)
        if count > limits.pages:
            raise TooLarge(f"Ce PDF compte {count} pages, plus que les {limits.pages} acceptées.")
        if count == 0:
            raise Malformed("Ce PDF ne contient aucune page lisible.")
        found: list[Sheet] = []
        left = limits.text_chars
        for number in range(1, count + 1):
            page = document[number - 1]
            sheet, used = _sheet(page, number, left)
            page.close()
            left -= used
            found.append(sheet)
        return tuple(found)


def _sheet(page: pypdfium2.PdfPage, number: int, left: int) -> tuple[Sheet, int]:
    width, height = page.get_size()
    text = page.get_textpage()
    try:
        count = max(pdfium.FPDFText_CountChars(text.raw), 0)
        if count > left:
            raise TooLarge("Ce PDF contient plus de texte que le plafond accepté.")
        place = _Placer(page, width, height)
        words, odd, upright = _words(text.raw, count, place)
        good = _good(page, words, odd, upright)
    finally:
        text.close()
    return Sheet(Page(number, width, height, words, Source.TEXT), good), count


class _Placer:
    """Turns PDFium's user space (media box, before /Rotate) into the page as displayed."""

    def __init__(self, page: pypdfium2.PdfPage, width: float, height: float) -> None:
        self.rotation = page.get_rotation()
        left, bottom, right, top = page.get_cropbox()
        self.left, self.bottom, self.right, self.top = left, bottom, right, top
        self.width, self.height = width, height

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        x0, x1 = min(x0, x1), max(x0, x1)
        y0, y1 = min(y0, y1), max(y0, y1)
        if self.rotation == 90:
            return Box(y0 - self.bottom, self.right - x1, y1 - self.bottom, self.right - x0)
        if self.rotation == 180:
            return Box(self.right - x1, self.top - y1, self.right - x0, self.top - y0)
        if self.rotation == 270:
            return Box(self.top - y1, x0 - self.left, self.top - y0, x1 - self.left)
        return Box(x0 - self.left, y0 - self.bottom, x1 - self.left, y1 - self.bottom)


def _words(text: ctypes.c_void_p, count: int, place: _Placer) -> tuple[tuple[Word, ...], int, bool]:
    """Words, number of characters without a usable Unicode value, and whether lines read horizontally."""
    codes = _codes(text, count)
    found: list[Word] = []
    odd = turned = long = 0
    for run in _RUN.finditer(codes):
        written = run.group()
        odd += len(_ODD.findall(written))
        letters = _SURROGATE.sub("\ufffd", written.replace(_HYPHEN, ""))
        last = run.start() + len(written.rstrip(_HYPHEN)) - 1
        box = place.box(*_bounds(text, run.start(), last))
        found.append(Word(letters, box))
        if len(letters) > 2:
            long += 1
            turned += box.y1 - box.y0 > 1.5 * (box.x1 - box.x0)
    return tuple(found), odd, turned * 2 <= long


def _codes(text: ctypes.c_void_p, count: int) -> str:
    """The characters of a page, one for each index of PDFium: all at once, else one by one.

    ``FPDFText_GetText`` leaves out characters without Unicode value, writes the rare ones as two and the
    hyphen at the end of a line in its own way: its answer is used when it did none of it.
    """
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(text, 0, count, buffer) - 1
    if written == count:
        whole = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
        if len(whole) == count and "\0" not in whole and _HYPHEN not in whole:
            return whole
    one = pdfium.FPDFText_GetUnicode
    return "".join(
        chr(code) if code < 0x110000 else "\ufffd" for code in (one(text, i) for i in range(count))
    )


def _bounds(text: ctypes.c_void_p, first: int, last: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the loose boxes of the first and last characters of a word."""
    one = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text, first, one)
    if first == last:
        return one.left, one.bottom, one.right, one.top
    other = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text, last, other)
    return (
        min(one.left, other.left),
        min(one.bottom, other.bottom),
        max(one.right, other.right),
        max(one.top, other.top),
    )


def _good(page: pypdfium2.PdfPage, words: tuple[Word, ...], odd: int, upright: bool) -> bool:
    """Whether the text layer says what the page shows.

    Not so when there is hardly any text under drawings, when the letters have no Unicode value, when the
    lines are not horizontal, or when the words are the invisible layer of somebody else's OCR.
    """
    letters = sum(len(w.text) for w in words)
    if letters and odd * 5 > letters:
        return False
    if not upright:
        return False
    area = page.get_width() * page.get_height()
    covered, visible, drawn = 0.0, False, False
    for number, item in enumerate(page.get_objects(max_depth=3)):
        if number > 400:
            visible = True
            break
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            covered = max(covered, (right - left) * (top - bottom))
            drawn = True
        elif item.type == pdfium.FPDF_PAGEOBJ_TEXT:
            visible = visible or pdfium.FPDFTextObj_GetTextRenderMode(item.raw) != _INVISIBLE
        else:
            drawn = True
        if visible and letters >= 200:
            return True
    full = covered > 0.5 * area
    if letters < 20:
        return not drawn
    return not (full and (not visible or letters < 120))


def render(
    content: bytes, number: int, dpi: float, limits: Limits = DEFAULT, passwords: tuple[str, ...] = ()
) -> Bitmap:
    """Page ``number`` (from 1) as a grey image, filled fields and annotations drawn.

    A page too large for ``limits.pixels`` at ``dpi`` is drawn at a lower resolution, which the result
    states. Raises ``Malformed`` or ``PasswordNeeded``.
    """
    with opened(content, passwords) as document:
        if not 1 <= number <= len(document):
            raise Malformed(f"Ce PDF n'a pas de page {number}.")
        document.init_forms()
        page = document[number - 1]
        width, height = page.get_size()
        if not (0 < width < 1e6 and 0 < height < 1e6):
            raise Malformed("Une page de ce PDF annonce des dimensions impossibles.")
        while math.ceil(width * dpi / POINTS) * math.ceil(height * dpi / POINTS) > limits.pixels:
            dpi *= min((limits.pixels / (width * height)) ** 0.5 * POINTS / dpi, 1.0) * 0.99
        drawn = page.render(scale=dpi / POINTS, grayscale=True)
        pixels = drawn.to_numpy().tobytes()
        page.close()
        return Bitmap(drawn.width, drawn.height, dpi, pixels)
