"""One message on its way from a session to the door, the disk's share of the work off the event loop.

A small message crosses to a thread once, whole. A large one is handed over in pieces, so that fifty
messages of 20 MB arriving together cost a few hundred kilobytes each, whatever the disk does.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor

from gateway.intake import screening
from gateway.intake.accept import Acceptance, Accepted, Door, Envelope, TooBig
from storage.errors import VaultFull

log = logging.getLogger(__name__)

_PIECE = 256 * 1024


class Incoming:
    """Receives the decoded bytes of one message. Once refused, the rest is read and forgotten."""

    def __init__(
        self, door: Door, max_bytes: int, executor: Executor, envelopes: tuple[Envelope, ...]
    ) -> None:
        self._door = door
        self._max_bytes = max_bytes
        self._executor = executor
        self._envelopes = envelopes
        self._pieces: list[bytes] = []
        self._pending = 0
        self._acceptance: Acceptance | None = None
        self._lock = threading.Lock()
        self._dropped = False
        self.size = 0
        self.refusal: str | None = None

    async def feed(self, piece: bytes) -> None:
        """Take the next bytes; from the first fault on, nothing more is kept."""
        self.size += len(piece)
        if self.refusal is not None:
            return
        if self.size > self._max_bytes:
            self._refuse(screening.TOO_BIG)
            return
        self._pieces.append(piece)
        self._pending += len(piece)
        if self._pending >= _PIECE:
            await self._off_loop(self._write)

    @property
    def endless(self) -> bool:
        """So far beyond the ceiling that it is no longer worth reading."""
        return self.size > 2 * self._max_bytes

    async def finish(self) -> str:
        """The whole message has come: make it durable. Returns the reply, 250 only once it is."""
        if self.refusal is None:
            accepted = await self._off_loop(self._commit)
            if accepted is not None:
                return f"{screening.OK} {accepted.sha256[:16]}"
        return self.refusal or screening.UNAVAILABLE

    def drop(self) -> None:
        """Forget a message that did not reach its end; one whose end was seen is kept or not, whole."""
        self._executor.submit(self._abandon)

    async def _off_loop(self, work: Callable[[], Accepted | None]) -> Accepted | None:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        except TooBig:
            self._refuse(screening.TOO_BIG)
        except VaultFull:
            log.exception("a message was not taken: no room left")
            self._refuse(screening.DISK_FULL)
        except Exception:
            log.exception("a message was not taken")
            self._refuse(screening.UNAVAILABLE)
        return None

    def _refuse(self, reply: str) -> None:
        self.refusal = reply
        mailboxes = [envelope.mailbox for envelope in self._envelopes]
        self._door.tally.refused(mailboxes, self._door.clock.now(), reply)
        self._pieces.clear()
        self.drop()

    def _joined(self) -> bytes:
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._pending = 0
        return data

    # What follows runs in threads of the executor, one call at a time.

    def _write(self) -> None:
        with self._lock:
            if self._dropped:
                return
            if self._acceptance is None:
                self._acceptance = self._door.open(*self._envelopes)
            self._acceptance.write(self._joined())

    def _commit(self) -> Accepted:
        self._write()
        with self._lock:
            if self._acceptance is None:
                raise ValueError("a message that was dropped cannot be accepted")
            return self._acceptance.commit()

    def _abandon(self) -> None:
        with self._lock:
            self._dropped = True
            self._pieces.clear()
            if self._acceptance is not None:
                self._acceptance.abort()
