"""Some pages of a PDF as a file of their own: what a reader sees of them, and nothing of the others.

A PDF shares a great deal between its pages: resources, fields with their values, links, outlines, private
data of programs. So no page is copied as it is: a new one is made of its content and of the resources that
its content names, annotations drawn into it. PDFium then draws each page of both files: they must look the
same. Whatever is in doubt is refused. The original is never touched, and no signature survives a cut.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, Object

from parsers import pdf
from parsers.acroform import LOCKED
from parsers.documents import PDF, render
from parsers.errors import Malformed, ParseError, PasswordNeeded, TooLarge, Unsupported
from parsers.limits import DEFAULT, Limits
from parsers.prune import bare, swept

NOT_A_PDF = "Ce fichier n'est pas un PDF : il ne peut pas être coupé par pages."
UNCUT = "Ce PDF est fait de telle sorte qu'il ne peut pas être coupé sûrement par pages."
NO_SUCH_PAGE = "Ce PDF n'a pas les pages demandées."
UNDRAWN = "Un champ rempli de ces pages n'est dessiné nulle part : coupées, elles le perdraient."
LAYERS = "Ce PDF a des calques cachés : coupé, il les montrerait."
UNLIKE = "Une fois coupées, ces pages ne seraient plus les mêmes à l'œil."

_DPI = 48
_FAR = 64
"""Grey levels, of 255, from which a pixel is another one."""
_FEW = 4
"""Pixels of a page that may be another one: the edges of what is drawn by another path."""
_HIDDEN = 2
"""Flag of an annotation that is not shown (ISO 32000-1, table 165)."""
_DEPTH = 32


def cut(content: bytes, first: int, count: int, limits: Limits = DEFAULT) -> bytes:
    """``count`` pages from page ``first`` (from 1); the same bytes each time.

    Raises ``Unsupported`` when it is not a PDF, ``Malformed`` when it cannot be cut safely,
    ``PasswordNeeded``, ``TooLarge``.
    """
    if b"%PDF-" not in content[:1024]:
        raise Unsupported(NOT_A_PDF)
    try:
        made = _made(content, first, count, limits)
        _alike(content, made, first, count, limits)
    except ParseError:
        raise
    except pikepdf.PasswordError:
        raise PasswordNeeded(LOCKED) from None
    except Exception:  # noqa: BLE001 - qpdf and its binding raise anything on damaged files; the cause may quote them
        raise Malformed(UNCUT) from None
    return made


def _made(content: bytes, first: int, count: int, limits: Limits) -> bytes:
    buffer = io.BytesIO()
    with (
        pikepdf.open(io.BytesIO(content), suppress_warnings=True) as source,
        pikepdf.new() as made,
    ):
        total = len(source.pages)
        if total > limits.pages:
            raise TooLarge(f"Ce PDF compte {total} pages, plus que les {limits.pages} acceptées.")
        if count < 1 or first < 1 or first + count - 1 > total:
            raise Malformed(NO_SUCH_PAGE)
        if _pages_drawn(content) not in {None, total}:
            raise Malformed(UNCUT)  # two readers that number pages differently would cut elsewhere
        _drawn_in(source, first, count)
        for number in range(first, first + count):
            made.pages.append(pikepdf.Page(bare(source, source.pages[number - 1], limits)))
        swept(made, count, limits)
        made.save(buffer, deterministic_id=True, fix_metadata_version=False)
    if buffer.tell() > limits.archive_bytes:
        raise TooLarge("Ces pages sont plus grandes que le plafond accepté une fois coupées.")
    return buffer.getvalue()


def _drawn_in(source: pikepdf.Pdf, first: int, count: int) -> None:
    """Draw annotations and fields into the pages. Raises ``Malformed`` for what would not be seen after."""
    if _layers_off(source.Root):
        raise Malformed(LAYERS)
    for number in range(first, first + count):
        if any(_undrawn(note) for note in _annotations(source.pages[number - 1].obj)):
            raise Malformed(UNDRAWN)
    form = source.Root.get("/AcroForm")
    if isinstance(form, Dictionary) and "/NeedAppearances" in form:
        del form["/NeedAppearances"]  # what is drawn stands: it is what was seen
    source.flatten_annotations("all")


def _layers_off(root: Object) -> bool:
    layers = root.get("/OCProperties")
    usual = layers.get("/D") if isinstance(layers, Dictionary) else None
    if not isinstance(usual, Dictionary):
        return False
    off = usual.get("/OFF")
    return usual.get("/BaseState") == Name.OFF or (isinstance(off, Array) and len(off) > 0)


def _annotations(page: Object) -> Iterator[Object]:
    notes = page.get("/Annots")
    for note in notes if isinstance(notes, Array) else ():
        if isinstance(note, Dictionary):
            yield note


def _undrawn(note: Object) -> bool:
    """A field with a value and no appearance: a program would draw it when opening the whole file."""
    if note.get("/Subtype") != Name.Widget or int(note.get("/F", 0)) & _HIDDEN:
        return False
    shown = note.get("/AP")
    if isinstance(shown, Dictionary) and "/N" in shown:
        return False
    if _of_field(note, "/FT") == Name.Sig:
        return False  # a seal nobody sees; it does not survive a cut
    value = _of_field(note, "/V")
    return value is not None and str(value) not in {"", "/Off"}


def _of_field(note: Object, key: str) -> Object | None:
    """What a field holds, or the family it belongs to."""
    field: Object | None = note
    for _ in range(_DEPTH):
        if not isinstance(field, Dictionary):
            return None
        if key in field:
            return field[key]
        field = field.get("/Parent")
    return None


def _pages_drawn(content: bytes) -> int | None:
    """How many pages PDFium counts; ``None`` when it cannot open the file, which is then read mended."""
    try:
        with pdf.opened(content) as document:
            return len(document)
    except Malformed:
        return None


def _alike(content: bytes, made: bytes, first: int, count: int, limits: Limits) -> None:
    """Raises ``Malformed`` unless each page looks as it did."""
    if _pages_drawn(made) != count:
        raise Malformed(UNCUT)
    for number in range(count):
        before = render(content, PDF, first + number, _DPI, limits)
        after = render(made, PDF, number + 1, _DPI, limits)
        if (before.width, before.height) != (after.width, after.height):
            raise Malformed(UNLIKE)
        if _other_pixels((before.pixels, after.pixels)) > _FEW:
            raise Malformed(UNLIKE)


def _other_pixels(pictures: Sequence[bytes]) -> int:
    before, after = (np.frombuffer(pixels, np.uint8).astype(np.int16) for pixels in pictures)
    return int(np.count_nonzero(np.abs(before - after) >= _FAR))
