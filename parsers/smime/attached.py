"""A secure mail found inside another one: a whole message, or the bare structure Outlook leaves of it.

It is judged as a mail of its own: with its own sender, never with that of the mail it was found in, unless
it is a bare attachment, of which nobody but that sender says anything.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime

from parsers.limits import DEFAULT, Limits
from parsers.smime.model import Identity, Opened, Trust
from parsers.smime.open import open_mail

_FIELD = re.compile(
    rb"\s*(?:content-[a-z-]+|mime-version|from|to|subject|date|received)[ \t]*:", re.IGNORECASE
)
_NOT_ADDRESS = re.compile(r"[^!-;=?-~]")


def is_entity(content: bytes) -> bool:
    """Whether bytes start with the header of a MIME entity rather than being a file of their own."""
    return _FIELD.match(content) is not None


def as_message(content: bytes, sender: str) -> bytes:
    """A message around an attachment: a CMS structure, or an entity without the header of its mail."""
    said = _NOT_ADDRESS.sub("", sender)[:320]
    head = f"From: <{said}>\r\n".encode() if said else b""
    if is_entity(content):
        return head + content.lstrip()
    kind = b'Content-Type: application/pkcs7-mime; name="smime.p7m"\r\n'
    return (
        head
        + b"MIME-Version: 1.0\r\n"
        + kind
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(content)
    )


def open_attached(
    content: bytes,
    sender: str | None,
    identities: Sequence[Identity],
    trust: Trust,
    at: datetime,
    limits: Limits = DEFAULT,
) -> Opened:
    """Open and judge a secure mail found inside another; ``sender`` is None when it has its own header.

    Same answer, same errors as ``open_mail``; the entity is ``content`` when nothing could be opened.
    """
    raw = content if sender is None else as_message(content, sender)
    opened = open_mail(raw, identities, trust, at, limits)
    return Opened(content, opened.security) if opened.entity == raw else opened
