"""What is checked before a message is accepted: who it is for, how large it is, how it is announced.

Replies are one line each, in French then English, in ASCII (RFC 5321 4.2 allows nothing else to a
client that did not ask for SMTPUTF8), with an enhanced status code (RFC 3463).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

OK = "250 2.0.0 Message enregistre / Message stored"
TOO_BIG = "552 5.3.4 Message trop volumineux, envoyez-le en plusieurs fois / Message too big"
DISK_FULL = "452 4.3.1 Stockage plein, message non pris, recommencez plus tard / Insufficient storage"
UNAVAILABLE = "451 4.3.0 Message non pris, recommencez plus tard / Not accepted, try again later"
UNKNOWN = "550 5.1.1 Destinataire inconnu sur ce serveur, verifiez son adresse / Unknown recipient"
BAD_ADDRESS = "553 5.1.3 Adresse mal formulee / Malformed address"
BAD_PARAMETER = "555 5.5.4 Option inconnue / Parameter not recognised"
BAD_SYNTAX = "501 5.5.4 Commande mal formulee / Syntax error in arguments"
TOO_MANY_RECIPIENTS = "452 4.5.3 Trop de destinataires / Too many recipients"

_MAX_RECIPIENTS = 100
_MAX_ADDRESS = 320
# An address as it may stand between angle brackets: no control byte, no space outside quotes.
_LOCAL = r'"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*"|[^\s<>@"\x00-\x1f\x7f]*'
_DOMAIN = r'@[^\s<>@"\x00-\x1f\x7f]+'
_PATH = re.compile(rf"<(?:@[^\s:<>]+:)?((?:{_LOCAL})(?:{_DOMAIN})?)>")


@dataclass(frozen=True, slots=True)
class Announced:
    """``MAIL FROM`` or ``RCPT TO`` once read: the address (empty: null reverse-path) and its options."""

    address: str
    options: dict[str, str]


class Refusal(Exception):
    """The command is refused; ``reply`` is the line to answer."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


def announced(argument: str | None, keyword: str) -> Announced:
    """Read ``FROM:<address> SIZE=1 BODY=8BITMIME`` (RFC 5321 4.1.1.2, 4.1.1.3).

    Raises ``Refusal``: 501 without the keyword, 553 for an address that is none.
    """
    if argument is None or argument[: len(keyword)].upper() != keyword:
        raise Refusal(BAD_SYNTAX)
    rest = argument[len(keyword) :].strip(" \t")
    found = _PATH.match(rest)
    if found is None or len(found[1]) > _MAX_ADDRESS:
        raise Refusal(BAD_ADDRESS)
    options: dict[str, str] = {}
    for word in rest[found.end() :].split():
        name, _, value = word.partition("=")
        options[name.upper()] = value
    return Announced(found[1], options)


class Screen:
    """The checks of one listener. ``mailboxes`` are compared without case; ``max_bytes`` is SIZE."""

    def __init__(self, mailboxes: Collection[str], max_bytes: int) -> None:
        self._mailboxes = {address.casefold(): address for address in mailboxes}
        self.max_bytes = max_bytes

    def sender(self, mail: Announced) -> bool:
        """Accept ``MAIL FROM`` or raise ``Refusal``; says whether SMTPUTF8 was asked for (RFC 6531)."""
        size = mail.options.get("SIZE", "0")
        body = mail.options.get("BODY", "7BIT").upper()
        if not (size.isascii() and size.isdigit() and len(size) <= 20) or body not in {"7BIT", "8BITMIME"}:
            raise Refusal(BAD_SYNTAX)
        if int(size) > self.max_bytes:
            raise Refusal(TOO_BIG)
        if not mail.options.keys() <= {"SIZE", "BODY", "SMTPUTF8"}:
            raise Refusal(BAD_PARAMETER)
        utf8 = "SMTPUTF8" in mail.options
        if mail.options.get("SMTPUTF8") or not (utf8 or mail.address.isascii()):
            raise Refusal(BAD_SYNTAX if utf8 else BAD_ADDRESS)
        return utf8

    def recipient(self, rcpt: Announced, already: Iterable[str]) -> str:
        """The configured mailbox that ``RCPT TO`` names, or raise ``Refusal``."""
        if rcpt.options:
            raise Refusal(BAD_PARAMETER)
        mailbox = self._mailboxes.get(rcpt.address.casefold())
        if mailbox is None:
            raise Refusal(UNKNOWN)
        if sum(1 for _ in already) >= _MAX_RECIPIENTS:
            raise Refusal(TOO_MANY_RECIPIENTS)
        return mailbox
