"""The transport side of a session: bytes in, lines and pieces out, time limits, the step up to TLS.

Built on aiosmtpd's protocol object, with its stream reader left aside: a stream sized for command
lines stops and starts the socket every two kilobytes. A command ends at CRLF only (RFC 5321 2.3.8).
"""

from __future__ import annotations

import asyncio
import logging
from ssl import SSLContext, SSLObject
from typing import Any

from aiosmtpd.smtp import SMTP, Session

log = logging.getLogger(__name__)

_BUFFER = 256 * 1024
_LINE = 2048
"""Longest command line: 512 in RFC 5321, more with the parameters of extensions and UTF-8 addresses."""
_OVERLONG = 64 * 1024
_HANDSHAKE_SECONDS = 30.0


class Gone(Exception):
    """The client has left, or sends what is not worth an answer."""


def model_of(hostname: str, idle_seconds: float, loop: asyncio.AbstractEventLoop) -> SMTP:
    """What every session of a listener has in common."""
    return SMTP(
        None, enable_SMTPUTF8=True, hostname=hostname, ident="Passerelle", timeout=idle_seconds, loop=loop
    )


class Wire(SMTP):
    """Bytes of one client. Subclasses speak the protocol."""

    transport: asyncio.Transport | None
    session: Session | None

    def __init__(self, model: SMTP, loop: asyncio.AbstractEventLoop) -> None:
        # SMTP.__init__ looks at every method of the new object: a fifth of the work of a short session.
        # It is run once, on ``model``; its outcome is the same for every client.
        self.__dict__.update(vars(model))
        asyncio.StreamReaderProtocol.__init__(self, None, loop=loop)  # type: ignore[arg-type]
        self._input = b""
        self._ended = False
        self._lost = False
        self._news: asyncio.Future[None] | None = None
        self._held_back = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.security = ""
        """TLS version and client certificate subject, once TLS is on."""

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The conversation itself."""
        return self._handler_coroutine

    def data_received(self, data: bytes) -> None:
        self._input = self._input + data if self._input else data
        if len(self._input) > _BUFFER and not self._held_back and self.transport is not None:
            self._held_back = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """The client has said its last word; what it already sent is still answered."""
        self._ended = True
        self._wake()
        return not self.security

    def connection_lost(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = self._ended = True
        self._wake()
        self._writable.set()
        super().connection_lost(error)

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def _wait(self) -> None:
        """Until more bytes came. Raises ``Gone`` when none will."""
        if self._ended:
            raise Gone
        self._read_on()
        self._news = self.loop.create_future()
        await self._news

    async def pieces(self) -> bytes:
        """Everything the client sent since, at least one byte. Raises ``Gone``."""
        while not self._input:
            await self._wait()
        data, self._input = self._input, b""
        self._read_on()
        return data

    def _read_on(self) -> None:
        if self._held_back and self.transport is not None:
            self._held_back = False
            self.transport.resume_reading()

    def give_back(self, rest: bytes) -> None:
        """Bytes after the end of a message are the next commands."""
        self._input = rest + self._input

    async def line(self) -> bytes | None:
        """The next command with its line break; ``None`` for one too long. Raises ``Gone``."""
        dropped = 0
        while (end := self._input.find(b"\n")) < 0:
            if len(self._input) > _LINE:
                dropped += len(self._input)
                self._input = b""
                if dropped > _OVERLONG:
                    raise Gone
            await self._wait()
        line, self._input = self._input[: end + 1], self._input[end + 1 :]
        return None if dropped or len(line) > _LINE else line

    async def push(self, status: str | bytes) -> None:
        """Answer, one or several lines. A client that does not read is waited for, within its time."""
        if self.transport is None:
            raise Gone
        reply = status if isinstance(status, bytes) else status.replace("\n", "\r\n").encode()
        self.transport.write(reply + b"\r\n")
        await self._writable.wait()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _timeout_cb(self) -> None:
        self.farewell("421 4.4.2 Delai depasse / Timeout exceeded")

    def farewell(self, reply: str) -> None:
        """Say a last line and hang up."""
        if self.transport is not None:
            self.transport.write(reply.encode() + b"\r\n")
            self.transport.close()

    async def secure(self, context: SSLContext) -> None:
        """Go over to TLS (RFC 3207). Raises ``Gone`` when the handshake fails."""
        if self.transport is None or self._input:
            # bytes that came in clear must never pass for protected ones (CVE-2011-0411)
            raise Gone
        try:
            transport = await self.loop.start_tls(
                self.transport, self, context, server_side=True, ssl_handshake_timeout=_HANDSHAKE_SECONDS
            )
        except (OSError, TimeoutError) as error:
            log.info("the TLS handshake failed", extra={"reason": type(error).__name__})
            self.connection_lost(error)
            raise Gone from error
        if transport is None:
            raise Gone
        self.transport = transport
        self.security = _described(transport.get_extra_info("ssl_object"))


def _described(tls: SSLObject) -> str:
    """``TLSv1.3 organizationName=Hôpital, commonName=mta.example``: the subject only when verified."""
    subject: Any = (tls.getpeercert() or {}).get("subject", ())
    names = ", ".join(f"{name}={value}" for group in subject for name, value in group)
    return f"{tls.version()} {names}".strip()
