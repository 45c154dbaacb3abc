"""Hands one letter to the outgoing server (RFC 5321), and says what the answer means.

What concerns the letter (MAIL, RCPT, DATA refused for good) is ``Permanent``; everything else, a wrong
password and a broken TLS set-up included, is ``Temporary``: it can be repaired and the letter still
leave. An answer lost after the end of the content is ``Unanswered``: the letter may have left; it leaves
again with the same Message-ID, which receivers recognise. No attempt lasts longer than
``[outgoing] attempt_seconds``, however slowly a server speaks.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import PasserelleError
from gateway.outbound.heads import wire_address
from gateway.settings import Outgoing

_LONE_BREAK = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LEADING_DOT = re.compile(rb"(?m)^\.")
"""Lines end by CRLF alone: whatever begins after an LF begins a line (RFC 5321, 4.5.2)."""
_PLAIN = re.compile(r"[^\s<>\x00-\x1f\x7f]*")
_XTEXT = re.compile(r"[^!-*,-<>-~]")


@dataclass(frozen=True, slots=True)
class Sent:
    """The server answers for the letter now. ``reported``: it promised delivery reports (RFC 3461)."""

    reply: str
    reported: bool


class SendError(PasserelleError):
    """The letter did not leave. ``reply``: code and text of the server, or what happened instead."""

    def __init__(self, public: str, reply: str) -> None:
        super().__init__(public)
        self.reply = reply


class Temporary(SendError):
    """Trying again later may succeed."""

    def __init__(self, reply: str) -> None:
        super().__init__("La lettre n'est pas partie ; elle est gardée et sera présentée à nouveau.", reply)


class Unanswered(Temporary):
    """The whole content was given and nobody said whether it was taken."""


class Permanent(SendError):
    """The server will not take this letter for this recipient.

    ``about``: ``recipient`` when the recipient was refused, empty when anything else was.
    """

    def __init__(self, reply: str, about: str = "") -> None:
        self.about = about
        super().__init__(
            "Le serveur d'envoi refuse la lettre ; elle est gardée, vérifiez l'adresse du destinataire.",
            reply,
        )


class _Client(smtplib.SMTP):
    """A connection that is cut when its time is over, wherever it stands."""

    def __init__(self, host: str, port: int, name: str, settings: Outgoing) -> None:
        self._clock = threading.Timer(settings.attempt_seconds, self._cut)
        self._clock.daemon = True
        self._clock.start()
        try:
            super().__init__(host, port, name, timeout=settings.reply_seconds)
            if self.sock is not None:  # the final dot leaves alone: it must not wait for an acknowledgement
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            self.close()
            raise

    def _cut(self) -> None:
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._clock.cancel()
        super().close()


class Smarthost:
    """The server that takes our letters. Safe to share: each ``send`` is a connection of its own."""

    def __init__(self, settings: Outgoing, root: Path = Path(), tls_for: Collection[str] = ()) -> None:
        """``tls_for``: domains whose letters wait rather than leave without a verified TLS."""
        self._tls_for = frozenset(tls_for)
        self._settings = settings
        self._root = root

    def send(self, raw: bytes, sender: str, recipient: str, envid: str | None = None) -> Sent:
        """Send ``raw`` (CRLF lines, byte for byte) from ``sender`` (empty: null reverse-path).

        ``envid`` comes back in delivery reports where the server offers them. Raises ``Temporary`` or
        ``Permanent``, whatever goes wrong.
        """
        if _LONE_BREAK.search(raw):
            # would be read differently by the servers on the way, and could hide a second message
            raise Permanent("lone CR or LF in the letter")
        recipient = wire_address(recipient)  # a domain with accents as every server takes it
        if not (_PLAIN.fullmatch(sender) and _PLAIN.fullmatch(recipient)):
            raise Permanent("address refused: it holds what no address holds")
        try:
            with contextlib.ExitStack() as stack:
                client = self._connected(sender, recipient.rpartition("@")[2].lower())
                stack.callback(client.close)
                return self._hand_over(client, raw, sender, recipient, envid)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise Temporary(_said(error)) from error

    def _connected(self, sender: str, domain: str) -> smtplib.SMTP:
        """A greeted connection, protected and authenticated as the settings ask."""
        settings = self._settings
        if domain in self._tls_for:
            return self._open(sender, tls=True)
        if settings.starttls != "opportunistic":
            return self._open(sender, tls=settings.starttls == "required")
        try:
            return self._open(sender, tls=None)
        except ssl.SSLError:
            # opportunistic (RFC 7435): a broken TLS is no worse than none
            return self._open(sender, tls=False)

    def _open(self, sender: str, *, tls: bool | None) -> smtplib.SMTP:
        """``tls``: must, must not, or ``None`` when offered."""
        domain = sender.rpartition("@")[2] or "localhost"
        name = domain.encode("idna").decode() if not domain.isascii() else domain
        client = _Client(self._settings.host, self._settings.port, name, self._settings)
        try:
            client.ehlo_or_helo_if_needed()
            if tls or (tls is None and client.has_extn("starttls")):
                client.starttls(context=_context(verified=bool(tls)))
                client.ehlo_or_helo_if_needed()
                tls = True
            self._authenticate(client, protected=bool(tls))
        except BaseException:
            client.close()
            raise
        return client

    def _authenticate(self, client: smtplib.SMTP, *, protected: bool) -> None:
        settings = self._settings
        if settings.username is None or settings.secret_file is None:
            return
        if not protected and settings.starttls != "never":
            raise smtplib.SMTPNotSupportedError("no TLS: the password is not sent in clear")
        secret = (self._root / settings.secret_file).read_text("utf-8").strip()
        client.login(settings.username, secret)

    def _hand_over(
        self, client: smtplib.SMTP, raw: bytes, sender: str, recipient: str, envid: str | None
    ) -> Sent:
        reported = bool(sender) and client.has_extn("dsn")
        options = _mail_options(client, raw, sender + recipient)
        notify: list[str] = []
        if reported:
            options.append("RET=FULL" if self._settings.report_content == "full" else "RET=HDRS")
            if envid:
                options.append(f"ENVID={_xtext(envid)[:100]}")
            asked = ",".join(event.upper() for event in self._settings.notify)
            notify = [f"NOTIFY={asked or 'NEVER'}"]
            if recipient.isascii():
                notify.append(f"ORCPT=rfc822;{_xtext(recipient)}")
        _expect(client.mail(sender, options), 250)
        try:
            _expect(client.rcpt(recipient, notify), 250, 251)
        except Permanent as error:
            raise Permanent(error.reply, "recipient") from None
        _expect(client.docmd("DATA"), 354)
        reply = _expect(self._content(client, raw), 250)
        with contextlib.suppress(OSError, smtplib.SMTPException):
            client.quit()
        return Sent(reply, reported and bool(self._settings.notify))

    def _content(self, client: smtplib.SMTP, raw: bytes) -> tuple[int, bytes]:
        """The content to its final dot, and what was answered. Raises ``Unanswered`` when nothing was."""
        client.send(_LEADING_DOT.sub(b"..", raw))  # lost on the way: the server has no end, and no letter
        if client.sock is not None:
            client.sock.settimeout(self._settings.final_seconds)
        end = b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            client.send(end)
            return client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise Unanswered(_said(error)) from error


def _mail_options(client: smtplib.SMTP, raw: bytes, addresses: str) -> list[str]:
    """Options the letter needs. Raises ``Permanent`` for what the server does not offer."""
    options = []
    if client.has_extn("size"):
        limit = client.esmtp_features["size"].strip()
        if limit.isdigit() and 0 < int(limit) < len(raw):
            raise Permanent(f"552 larger than the {limit} bytes the server takes")
        options.append(f"SIZE={len(raw)}")
    if not raw.isascii():
        if not client.has_extn("8bitmime"):
            raise Permanent("554 5.6.3 the server takes no 8-bit content")
        options.append("BODY=8BITMIME")
    if not addresses.isascii():
        if not client.has_extn("smtputf8"):
            raise Permanent("550 5.6.7 the server takes no international address")
        options.append("SMTPUTF8")
    return options


def _expect(answer: tuple[int, bytes], *codes: int) -> str:
    """The reply as text when its code is expected; raises what it means otherwise."""
    code, text = answer
    reply = f"{code} {text.decode('utf-8', 'replace')}".replace("\n", " ")[:500]
    if code in codes:
        return reply
    if 500 <= code < 600:
        raise Permanent(reply)
    raise Temporary(reply)


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_bytes(error.smtp_error).decode('utf-8', 'replace')}"[:500]
    return f"{type(error).__name__}: {error}"[:500]


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _context(*, verified: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _xtext(value: str) -> str:
    """RFC 3461 4: printable ASCII, the rest as ``+XX``."""
    return _XTEXT.sub(lambda found: "".join(f"+{byte:02X}" for byte in found[0].encode()), value)
