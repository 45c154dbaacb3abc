"""Plain mails as a hospital's mail program writes them: headers and a MIME entity, CRLF ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

_POLICY = policy.SMTP.clone(max_line_length=78, cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Attached:
    name: str
    media_type: str
    content: bytes


def entity(text: str, attached: Sequence[Attached] = ()) -> bytes:
    """The MIME entity of a mail: its own headers (``Content-*``), an empty line, its body."""
    message = EmailMessage(policy=_POLICY)
    message.set_content(text, cte="quoted-printable")
    for piece in attached:
        maintype, _, subtype = piece.media_type.partition("/")
        message.add_attachment(piece.content, maintype, subtype, filename=piece.name)
    if message.is_multipart():
        message.set_boundary(f"=_passerelle_{len(text)}_{len(attached)}")
    del message["MIME-Version"]
    return message.as_bytes()


def mail(
    sender: str,
    to: Sequence[str],
    subject: str,
    at: datetime,
    content: bytes,
    **more: str,
) -> bytes:
    """A whole message around ``content`` (an entity, signed or encrypted or neither).

    ``more`` gives further headers, underscores written for hyphens.
    """
    heads = EmailMessage(policy=_POLICY)
    local, _, domain = sender.rpartition("@")
    heads["From"] = Address(username=local, domain=domain)
    heads["To"] = ", ".join(to)
    heads["Subject"] = subject
    heads["Date"] = format_datetime(at)
    heads["Message-ID"] = f"<{abs(_stable(sender + subject + format_datetime(at))):x}@{domain}>"
    heads["MIME-Version"] = "1.0"
    for name, value in more.items():
        del heads[name.replace("_", "-")]
        heads[name.replace("_", "-")] = value
    return heads.as_bytes().rstrip(b"\r\n") + b"\r\n" + content


def _stable(text: str) -> int:
    """A number that depends on the text alone (``hash`` changes at each run)."""
    number = 0
    for character in text:
        number = (number * 1_000_003 + ord(character)) % (1 << 64)
    return number
