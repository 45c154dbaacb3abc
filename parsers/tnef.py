"""winmail.dat (MS-OXTNEF): the attachments and text that Outlook hides from everybody else."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from parsers.charsets import to_text
from parsers.errors import Malformed, TooLarge
from parsers.limits import Limits
from parsers.mime import bare_name
from parsers.outlook import OutlookAttachment, OutlookItem, best_text

_SIGNATURE = 0x223E9F78
_SUBJECT, _BODY, _PROPERTIES = 0x8004, 0x800C, 0x9003
_START, _TITLE, _DATA, _ATTACHED = 0x9002, 0x8010, 0x800F, 0x9005
_P_SUBJECT, _P_BODY, _P_HTML, _P_DATA, _P_NAME = 0x0037, 0x1000, 0x1013, 0x3701, 0x3707
_P_SMTP, _P_ADDRESS = 0x5D01, 0x0C1F
_FIXED = {1: 0, 2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 2, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = {0x000D, 0x001E, 0x001F, 0x0102}
_MULTIPLE = 0x1000


def read_tnef(data: bytes, limits: Limits, depth: int = 0) -> OutlookItem:
    """The message in a TNEF stream. Raises ``Malformed``, or ``TooLarge`` above the ceilings."""
    if depth > limits.depth:
        raise TooLarge(f"Le fichier winmail.dat imbrique plus de {limits.depth} messages.")
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        raise Malformed("Le fichier winmail.dat n'a pas la structure attendue.")
    texts: dict[int, bytes] = {}
    properties: dict[int, tuple[int, bytes]] = {}
    pieces: list[dict[int, bytes]] = []
    for tag, value in _attributes(data):
        if tag == _START:
            pieces.append({})
            if len(pieces) > limits.parts:
                raise TooLarge(f"Le fichier winmail.dat contient plus de {limits.parts} pièces jointes.")
        elif tag in {_TITLE, _DATA, _ATTACHED} and pieces:
            pieces[-1].setdefault(tag, value)
        elif tag == _PROPERTIES:
            properties = dict(_mapi(value))
        else:
            texts.setdefault(tag, value)
    return OutlookItem(
        subject=_string(properties, _P_SUBJECT) or _narrow(texts.get(_SUBJECT, b"")),
        sender=_string(properties, _P_SMTP) or _string(properties, _P_ADDRESS),
        text=best_text(
            _string(properties, _P_BODY) or _narrow(texts.get(_BODY, b"")),
            properties.get(_P_HTML, (0, b""))[1],
        ),
        attachments=tuple(_attachment(piece, limits, depth) for piece in pieces),
    )


def _attachment(piece: dict[int, bytes], limits: Limits, depth: int) -> OutlookAttachment:
    properties = dict(_mapi(piece.get(_ATTACHED, b"")))
    name = bare_name(_string(properties, _P_NAME) or _narrow(piece.get(_TITLE, b""))) or "pièce jointe"
    kind, value = properties.get(_P_DATA, (0, b""))
    if kind == 0x000D and value[16:20] == struct.pack("<I", _SIGNATURE):
        # An object begins with the identifier of its interface; a message is a TNEF stream again.
        return OutlookAttachment(name, b"", read_tnef(value[16:], limits, depth + 1))
    return OutlookAttachment(name, piece.get(_DATA, b"") or value)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of each attribute, up to the first one that is cut."""
    position = 6
    while position + 9 <= len(data):
        tag, _, length = struct.unpack_from("<HHI", data, position + 1)
        start = position + 9
        if start + length > len(data):
            return
        yield tag, data[start : start + length]
        position = start + length + 2


def _mapi(data: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Identifier, type and first value of each property, up to the first one that is unknown or cut."""
    try:
        (count,) = struct.unpack_from("<I", data)
        position = 4
        for _ in range(min(count, 5000)):
            kind, identifier = struct.unpack_from("<HH", data, position)
            position += 4
            if identifier >= 0x8000:
                position = _skip_name(data, position)
            base = kind & ~_MULTIPLE
            many = base in _VARIABLE or kind != base
            values = 1
            if many:
                (values,) = struct.unpack_from("<I", data, position)
                position += 4
            first: bytes | None = None
            for _ in range(min(values, 5000)):
                size = _FIXED.get(base, 0)
                if base in _VARIABLE:
                    (size,) = struct.unpack_from("<I", data, position)
                    position += 4
                elif base not in _FIXED:
                    return
                if position + size > len(data):
                    return
                first = data[position : position + size] if first is None else first
                position += size + (-size % 4)
            yield identifier, (kind, first or b"")
    except struct.error:
        return


def _skip_name(data: bytes, position: int) -> int:
    (kind,) = struct.unpack_from("<I", data, position + 16)
    if kind == 0:
        return position + 24
    (length,) = struct.unpack_from("<I", data, position + 20)
    return position + 24 + int(length) + (-int(length) % 4)


def _string(properties: dict[int, tuple[int, bytes]], identifier: int) -> str:
    kind, value = properties.get(identifier, (0, b""))
    if kind & ~_MULTIPLE == 0x001F:
        return value.decode("utf-16-le", "replace").rstrip("\x00")
    return _narrow(value) if kind & ~_MULTIPLE == 0x001E else ""


def _narrow(value: bytes) -> str:
    return to_text(value.rstrip(b"\x00"))
