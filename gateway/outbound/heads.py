"""The headers of a letter: RFC 5322, display names by RFC 2047, addresses never encoded (RFC 6532, 5890).

A domain with accents is written as its A-label (``xn--``), which every server understands. Only a local
part with accents needs SMTPUTF8: its headers are then raw UTF-8, and the server that does not offer the
extension refuses the letter plainly (``send``).
"""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from gateway.outbound.compose import Draft

_CRLF = b"\r\n"


def heads(draft: Draft, *, receipt: bool) -> bytes:
    """The headers of the message, without those of its content, each ended by CRLF.

    ``receipt`` asks the reader for a disposition notification (RFC 8098), when the policy of the mailbox
    does too. An automatic answer never does: it has no return path to send one to.
    """
    recipient = wire_address(draft.recipient)
    message = EmailMessage(policy=SMTP if recipient.isascii() else SMTPUTF8)
    message["From"] = _named(draft.mailbox.label, draft.mailbox.address)
    message["To"] = _named(draft.recipient_name, recipient)
    message["Subject"] = draft.subject
    message["Date"] = draft.at
    message["Message-ID"] = draft.message_id
    if draft.in_reply_to:
        message["In-Reply-To"] = _identifier(draft.in_reply_to)
    if draft.references:
        message["References"] = " ".join(filter(None, map(_identifier, draft.references)))
    if not draft.by_hand:
        message["Auto-Submitted"] = "auto-replied" if draft.answers else "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = "fr"
    if receipt and not draft.answers and draft.mailbox.ask_reading:
        message["Disposition-Notification-To"] = draft.mailbox.address
    message["MIME-Version"] = "1.0"
    return message.as_bytes().removesuffix(_CRLF)


def wire_address(address: str) -> str:
    """The address with its domain as A-labels (RFC 5890); itself when its domain cannot be one."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _named(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(" ".join(name.split()), local, domain)


def _identifier(value: str) -> str:
    """A stranger's Message-ID, only when it is one printable token: nothing else goes in our headers."""
    token = value.strip()
    plain = token.isascii() and token.isprintable() and not set(token) & set(" \t\r\n")
    return token if plain and token.startswith("<") and token.endswith(">") and len(token) <= 250 else ""
