"""Transfer encodings of RFC 2045 section 6, undone as far as the bytes allow. Never fails."""

from __future__ import annotations

import binascii
import re

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(b for b in range(256) if b not in _ALPHABET)
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.MULTILINE)
# Blocks padded one by one and glued together; beyond this the padding is noise.
_MAX_PADDINGS = 10_000


def decode(body: bytes, encoding: str) -> bytes:
    """``body`` without its transfer encoding; unchanged when the encoding is none or is unknown."""
    match encoding.strip().strip("\"'").lower().split(";")[0].strip():
        case "base64" | "b64" | "base-64":
            return base64(body)
        case "quoted-printable":
            return binascii.a2b_qp(body)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return uuencoded(body)
        case _:
            return body


def base64(body: bytes) -> bytes:
    """Every character outside the alphabet is skipped; several padded blocks in a row are joined."""
    first = body.find(b"=")
    if first < 0 or not body[first:].strip(b"=\r\n\t "):
        try:  # one block, the usual case: the decoder skips line ends by itself, without a copy
            return binascii.a2b_base64(body)
        except binascii.Error:
            pass
    kept = body.translate(None, _NOT_BASE64)
    first = kept.find(b"=")
    if first < 0 or not kept[first:].strip(b"="):
        return _block(kept if first < 0 else kept[:first])
    if kept.count(b"=") > _MAX_PADDINGS:
        return _block(kept.replace(b"=", b""))
    return b"".join(_block(block) for block in kept.split(b"=") if block)


def _block(data: bytes) -> bytes:
    """One run without padding; a last lone character (6 bits) cannot make a byte and is dropped."""
    if len(data) % 4 == 1:
        data = data[:-1]
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))


def uuencoded(body: bytes) -> bytes:
    """The first uuencoded file of ``body``; unchanged when there is none."""
    begin = _UU_BEGIN.search(body)
    if begin is None:
        return body
    lines: list[bytes] = []
    for line in body[begin.end() :].split(b"\n"):
        stripped = line.rstrip(b"\r")
        if stripped in {b"end", b"`", b""}:
            break
        lines.append(_uu_line(stripped))
    return b"".join(lines)


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        pass
    # Encoders that pad lines too far: keep the number of bytes the first character announces.
    wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
    try:
        return binascii.a2b_uu(line[:wanted])
    except binascii.Error:
        return b""
