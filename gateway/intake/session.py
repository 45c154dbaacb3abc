"""What a client may say, and what it is answered: SMTP (RFC 5321) or LMTP (RFC 2033).

Extensions: SIZE (enforced while bytes come), 8BITMIME, SMTPUTF8, PIPELINING, STARTTLS, enhanced status
codes. No AUTH, no relaying, no CHUNKING, no DSN: a relay before us that was asked for a report says
``relayed`` (RFC 3461 5.2.2), and our own receipts are letters.
"""

# ruff: noqa: N802  (names of commands come from aiosmtpd)
from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Executor
from dataclasses import dataclass
from ssl import SSLContext
from typing import Protocol

from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as AiosmtpdEnvelope

from gateway.intake import screening
from gateway.intake.accept import Door, Envelope
from gateway.intake.dotted import DotDecoder
from gateway.intake.incoming import Incoming
from gateway.intake.screening import Refusal, Screen, announced
from gateway.intake.wire import Gone, Wire
from storage.deliveries import Via

log = logging.getLogger(__name__)

_MAX_FAULTS = 10
_COUNTED = frozenset({screening.TOO_BIG, screening.UNKNOWN})
"""Refusals of a message before it came: the ledger counts them, for no mailbox."""
_WEB_VERBS = frozenset(
    {"GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "DELETE", "PATCH", "TRACE", "PRI"}
)
_COMMANDS = frozenset(
    {"HELO", "EHLO", "LHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "VRFY", "HELP", "QUIT"}
)
_BEFORE_TLS = frozenset({"NOOP", "EHLO", "LHLO", "STARTTLS", "QUIT"})
_BAD_ORDER = "503 5.5.1 Commande hors de propos / Bad sequence of commands"
_UNRECOGNISED = "500 5.5.1 Commande inconnue / Command not recognised"
_BAD_LINE = "500 5.5.2 Ligne de commande incorrecte / Malformed command line"


@dataclass(frozen=True, slots=True)
class Terms:
    """What every session of one listener shares."""

    door: Door
    screen: Screen
    executor: Executor
    lmtp: bool
    tls: SSLContext | None
    require_starttls: bool
    data_seconds: float


class Register(Protocol):
    """Who counts the sessions of a listener; ``enter`` says whether there is room for one more."""

    def enter(self, session: Conversation) -> bool: ...

    def leave(self, session: Conversation) -> None: ...


class Transaction(AiosmtpdEnvelope):
    """One mail transaction. ``sender`` is ``None`` before MAIL, empty for the null reverse-path."""

    def __init__(self) -> None:
        super().__init__()
        self.sender: str | None = None
        self.mailboxes: list[str] = []


class Conversation(Wire):
    """One client. A surprise in one message ends in 451 for that message; the session goes on."""

    envelope: Transaction

    def __init__(
        self, terms: Terms, register: Register, model: SMTP, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(model, loop)
        self._terms = terms
        self._register = register
        self._welcome = True
        self._peer: tuple[str, int] = ("", 0)
        self._faults = 0
        self._busy = False
        self._closing = False

    def _forget(self) -> None:
        self.envelope = Transaction()

    def _create_envelope(self) -> Transaction:
        return Transaction()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._peer = transport.get_extra_info("peername")[:2]
        self._welcome = self._register.enter(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._register.leave(self)
        super().connection_lost(error)

    def close_soon(self) -> None:
        """Hang up now, or after the answer to the message being received."""
        self._closing = True
        if not self._busy:
            self.farewell("421 4.3.2 Arret du service / Service shutting down")

    async def _handle_client(self) -> None:
        try:
            if not self._welcome:
                await self.push("421 4.7.0 Trop de sessions, recommencez plus tard / Too many sessions")
                return
            await self.push(f"220 {self.hostname} {'LMTP' if self._terms.lmtp else 'ESMTP'} Passerelle")
            while not self._closing and self._faults < _MAX_FAULTS:
                line = await self.line()
                self._reset_timeout()
                await self._obey(line)
            reason = (
                "Arret du service / Shutting down" if self._closing else "Trop d'erreurs / Too many errors"
            )
            await self.push(f"421 4.3.2 {reason}")
        except Gone:
            pass
        finally:
            if self.transport is not None:
                self.transport.close()

    async def _obey(self, line: bytes | None) -> None:
        """Run one command. A lone LF or CR ends the conversation: whoever sends it is guessing."""
        try:
            text = (line or b"").decode()
        except UnicodeDecodeError:
            text = ""
        if not text.endswith("\r\n") or "\r" in text[:-2] or "\0" in text:
            await self._blame(_BAD_LINE)
            if line is not None and not line.endswith(b"\r\n"):
                raise Gone
            return
        word, _, argument = text[:-2].partition(" ")
        command = word.upper()
        if command in _WEB_VERBS:
            await self.push("421 4.7.0 Ce port parle SMTP / This is not a web server")
            raise Gone
        if self._terms.require_starttls and not self.security and command not in _BEFORE_TLS:
            await self._blame("530 5.7.0 STARTTLS d'abord / Must issue STARTTLS first")
            return
        if command not in _COMMANDS:
            await self._blame(_UNRECOGNISED)
            return
        try:
            await getattr(self, f"smtp_{command}")(argument.strip(" \t") or None)
        except Refusal as refusal:
            if refusal.reply in _COUNTED:
                door = self._terms.door
                door.tally.refused((), door.clock.now(), refusal.reply)
            await self._blame(refusal.reply)
        except (Gone, ConnectionError):
            raise Gone from None
        except Exception:
            log.exception("a command failed", extra={"command": command})
            await self.push(screening.UNAVAILABLE)

    async def _blame(self, reply: str) -> None:
        """Answer a fault of the client; the ones of protocol (50x, 530) are counted."""
        if reply[:2] == "50" or reply[:3] == "530":
            self._faults += 1
        await self.push(reply)

    # Commands, named as in aiosmtpd, whose RSET, NOOP and QUIT are kept.

    async def smtp_HELO(self, hostname: str | None) -> None:
        if self._terms.lmtp:
            raise Refusal(_UNRECOGNISED)
        await super().smtp_HELO(hostname)

    async def smtp_EHLO(self, hostname: str | None) -> None:
        if self._terms.lmtp:
            raise Refusal(_UNRECOGNISED)
        await self._greet(hostname)

    async def smtp_LHLO(self, hostname: str | None) -> None:
        if not self._terms.lmtp:
            raise Refusal(_UNRECOGNISED)
        await self._greet(hostname)

    async def _greet(self, hostname: str | None) -> None:
        if not hostname:
            raise Refusal(screening.BAD_SYNTAX)
        self._forget()
        self._meet(hostname)
        words = ["PIPELINING", f"SIZE {self._terms.screen.max_bytes}", "8BITMIME", "SMTPUTF8"]
        if self._terms.tls is not None and not self.security:
            words.append("STARTTLS")
        lines = [self.hostname, *words, "ENHANCEDSTATUSCODES"]
        await self.push("\n".join(f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines))

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        if arg:
            raise Refusal(screening.BAD_SYNTAX)
        if self._terms.tls is None or self.security:
            raise Refusal("502 5.5.1 TLS indisponible ou deja en place / TLS not available or already on")
        if self._input:
            # commands slipped in before the handshake would be taken for protected ones (CVE-2011-0411)
            await self.push("554 5.5.0 Commandes apres STARTTLS / Commands after STARTTLS")
            raise Gone
        await self.push("220 2.0.0 TLS")
        await self.secure(self._terms.tls)
        self._forget()
        self._meet(None)

    def _meet(self, hostname: str | None) -> None:
        if self.session is not None:
            self.session.extended_smtp = True
            self.session.host_name = hostname

    def _met(self) -> bool:
        return self.session is not None and bool(self.session.host_name)

    async def smtp_VRFY(self, _arg: str | None) -> None:
        await self.push("252 2.1.5 Envoyez, nous verrons / Cannot VRFY, but will accept message")

    async def smtp_HELP(self, _arg: str | None) -> None:
        await self.push("214 2.0.0 Voyez RFC 5321 / See RFC 5321")

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not self._met() or self.envelope.sender is not None:
            raise Refusal(_BAD_ORDER)
        mail = announced(arg, "FROM:")
        self._terms.screen.sender(mail)
        self.envelope.sender = mail.address
        await self.push("250 2.1.0 OK")

    async def smtp_RCPT(self, arg: str | None) -> None:
        if self.envelope.sender is None:
            raise Refusal(_BAD_ORDER)
        mailbox = self._terms.screen.recipient(announced(arg, "TO:"), self.envelope.mailboxes)
        self.envelope.mailboxes.append(mailbox)
        await self.push("250 2.1.5 OK")

    async def smtp_DATA(self, arg: str | None) -> None:
        if arg:
            raise Refusal(screening.BAD_SYNTAX)
        mailboxes = self.envelope.mailboxes
        if not mailboxes:
            raise Refusal(_BAD_ORDER)
        await self.push("354 Terminez par <CRLF>.<CRLF> / End data with <CRLF>.<CRLF>")
        self._reset_timeout(self._terms.data_seconds)
        self._busy = True
        terms = self._terms
        incoming = Incoming(terms.door, terms.screen.max_bytes, terms.executor, self._envelopes())
        try:
            reply = await self._receive(incoming)
        except BaseException:
            incoming.drop()
            raise
        finally:
            self._busy = False
        self._reset_timeout()
        self._forget()
        # LMTP answers once a recipient (RFC 2033 4.2); all stand or fall together here
        await self.push("\n".join([reply] * (len(mailboxes) if self._terms.lmtp else 1)))

    async def _receive(self, incoming: Incoming) -> str:
        """Read the message to its end. Raises ``Gone``."""
        decoder = DotDecoder()
        while not decoder.finished:
            await incoming.feed(decoder.feed(await self.pieces()))
            if incoming.endless:
                self.farewell(screening.TOO_BIG)
                raise Gone
        self.give_back(decoder.rest)
        return await incoming.finish()

    def _envelopes(self) -> tuple[Envelope, ...]:
        host, port = self._peer
        peer = f"{host}:{port} {self.security}".strip()[:200]
        via = Via.LMTP if self._terms.lmtp else Via.SMTP
        recipients = tuple(dict.fromkeys(self.envelope.mailboxes))
        return tuple(
            Envelope(via, mailbox, self.envelope.sender or "", recipients, peer) for mailbox in recipients
        )
