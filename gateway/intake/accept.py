"""The only door: a message passes it when its bytes and its rows are on disk, never before (decision 1).

The order never changes: encrypt and write to a temporary file, fsync, rename, fsync the folder (all of
it the vault's), then rows and evidence in one transaction, then commit; only then may the peer be told
``250`` or the IMAP message be moved. A crash between blob and row leaves a blob without a row, which
``orphans.py`` puts back; no crash leaves a row without its blob.

The identity of a mail is the SHA-256 of its raw bytes as received. No ``Received`` field is added: the
same mail sent to two mailboxes, or sent again after a lost ``250``, is one delivery with two arrivals,
and a signature is checked on the bytes the sender signed. What a trace field would say (peer, TLS,
time, envelope) is in the arrival and in the note sealed with the blob.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from gateway.clock import Clock
from gateway.errors import PasserelleError
from gateway.evidence.record import Recorder
from gateway.intake.envelope import Envelope, Note
from gateway.intake.ledger import Entry, Ledger
from gateway.intake.tally import Tally
from storage.db import Database
from storage.deliveries import Via
from storage.vault import Vault
from storage.writer import VaultWriter

__all__ = ["Acceptance", "Accepted", "Door", "Envelope", "TooBig"]

log = logging.getLogger(__name__)

_PIECE = 1024 * 1024
_REFUSABLE = frozenset({Via.SMTP, Via.LMTP})


class TooBig(PasserelleError):
    """A peer that can be refused sends more than the ceiling; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """``duplicate``: these bytes had already been accepted; only the arrival is new."""

    sha256: str
    duplicate: bool


class Door:
    """Takes messages in, from any thread. ``circuit_of`` names the circuit of a mailbox, if any.

    ``max_bytes`` binds SMTP and LMTP peers, who can be refused; a message already in a mailbox or a
    file is always taken, and the ceilings of the parsers speak of it later, where a person sees it.
    ``notify`` is told the SHA-256 after each commit; whatever it raises is logged and changes nothing.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        recorder: Recorder,
        clock: Clock,
        circuit_of: Callable[[str], str | None],
        max_bytes: int,
        notify: Callable[[str], None] | None = None,
    ) -> None:
        self.database = database
        self.vault = vault
        self.clock = clock
        self.max_bytes = max_bytes
        self.recorder = recorder
        self.ledger = Ledger(database, recorder, circuit_of)
        self.notify = notify
        self.tally = Tally()
        """What peers that can be refused were answered."""
        self._guard = threading.Lock()
        self._under_way: Counter[str] = Counter()

    def open(self, *envelopes: Envelope) -> Acceptance:
        """Begin to take a message for one or several mailboxes. Raises ``VaultError``."""
        if not envelopes:
            raise ValueError("a message comes to at least one mailbox")
        return Acceptance(self, self.vault.writer(kind="raw"), envelopes)

    def accept(self, raw: bytes, *envelopes: Envelope) -> Accepted:
        """Take a whole message. Raises ``TooBig``, ``StorageError``, ``Unavailable``: nothing accepted."""
        acceptance = self.open(*envelopes)
        try:
            for start in range(0, len(raw), _PIECE):
                acceptance.write(raw[start : start + _PIECE] if len(raw) > _PIECE else raw)
            return acceptance.commit()
        except BaseException:
            acceptance.abort()
            raise

    def restore(self, sha256: str, size: int, note: Note) -> bool:
        """Register a raw mail the vault holds without a row; says whether it had one after all.

        Raises ``StorageError``, ``Unavailable``.
        """
        arrivals = tuple(replace(envelope, via=Via.REBUILD) for envelope in note.envelopes)
        duplicate = self.ledger.register(Entry(sha256, size, arrivals, note.at))
        self.told(sha256)
        return duplicate

    @contextmanager
    def on_the_way(self, sha256: str) -> Iterator[None]:
        """Between its blob and its rows a mail is no orphan: ``under_way`` says so."""
        with self._guard:
            self._under_way[sha256] += 1
        try:
            yield
        finally:
            with self._guard:
                self._under_way[sha256] -= 1
                if not self._under_way[sha256]:
                    del self._under_way[sha256]

    def under_way(self, sha256: str) -> bool:
        with self._guard:
            return sha256 in self._under_way

    def told(self, sha256: str) -> None:
        """Wake whoever waits for deliveries; they would find this one by themselves anyway."""
        if self.notify is None:
            return
        try:
            self.notify(sha256)
        except Exception:
            log.exception("nobody was woken for a delivery", extra={"delivery": sha256})


class Acceptance:
    """One message on its way in. Its verbs may come from different threads, one at a time."""

    def __init__(self, door: Door, writer: VaultWriter, envelopes: tuple[Envelope, ...]) -> None:
        self._door = door
        self._writer = writer
        self._envelopes = envelopes
        self._size = 0
        self._ceiling = door.max_bytes if envelopes[0].via in _REFUSABLE else None

    def write(self, chunk: bytes) -> None:
        """Add bytes as received. Raises ``TooBig`` past the ceiling, ``VaultError``."""
        self._size += len(chunk)
        if self._ceiling is not None and self._size > self._ceiling:
            raise TooBig(
                "Message trop volumineux : rien n'a été gardé, il faut l'envoyer en plusieurs fois."
            )
        self._writer.write(chunk)

    def commit(self) -> Accepted:
        """Make the message durable and register it. Raises ``StorageError``, ``Unavailable``.

        When it returns, the bytes, the rows and the evidence are on disk. When the database refuses,
        the blob stays, without a row: the sender tries again, and the orphan sweep would find it.
        """
        at = self._door.clock.now()
        with self._door.on_the_way(self._writer.sha256):
            sha256 = self._writer.commit(note=Note(at, self._envelopes).to_bytes())
            duplicate = self._door.ledger.register(Entry(sha256, self._size, self._envelopes, at))
        if self._ceiling is not None:
            self._door.tally.taken([envelope.mailbox for envelope in self._envelopes], at)
        self._door.told(sha256)
        return Accepted(sha256, duplicate)

    def abort(self) -> None:
        """Forget what was written; harmless after ``commit`` and when repeated."""
        self._writer.abort()
