"""What a letter contains, as one MIME entity: text and page (multipart/alternative), then what is joined.

``Content-*`` headers, an empty line, 7-bit lines with CRLF (RFC 2045, 2046, 8551 3.1.2): what is signed
must cross any server unchanged. Boundaries come from the Message-ID: the same draft gives the same bytes.
"""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from email.policy import SMTP

from gateway.outbound.compose import Draft


def entity(draft: Draft) -> bytes:
    """The whole content of ``draft``."""
    content = _words(draft)
    for piece in draft.attached:
        maintype, _, subtype = piece.media_type.partition("/")
        content.add_attachment(piece.content, maintype=maintype, subtype=subtype, filename=piece.name)
    if draft.attached:
        content.set_boundary(boundary(draft, "mixed"))
    for part in content.walk():
        del part["MIME-Version"]
    return content.as_bytes()


def boundary(draft: Draft, use: str) -> str:
    """A separator that no line of a letter holds, the same each time."""
    return "=_" + hashlib.sha256(f"{use}:{draft.message_id}".encode()).hexdigest()[:40]


def _words(draft: Draft) -> EmailMessage:
    content = EmailMessage(policy=SMTP)
    content.set_content(draft.text, subtype="plain", charset="utf-8", cte="quoted-printable")
    if draft.html:
        content.add_alternative(draft.html, subtype="html", charset="utf-8", cte="quoted-printable")
        content.set_boundary(boundary(draft, "alternative"))
    return content
