"""What Outlook's own formats (.msg, winmail.dat) give once opened: a text and attachments."""

from __future__ import annotations

from dataclasses import dataclass

from parsers import markup
from parsers.charsets import to_text


@dataclass(frozen=True, slots=True)
class OutlookAttachment:
    """``item`` is an attached Outlook message; ``content`` is then empty."""

    name: str
    content: bytes
    item: OutlookItem | None = None


@dataclass(frozen=True, slots=True)
class OutlookItem:
    """One message. Empty strings where the format says nothing."""

    subject: str
    sender: str
    text: str
    attachments: tuple[OutlookAttachment, ...]


def best_text(body: str, html: bytes) -> str:
    """The plain text, else the HTML stripped."""
    if body.strip():
        return body.replace("\r\n", "\n").rstrip("\x00")
    return markup.plain(to_text(html)) if html else ""
