"""RFC 2047 encoded words and raw 8-bit header values to text. Never fails.

Kept lenient on purpose: words stuck together or cut inside a character, spaces inside a word, missing
padding, unknown or lying charsets. Control characters never come out (they would forge lines).
"""

from __future__ import annotations

import binascii
import re

from parsers.charsets import to_text

_WORD = re.compile(
    rb"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]{0,4000}(?:\?(?!=)[^?]{0,200}){0,3})\?="
)
_FOLD = re.compile(rb"\r?\n")
# Controls, line separators, and the marks that reverse the display of a name (``fdp.exe`` shown backwards).
_REMOVED = (*range(0x20), 0x7F, *range(0x80, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_CLEAN: dict[int, int | None] = {code: 0x20 if code in {9, 10, 13} else None for code in _REMOVED}

_LINES: dict[int, int | None] = {code: None for code in _REMOVED if code not in {9, 10}}


def decode(value: bytes) -> str:
    """The text of a header value: unfolded, RFC 2047 words decoded, 8-bit as UTF-8 else Windows-1252."""
    flat = _FOLD.sub(b"", value)
    pieces: list[str] = []
    pending, charset = b"", ""
    position = 0
    for match in _WORD.finditer(flat):
        between = flat[position : match.start()]
        label = match.group(1).decode("latin-1").lower()
        data = _bytes_of(match.group(2), match.group(3))
        position = match.end()
        blank = not between.strip(b" \t")
        if pending and blank and label == charset:
            # A character may be cut between two words: join the bytes before decoding.
            pending += data
            continue
        if pending:
            pieces.append(to_text(pending, charset))
        if not blank or (between and not pieces and not pending):
            pieces.append(to_text(between))
        pending, charset = data, label
    if pending:
        pieces.append(to_text(pending, charset))
    pieces.append(to_text(flat[position:]))
    return clean("".join(pieces)).strip()


def clean(text: str) -> str:
    """Without control characters; tabs and line breaks become spaces."""
    return text.translate(_CLEAN)


def tidy(text: str) -> str:
    """Several lines of text: LF ends, no control character but tabs and line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_LINES)


def _bytes_of(encoding: bytes, data: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
