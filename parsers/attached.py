"""Files inside a PDF: the name tree, the pages' attachment annotations, associated files, portfolios.

ISO 32000-1, 7.11.4 (embedded files), 12.5.6.15 (file attachment annotations), 12.3.5 (portfolios), and
ISO 32000-2, 14.13 (associated files). Bounded in number and in bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from parsers.limits import DEFAULT, Limits

_DEPTH = 20
_PAGES = 500


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file embedded in a PDF."""

    name: str
    content: bytes = field(repr=False)


def may_hold_files(content: bytes) -> bool:
    """Whether it is worth a look: a file specification names its stream in /EF, seen or compressed away."""
    return b"/EF" in content or b"/EmbeddedFile" in content or b"/ObjStm" in content


def embedded(content: bytes, limits: Limits = DEFAULT) -> tuple[Attachment, ...]:
    """Files embedded in a PDF that needs no password; none when it cannot be followed."""
    if not may_hold_files(content):
        return ()
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return ()
        return attachments(reader, limits)
    except Exception:  # noqa: BLE001 - pypdf raises anything on damaged files; the pages are read all the same
        return ()


def attachments(reader: PdfReader, limits: Limits) -> tuple[Attachment, ...]:
    """Each embedded stream once, in the order met. Raises whatever pypdf raises on a damaged file."""
    found: list[Attachment] = []
    seen: set[int] = set()
    room = limits.archive_bytes
    for name, stream, number in _streams(reader):
        if number is not None and number in seen:
            continue
        seen |= set() if number is None else {number}
        data = bytes(stream.get_data())
        room -= len(data)
        if room < 0 or len(found) >= limits.archive_entries:
            break
        found.append(Attachment(name, data))
    return tuple(found)


def _streams(reader: PdfReader) -> Iterator[tuple[str, StreamObject, int | None]]:
    for specification in _specifications(reader):
        held = _object(specification.get("/EF"))
        if not isinstance(held, DictionaryObject):
            continue
        name = next((str(specification[k]) for k in ("/UF", "/F") if k in specification), "")
        for key in ("/UF", "/F"):
            reference = held.raw_get(key) if key in held else None
            stream = _object(reference)
            if isinstance(stream, StreamObject):
                yield name, stream, reference.idnum if isinstance(reference, IndirectObject) else None
                break


def _specifications(reader: PdfReader) -> Iterator[DictionaryObject]:
    root = _object(reader.trailer.get("/Root"))
    if not isinstance(root, DictionaryObject):
        return
    names = _object(root.get("/Names"))
    if isinstance(names, DictionaryObject):
        yield from _tree(_object(names.get("/EmbeddedFiles")), 0)
    yield from _dictionaries(root.get("/AF"))
    for number, page in enumerate(reader.pages):
        if number >= _PAGES:
            return
        yield from _dictionaries(page.get("/AF"))
        for annotation in _dictionaries(page.get("/Annots")):
            if annotation.get("/Subtype") == "/FileAttachment":
                yield from _dictionaries([annotation.get("/FS")])


def _tree(node: Any, depth: int) -> Iterator[DictionaryObject]:
    """Leaves of a name tree (ISO 32000-1, 7.9.6): every second entry of /Names."""
    if not isinstance(node, DictionaryObject) or depth > _DEPTH:
        return
    leaves = _object(node.get("/Names"))
    if isinstance(leaves, ArrayObject):
        yield from _dictionaries(list(leaves)[1::2])
    kids = _object(node.get("/Kids"))
    for kid in list(kids) if isinstance(kids, ArrayObject) else []:
        yield from _tree(_object(kid), depth + 1)


def _dictionaries(value: Any) -> Iterator[DictionaryObject]:
    value = _object(value)
    for each in value if isinstance(value, list) else []:
        found = _object(each)
        if isinstance(found, DictionaryObject):
            yield found


def _object(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value
