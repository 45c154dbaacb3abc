"""What some programs write inside the text of a mail: uuencoded files, and the armour of PGP (RFC 9580).

A uuencoded file is taken out when its block is whole (``begin``, lines, ``end``); a sentence that begins
with "begin 644" stays a sentence. PGP is never opened here, only named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from parsers import transfer
from parsers.mime import bare_name

PGP_MESSAGE = (
    "La pièce est chiffrée par PGP, que la passerelle n'ouvre pas : demander un envoi en S/MIME ou par "
    "MSSanté."
)
PGP_KIND = "application/pgp-encrypted"
_MOST = 20
_BLOCK = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n"
    rb"(?:[ -`][!-~ ]{0,90}\r?\n){1,2000000}?(?:[` ]?\r?\n)?end[ \t]*\r?$",
    re.MULTILINE,
)
_ARMOURED = re.compile(rb"\s{0,20}-----BEGIN PGP ([A-Z ]{5,30})-----")
_PROLOGUE = re.compile(rb"\s{0,20}Version: ?1\s{0,20}\Z")


@dataclass(frozen=True, slots=True)
class Written:
    """One file that was written in a text."""

    name: str
    content: bytes = field(repr=False)


def take_out(body: bytes) -> tuple[bytes, tuple[Written, ...]]:
    """The text without its uuencoded files, and these files; the same text when there is none."""
    if b"begin " not in body or b"\nend" not in body:
        return body, ()
    found: list[Written] = []
    kept: list[bytes] = []
    position = 0
    for match in _BLOCK.finditer(body):
        content = transfer.uuencoded(match.group())
        if not content or len(found) >= _MOST:
            continue
        name = bare_name(match.group(1).decode("utf-8", "replace")) or "pièce"
        found.append(Written(name, content))
        kept.append(body[position : match.start()])
        position = match.end()
    return b"".join([*kept, body[position:]]), tuple(found)


def pgp(content: bytes, declared: str = "") -> str | None:
    """``message`` (encrypted), ``signature``, ``signed`` (a text in clear), ``key``, ``prologue`` of
    PGP/MIME; None without PGP."""
    if declared == PGP_KIND and _PROLOGUE.match(content):
        return "prologue"
    match = _ARMOURED.match(content[:200])
    if match is None:
        return None
    label = match.group(1)
    if label.startswith(b"MESSAGE"):
        return "message"
    if label == b"SIGNATURE":
        return "signature"
    if label == b"SIGNED MESSAGE":
        return "signed"
    return "key" if b"KEY" in label else None
