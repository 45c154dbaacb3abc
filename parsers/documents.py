"""Every document as pages of words, filled fields and page images, whatever its format.

The reading child calls ``inspect`` once a document, then ``render`` for the pages ``reading.needs_bitmap``
names (those in ``wanting``, which OCR must read, and those of a form, whose ink is judged).
"""

from __future__ import annotations

from dataclasses import dataclass

from parsers import acroform, active, docx, images, pdf
from parsers.attached import Attachment
from parsers.delimited import csv_rows
from parsers.errors import Malformed, ParseError, PasswordNeeded, TooLarge, Unsupported
from parsers.facts import Bitmap, FormField, Issue, Page, Severity
from parsers.limits import DEFAULT, Limits
from parsers.mend import MENDED, mended
from parsers.rtf import RTF, rtf_text
from parsers.sniff import HEIC, is_heif
from parsers.spreadsheet import XLSX, sheet_rows

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
IMAGES = frozenset({"image/tiff", "image/png", "image/jpeg", HEIC})
DRAWN = IMAGES | {PDF}
"""Formats whose pages have an image."""
TEXTS = frozenset({"text/plain", "text/html", RTF})
CSV = "text/csv"
TABLES = frozenset({XLSX, CSV})
"""Lists in rows: shown as text; ``parsers.rows`` gives their cells."""
_TABLE_ROWS = 1_000
"""Rows laid out to recognise a list; all of them are read as text and as cells."""
_NAMED = {
    ".pdf": PDF, ".docx": DOCX, ".tif": "image/tiff", ".tiff": "image/tiff", ".png": "image/png",
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".txt": "text/plain", ".htm": "text/html",
    ".html": "text/html", ".rtf": RTF, ".heic": HEIC, ".heif": HEIC, ".csv": CSV, ".tsv": CSV,
    ".xlsx": XLSX,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inspected:
    """One document opened. ``wanting`` are the pages (from 1) whose text layer is absent or unreliable.

    ``active`` names the kinds of active content seen (never run), ``notes`` are French sentences.
    """

    media_type: str
    pages: tuple[Page, ...]
    fields: tuple[FormField, ...] = ()
    wanting: tuple[int, ...] = ()
    active: tuple[str, ...] = ()
    embedded: tuple[Attachment, ...] = ()
    notes: tuple[str, ...] = ()


def inspect(
    content: bytes,
    media_type: str,
    name: str = "",
    limits: Limits = DEFAULT,
    passwords: tuple[str, ...] = (),
) -> Inspected:
    """Open a document of type ``media_type`` (or, failing that, by the ending of ``name``).

    Raises ``Malformed``, ``Unsupported``, ``TooLarge``, ``Hostile`` or ``PasswordNeeded``.
    """
    kind = media_kind(content, media_type, name)
    try:
        return _inspect(content, kind, limits, passwords)
    except ParseError:
        raise
    except Exception:  # noqa: BLE001 - the last net under third-party decoders; the cause is dropped with its content
        raise Malformed("Ce document est endommagé et ne peut pas être lu.") from None


def _inspect(content: bytes, kind: str, limits: Limits, passwords: tuple[str, ...]) -> Inspected:
    if kind == PDF:
        return _pdf(content, limits, passwords)
    if kind in IMAGES:
        pages = images.pages(content, limits)
        return Inspected(kind, pages, wanting=tuple(p.number for p in pages))
    words = _words(content, kind, limits)
    if kind in TABLES:
        words = "\n".join(words.splitlines()[:_TABLE_ROWS])
    return Inspected(kind, docx.laid_out(words, limits))


def text(content: bytes, media_type: str, name: str = "", limits: Limits = DEFAULT) -> str:
    """The text of a document without pages (plain, HTML, DOCX, a list), line by line, never its markup.

    Raises ``Malformed``, ``TooLarge`` or ``Hostile``, and ``Unsupported`` for any other format.
    """
    kind = media_kind(content, media_type, name)
    if kind not in TEXTS | TABLES | {DOCX}:
        raise Unsupported("Ce format n'a pas de texte à montrer : la pièce est gardée telle que reçue.")
    try:
        found = _words(content, kind, limits)
    except ParseError:
        raise
    except Exception:  # noqa: BLE001 - as above
        raise Malformed("Ce document est endommagé et ne peut pas être lu.") from None
    if len(found) > limits.text_chars:
        raise TooLarge("Ce document contient plus de texte que le plafond accepté.")
    return found


def _words(content: bytes, kind: str, limits: Limits) -> str:
    if kind == DOCX:
        return docx.docx_text(content, limits)
    if kind == XLSX:
        return "\n".join("  ".join(filter(None, row.cells)) for row in sheet_rows(content, limits))
    if kind == CSV:
        return "\n".join("  ".join(filter(None, row.cells)) for row in csv_rows(content, limits))
    if kind == RTF:
        return rtf_text(content, limits)
    source = _decoded(content)
    return docx.html_text(source) if kind == "text/html" else source


def render(
    content: bytes,
    media_type: str,
    page: int,
    dpi: float,
    limits: Limits = DEFAULT,
    name: str = "",
    passwords: tuple[str, ...] = (),
) -> Bitmap:
    """Page ``page`` (from 1) as a grey image. Formats without pages raise ``Unsupported``."""
    kind = media_kind(content, media_type, name)
    try:
        if kind == PDF:
            return _drawn(content, page, dpi, limits, passwords)
        if kind in IMAGES:
            return images.render(content, page, dpi, limits)
    except ParseError:
        raise
    except Exception:  # noqa: BLE001 - as above
        raise Malformed("Cette page est endommagée et ne peut pas être affichée.") from None
    raise Unsupported("Ce format n'a pas d'image de page.")


def media_kind(content: bytes, media_type: str, name: str) -> str:
    """The format actually opened: by the first bytes, then by the declared type, then by the name."""
    head = content[:1024].lstrip(b"\x00\t\n\r\x0c \xef\xbb\xbf")
    if b"%PDF-" in content[:1024]:
        return PDF
    if head.startswith(b"\x89PNG\r\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] in {b"II*\x00", b"MM\x00*"}:
        return "image/tiff"
    if is_heif(content):
        return HEIC
    if head.startswith(b"{\\rtf"):
        return RTF
    declared = media_type.lower().partition(";")[0].strip()
    named = next((kind for end, kind in _NAMED.items() if name.lower().endswith(end)), "")
    for kind in (declared, named):
        if kind in {PDF, DOCX} | IMAGES | TEXTS | TABLES:
            return kind
    raise Unsupported("Ce format de document n'est pas lu : la pièce est gardée telle que reçue.")


def _pdf(content: bytes, limits: Limits, passwords: tuple[str, ...]) -> Inspected:
    notes: tuple[str, ...] = ()
    try:
        sheets = pdf.sheets(content, limits, passwords)
    except Malformed:
        content, passwords, notes = mended(content, limits, passwords), (), (MENDED,)
        sheets = pdf.sheets(content, limits)
    try:
        inside = acroform.contents(content, limits, passwords)
    except PasswordNeeded:
        inside = acroform.Contents(notes=("Les champs de ce PDF chiffré n'ont pas pu être lus.",))
    return Inspected(
        PDF,
        tuple(s.page for s in sheets),
        inside.fields,
        tuple(s.page.number for s in sheets if not s.good),
        inside.active,
        inside.embedded,
        (*notes, *inside.notes),
    )


def _drawn(content: bytes, page: int, dpi: float, limits: Limits, passwords: tuple[str, ...]) -> Bitmap:
    try:
        return pdf.render(content, page, dpi, limits, passwords)
    except Malformed:
        return pdf.render(mended(content, limits, passwords), page, dpi, limits)


def issues(inspected: Inspected) -> tuple[Issue, ...]:
    """What the file itself makes worth telling: active content, damage. For staff, never for letters."""
    told = (Issue("file-note", None, Severity.INFO, note) for note in inspected.notes)
    return (*active.issues(inspected.active), *told)


def _decoded(content: bytes) -> str:
    for charset in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(charset)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")
