"""Parameters of Content-Type and Content-Disposition, as written by every sort of mailer.

RFC 2045 section 5.1 and RFC 2231 (continuations, charset), plus what is seen in practice: RFC 2047
words inside quotes, raw 8-bit names, missing quotes, Windows paths. Never fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from parsers.charsets import to_text
from parsers.words import decode

_PARAM = re.compile(
    rb"""\s*([^\s=;"]{1,200})\s*=\s*(?:"((?:\\.|[^"\\])*)(?:"[^;]*|\Z)|([^;]*))(?:;|\Z)""", re.DOTALL
)
_COMMENT = re.compile(rb"\([^()]{0,1000}\)")
_FOLD = re.compile(rb"[ \t]*\r?\n[ \t]*|[\r\n\x00]")
_CONTINUED = re.compile(r"([^*]+)\*(?:(\d{1,3})(\*?))?\Z")
_MAX_PARAMS = 500


@dataclass(frozen=True, slots=True)
class Parameters:
    """``value`` is the lower-case main value; ``raw`` the bytes of each parameter, first one wins."""

    value: str
    raw: dict[str, bytes]
    text: dict[str, str]


def read(header: bytes) -> Parameters:
    """Split a header value into its main value and its parameters."""
    flat = _FOLD.sub(b" ", header)
    main, _, rest = flat.partition(b";")
    value = _COMMENT.sub(b"", main).strip().decode("latin-1").lower()
    plain: dict[str, bytes] = {}
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    position, count = 0, 0
    while position < len(rest) and count < _MAX_PARAMS:
        match = _PARAM.match(rest, position)
        if match is None:
            skip = rest.find(b";", position)
            position = len(rest) if skip < 0 else skip + 1
            count += 1
            continue
        position, count = match.end(), count + 1
        name = match.group(1).decode("latin-1").lower()
        data = _value(name, match.group(2), match.group(3))
        continued = _CONTINUED.match(name)
        if continued is None:
            plain.setdefault(name, data)
            continue
        number, star = continued.group(2), continued.group(3)
        section = pieces.setdefault(continued.group(1), {})
        section.setdefault(int(number or 0), (data, number is None or bool(star)))
    text = {name: _plain_text(name, data) for name, data in plain.items()}
    raw = dict(plain)
    for name, section in pieces.items():
        raw[name], text[name] = _join(section)
    return Parameters(value, raw, text)


def _value(name: str, quoted: bytes | None, bare: bytes | None) -> bytes:
    if quoted is not None:
        # Only \" and \\ are unescaped: a lone backslash is a Windows path, not an escape.
        return re.sub(rb'\\(["\\])', rb"\1", quoted)
    data = (bare or b"").strip()
    if name.startswith(("name", "filename")):
        return data
    return _COMMENT.sub(b"", data).strip().split(b" ")[0].strip(b"'\"")


def _plain_text(name: str, data: bytes) -> str:
    return decode(data) if name in {"name", "filename"} else to_text(data)


def _join(section: dict[int, tuple[bytes, bool]]) -> tuple[bytes, str]:
    """Put numbered pieces together, in order, up to the first gap (RFC 2231 section 3)."""
    charset: str | None = None
    data, number, extended = b"", 0, False
    while number in section:
        piece, encoded = section[number]
        if encoded:
            if number == 0 and piece.count(b"'") >= 2:
                label, _, piece = piece.split(b"'", 2)
                charset = label.decode("latin-1")
            piece = unquote_to_bytes(piece)
            extended = True
        data += piece
        number += 1
    return data, to_text(data, charset) if extended else decode(data)
