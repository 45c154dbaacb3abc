"""Values of header fields: addresses, dates, message identifiers. RFC 5322 sections 3.3, 3.4, 3.6.4.

Everything here is best effort and never fails: what cannot be understood is left out (addresses,
identifiers) or is ``None`` (dates). Names are decoded after splitting, so that an encoded comma or
angle bracket never makes an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from parsers.words import decode

__all__ = ["Address", "addresses", "date", "decode", "first_address", "message_id", "message_ids"]

_TOKEN = re.compile(
    rb"""(?P<quoted>"(?:\\.|[^"\\])*"?)|(?P<word>=\?[^?\s]{1,80}\?[bBqQ]\?[^?]{0,4000}\?=)"""
    rb"""|(?P<angle><[^<>]*>?)|(?P<comment>\((?:\\.|[^()\\])*\)?)|(?P<stop>[,;])|(?P<group>:)"""
    rb"""|(?P<atom>[^\s"<>(,;:]+)|(?P<blank>\s+)|(?P<other>.)""",
    re.DOTALL,
)
_ADDRESS = re.compile(
    r"""(?:"(?:\\.|[^"\\\r\n]){1,100}"|[^\s<>()\[\],;:\\"@\x00-\x1f\x7f]{1,200})"""
    r"""@(?:[^\s<>()\[\],;:\\"@\x00-\x1f\x7f]{1,255}|\[[0-9A-Za-z.:]{2,60}\])"""
)
_FOLD = re.compile(rb"\r?\n(?=[ \t])|[\r\n\x00]")
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_ID = re.compile(r"<([^<>]{1,990})>")
_MAX_ADDRESSES = 1000


@dataclass(frozen=True, slots=True)
class Address:
    """``name`` as shown, decoded, maybe empty; ``address`` in lower case, always ``local@domain``."""

    name: str
    address: str


class _Builder:
    """One mailbox in the making."""

    def __init__(self) -> None:
        self.words: list[bytes] = []
        self.comment = b""
        self.angle: bytes | None = None

    def finish(self) -> Address | None:
        text = b"".join(self.words).strip()
        if self.angle is not None:
            name = _unquote(text) or self.comment
            found = _address(self.angle)
            return None if found is None else Address(decode(name), found)
        found = _address(text)
        if found is not None:
            return Address(decode(self.comment), found)
        # ``Nom Prénom nom@exemple.fr``: the brackets were forgotten.
        head, _, last = text.replace(b"\t", b" ").rpartition(b" ")
        found = _address(last)
        return None if found is None else Address(decode(_unquote(head.strip()) or self.comment), found)


def addresses(value: bytes | str) -> tuple[Address, ...]:
    """Mailboxes of a From, To, Cc… value, groups opened. ``<>`` and ``<"">`` give nothing."""
    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    found: list[Address] = []
    builder = _Builder()

    def close() -> None:
        nonlocal builder
        done = builder.finish()
        if done is not None:
            found.append(done)
        builder = _Builder()

    for match in _TOKEN.finditer(_FOLD.sub(b"", data)):
        if len(found) >= _MAX_ADDRESSES:
            break
        kind, text = match.lastgroup, match.group()
        if kind == "stop":
            close()
        elif kind == "group":
            builder = _Builder()
        elif kind == "angle":
            if builder.angle is not None:
                close()
            builder.angle = text.strip(b"<>")
        elif kind == "comment":
            builder.comment = builder.comment or text.strip(b"()")
        elif builder.angle is not None and kind != "blank":
            close()
            builder.words.append(text)
        else:
            builder.words.append(text)
    close()
    return tuple(found)


def first_address(values: Iterable[bytes]) -> str | None:
    """The first address of several fields of the same name."""
    return next((found.address for value in values for found in addresses(value)), None)


def _unquote(data: bytes) -> bytes:
    """Without quotes, nor the backslashes that escape quotes."""
    return re.sub(
        rb'\\(["\\])', rb"\1", data.replace(b'\\"', b"\x00").replace(b'"', b"").replace(b"\x00", b'"')
    )


def _address(data: bytes) -> str | None:
    text = data.decode("utf-8", "replace").strip().lower()
    text = text.removeprefix("mailto:").strip()
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]  # an obsolete source route
    return text if _ADDRESS.fullmatch(text) and not text.startswith('""@') else None


def date(value: bytes | str) -> datetime | None:
    """A Date value in UTC; ``None`` when it cannot be read. Zone ``-0000`` or none counts as UTC."""
    text = decode(value) if isinstance(value, bytes) else value
    text = " ".join(_COMMENT.sub(" ", text[:200]).split())
    try:
        found = parsedate_to_datetime(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def message_ids(value: bytes | str) -> tuple[str, ...]:
    """Identifiers of References or In-Reply-To, brackets kept, blanks inside removed, no repeat."""
    text = decode(value) if isinstance(value, bytes) else value
    found = ["<" + "".join(each.split()) + ">" for each in _ID.findall(text)[:200]]
    return tuple(dict.fromkeys(each for each in found if each != "<>"))


def message_id(value: bytes | str | None) -> str | None:
    """One identifier with its brackets, added when they are missing; ``None`` when there is none."""
    if value is None:
        return None
    found = message_ids(value)
    if found:
        return found[0]
    text = (decode(value) if isinstance(value, bytes) else value).strip().strip("<>")
    return f"<{text}>" if "@" in text and not re.search(r"\s", text) and len(text) <= 990 else None
