"""The SMTP or LMTP listener: its own thread, its own uvloop, a few threads for the disk's share."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop

from gateway.errors import Unavailable
from gateway.intake.accept import Door
from gateway.intake.screening import Screen
from gateway.intake.session import Conversation, Terms
from gateway.intake.wire import model_of
from gateway.settings import Smtp

log = logging.getLogger(__name__)

_DISK_THREADS = 16
_BACKLOG = 512


class SmtpListener:
    """Listens from ``start`` to ``stop``. ``port`` is the one really bound (settings may say 0)."""

    def __init__(self, settings: Smtp, door: Door, mailboxes: Collection[str], root: Path = Path()) -> None:
        self._settings = settings
        self._executor = ThreadPoolExecutor(_DISK_THREADS, thread_name_prefix="intake")
        self._terms = Terms(
            door=door,
            screen=Screen(mailboxes, min(settings.max_bytes, door.max_bytes)),
            executor=self._executor,
            lmtp=settings.protocol == "lmtp",
            tls=tls_context(settings, root),
            require_starttls=settings.require_starttls,
            data_seconds=settings.data_seconds,
        )
        self._sessions: set[Conversation] = set()
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="smtp", daemon=True)
        self._server: asyncio.AbstractServer | None = None
        self.port = settings.port

    def start(self) -> None:
        """Bind and listen. Raises ``Unavailable`` when the address cannot be had."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except OSError as error:
            self._end()
            address = f"{self._settings.host}:{self._settings.port}"
            raise Unavailable(
                f"L'adresse {address} n'est pas libre : le port SMTP n'est pas ouvert."
            ) from error

    def stop(self, grace_seconds: float = 30.0) -> None:
        """Take no new client, let messages being received reach their answer, then hang up."""
        if not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._close(grace_seconds), self._loop).result()
            self._end()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self) -> None:
        model = model_of(self._settings.hostname, self._settings.idle_seconds, self._loop)
        server = await self._loop.create_server(
            lambda: Conversation(self._terms, self, model, self._loop),
            self._settings.host,
            self._settings.port,
            backlog=_BACKLOG,
        )
        self._server = server
        self.port = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        log.info("listening", extra={"host": self._settings.host, "port": self.port})

    async def _close(self, grace_seconds: float) -> None:
        if self._server is not None:
            self._server.close()
        for session in tuple(self._sessions):
            session.close_soon()
        talking = [task for session in self._sessions if (task := session.task) is not None]
        if talking:
            _, late = await asyncio.wait(talking, timeout=grace_seconds)
            for task in late:
                task.cancel()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._executor.shutdown(wait=True)
        self._loop.close()

    def enter(self, session: Conversation) -> bool:
        """Count a session in; False when there are too many."""
        self._sessions.add(session)
        return len(self._sessions) <= self._settings.max_sessions

    def leave(self, session: Conversation) -> None:
        self._sessions.discard(session)


def tls_context(settings: Smtp, root: Path) -> ssl.SSLContext | None:
    """TLS of the listener. With ``client_ca`` a client certificate is checked when one is shown, and
    demanded when STARTTLS is required too. Raises ``OSError`` (``ssl.SSLError``) for unusable files.
    """
    if settings.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    key = root / settings.key if settings.key else None
    context.load_cert_chain(root / settings.certificate, key)
    if settings.client_ca is not None:
        context.load_verify_locations(root / settings.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED if settings.require_starttls else ssl.CERT_OPTIONAL
    return context
