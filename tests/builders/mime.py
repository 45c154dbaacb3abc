"""Plain MIME messages written byte by byte: what is asked for is exactly what is in the bytes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

BOUNDARY = "=_coupe_0001"


@dataclass(frozen=True, slots=True)
class Attachment:
    """``headers`` replaces the usual Content-Type and Content-Disposition when given."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"
    headers: tuple[str, ...] = ()


def message(
    attachments: Sequence[Attachment] = (),
    body: str = "Bonjour,\r\nvoici la demande.\r\n",
    subject: str = "Demande",
    sender: str = "Service 301 <service@hopital.example>",
    recipient: str = "cnse@passerelle.example",
    headers: Sequence[str] = (),
    subtype: str = "mixed",
) -> bytes:
    """A message with CRLF line ends; multipart as soon as there is an attachment."""
    top = [
        f"From: {sender}",
        f"To: {recipient}",
        f"Subject: {subject}",
        "Date: Mon, 23 Nov 2026 10:00:00 +0100",
        "Message-ID: <essai-1@hopital.example>",
        "MIME-Version: 1.0",
        *headers,
    ]
    text = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", body]
    if not attachments:
        return "\r\n".join([*top, *text]).encode()
    lines = [*top, f'Content-Type: multipart/{subtype}; boundary="{BOUNDARY}"', ""]
    pieces = ["\r\n".join(lines).encode(), _cut(), "\r\n".join(text).encode()]
    for each in attachments:
        given = each.headers or (
            f'Content-Type: {each.media_type}; name="{each.name}"',
            f'Content-Disposition: attachment; filename="{each.name}"',
        )
        head = "\r\n".join([*given, "Content-Transfer-Encoding: base64", "", ""]).encode()
        pieces += [_cut(), head + base64.encodebytes(each.content).replace(b"\n", b"\r\n")]
    return b"".join([*pieces, f"\r\n--{BOUNDARY}--\r\n".encode()])


def _cut() -> bytes:
    return f"\r\n--{BOUNDARY}\r\n".encode()


def nested(levels: int) -> bytes:
    """A text under that many multiparts."""
    body = b"Content-Type: text/plain\r\n\r\nau fond\r\n"
    for level in range(levels):
        cut = f"cut{level:03d}".encode()
        body = (
            b"Content-Type: multipart/mixed; boundary=" + cut + b"\r\n\r\n--" + cut + b"\r\n"
            + body + b"\r\n--" + cut + b"--\r\n"
        )  # fmt: skip
    return b"From: a@hopital.example\r\nSubject: poupees\r\n" + body
