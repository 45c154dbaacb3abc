"""What a PDF holds besides its pages: filled fields (AcroForm, XFA), embedded files, active content.

Read by pypdf from the original bytes. A file pypdf cannot follow gives an empty result with a note: the
pages, read by PDFium, may still be good.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defusedxml import ElementTree
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from parsers.active import active, may_be_active
from parsers.attached import Attachment, attachments, embedded, may_hold_files
from parsers.errors import PasswordNeeded
from parsers.facts import Box, FormField, Source
from parsers.limits import DEFAULT, Limits

# pypdf's warnings may quote what the document says: they must not reach a log.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

LOCKED = (
    "Ce PDF est protégé par un mot de passe : il est gardé sans être lu ; l'expéditeur doit le renvoyer "
    "sans mot de passe ou donner ce mot de passe dans un message chiffré."
)
"""Read by colleagues and, in the acknowledgement, by the sender."""
_MAX_FIELDS = 2_000
__all__ = ["LOCKED", "Attachment", "Contents", "contents", "embedded"]
_XFA_DATA = "http://www.xfa.org/schema/xfa-data/1.0/"


@dataclass(frozen=True, slots=True)
class Contents:
    """``active`` names the kinds of active content seen, sorted; ``notes`` are French sentences."""

    fields: tuple[FormField, ...] = ()
    embedded: tuple[Attachment, ...] = ()
    active: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def contents(content: bytes, limits: Limits = DEFAULT, passwords: tuple[str, ...] = ()) -> Contents:
    """Fields with their value and widget, embedded files and active content of one PDF.

    Raises ``PasswordNeeded`` only; anything pypdf cannot follow is told in ``notes``.
    """
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        _unlock(reader, passwords)
        return _contents(reader, content, limits)
    except PasswordNeeded:
        raise
    except Exception:  # noqa: BLE001 - pypdf raises bare ValueError, KeyError, RecursionError on damaged files
        return Contents(
            notes=("La structure de ce PDF est endommagée : ses champs n'ont pas pu être lus.",)
        )


def _unlock(reader: PdfReader, passwords: tuple[str, ...]) -> None:
    if reader.is_encrypted and not any(reader.decrypt(p) for p in ("", *passwords)):
        raise PasswordNeeded(LOCKED)


def _contents(reader: PdfReader, content: bytes, limits: Limits) -> Contents:
    root = _dictionary(reader.trailer.get("/Root"))
    form = _dictionary(root.get("/AcroForm"))
    fields: list[FormField] = []
    notes: list[str] = []
    if form:
        fields += _acroform(reader, form)
        try:
            fields += _xfa(form, limits)
        except Exception:  # noqa: BLE001 - the XML of a stranger
            notes.append("Les données XFA de ce PDF sont endommagées et n'ont pas été lues.")
    embedded: tuple[Attachment, ...] = ()
    if may_hold_files(content):
        try:
            embedded = attachments(reader, limits)
        except Exception:  # noqa: BLE001 - see above
            notes.append("Les fichiers joints à ce PDF n'ont pas pu être extraits.")
    kinds = active(reader, limits) if may_be_active(content) else ()
    return Contents(tuple(fields), embedded, kinds, tuple(notes))


def _dictionary(value: Any) -> DictionaryObject:
    if isinstance(value, IndirectObject):
        value = value.get_object()
    return value if isinstance(value, DictionaryObject) else DictionaryObject()


def _items(value: Any) -> list[Any]:
    if isinstance(value, IndirectObject):
        value = value.get_object()
    return list(value) if isinstance(value, ArrayObject) else []


def _acroform(reader: PdfReader, form: DictionaryObject) -> list[FormField]:
    """One entry a widget, so that a radio group keeps the place of each button."""
    places: dict[int, tuple[int, Box]] = {}
    for number, page in enumerate(reader.pages, 1):
        left, bottom = float(page.cropbox.left), float(page.cropbox.bottom)
        for entry in _items(page.get("/Annots")):
            widget = _dictionary(entry)
            rect = [float(v) for v in _items(widget.get("/Rect"))]
            if widget.get("/Subtype") != "/Widget" or len(rect) != 4:
                continue
            box = Box(
                min(rect[0], rect[2]) - left,
                min(rect[1], rect[3]) - bottom,
                max(rect[0], rect[2]) - left,
                max(rect[1], rect[3]) - bottom,
            )
            places[id(widget)] = (number, _turned(box, page))
    found: list[FormField] = []
    for entry in _items(form.get("/Fields")):
        found += _field(_dictionary(entry), "", {}, places, 0)
        if len(found) > _MAX_FIELDS:
            break
    return found


def _turned(box: Box, page: Any) -> Box:
    """A widget's box on the page as displayed (/Rotate applied)."""
    width, height = float(page.cropbox.width), float(page.cropbox.height)
    rotation = int(page.get("/Rotate", 0) or 0) % 360
    if rotation == 90:
        return Box(box.y0, width - box.x1, box.y1, width - box.x0)
    if rotation == 180:
        return Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0)
    if rotation == 270:
        return Box(height - box.y1, box.x0, height - box.y0, box.x1)
    return box


def _field(
    node: DictionaryObject,
    prefix: str,
    inherited: dict[str, Any],
    places: dict[int, tuple[int, Box]],
    depth: int,
) -> Iterator[FormField]:
    """Walk one field and its kids (ISO 32000-1, 12.7.3: /FT, /V, /Ff and /TU are inheritable)."""
    if depth > 20:
        return
    own = {k: node[k] for k in ("/FT", "/V", "/TU", "/Ff") if k in node}
    values = {**inherited, **own}
    partial = str(node["/T"]) if "/T" in node else ""
    name = ".".join(n for n in (prefix, partial) if n)
    kids = [_dictionary(k) for k in _items(node.get("/Kids"))]
    if kids:
        for kid in kids:
            yield from _field(kid, name, values, places, depth + 1)
        return
    place = places.get(id(node))
    yield FormField(
        name=name,
        value=_value(node, values),
        page=place[0] if place else None,
        box=place[1] if place else None,
        source=Source.ACROFORM,
        label=str(values.get("/TU", "")),
    )


def _value(node: DictionaryObject, values: dict[str, Any]) -> str:
    """The value as text. A button gives its state (``Off`` when not ticked); a signature ``signed``."""
    kind = values.get("/FT")
    if kind == "/Btn":
        state = node.get("/AS", values.get("/V", "/Off"))
        return str(state).lstrip("/")
    value = values.get("/V")
    if isinstance(value, IndirectObject):
        value = value.get_object()
    if kind == "/Sig":
        return "signed" if isinstance(value, DictionaryObject) else ""
    if isinstance(value, ArrayObject):
        return ", ".join(str(v) for v in value)
    if value is None:
        return ""
    data = getattr(value, "get_data", None)
    if data is not None:
        return bytes(data()).decode("utf-8", "replace")
    return str(value)


def _xfa(form: DictionaryObject, limits: Limits) -> list[FormField]:
    """Leaves of the ``datasets`` packet (XFA 3.3, part 2): tag as name, text as value."""
    held = form.get("/XFA")
    whole = held.get_object() if isinstance(held, IndirectObject) else held
    parts = _items(held)
    packets = {str(parts[i]): parts[i + 1] for i in range(0, len(parts) - 1, 2)}
    stream = whole if isinstance(whole, StreamObject) else packets.get("datasets")
    stream = stream.get_object() if isinstance(stream, IndirectObject) else stream
    if not isinstance(stream, StreamObject):
        return []
    data = bytes(stream.get_data())
    if len(data) > limits.xml_bytes:
        return []
    found: list[FormField] = []
    root = ElementTree.fromstring(data)
    # One stream for the whole XDP: only its data packet holds values, the rest is layout.
    stack = list(root.iter(f"{{{_XFA_DATA}}}datasets")) if isinstance(whole, StreamObject) else [root]
    while stack and len(found) < _MAX_FIELDS:
        node = stack.pop()
        children = list(node)
        stack += reversed(children)
        text = (node.text or "").strip()
        if not children and text:
            tag = str(node.tag).rpartition("}")[2]
            found.append(FormField(tag, text, None, None, Source.XFA))
    return found
