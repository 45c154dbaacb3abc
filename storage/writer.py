"""The stream that writes one blob of the vault, encrypting as bytes arrive."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from storage import blob
from storage.errors import vault_errors
from storage.files import create, write_all
from storage.keys import KeyRing


class VaultWriter:
    """Writes one blob. ``size`` and ``sha256`` tell of the clear bytes given so far.

    Nothing touches the disk before the first 128 KiB, so dropping a small refused mail costs nothing.
    """

    def __init__(
        self,
        ring: KeyRing,
        temporary: Callable[[], Path],
        publish: Callable[[Path, str, str], None],
        kind: str,
    ) -> None:
        blob.check_kind(kind)
        self.size = 0
        self._ring = ring
        self._new_temporary = temporary
        self._publish = publish
        self._kind = kind
        self._digest = hashlib.sha256()
        self._sealer = blob.Sealer()
        self._pending = bytearray()
        self._temporary: Path | None = None
        self._descriptor = -1
        self._open = True

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes. Raises ``VaultError``; the writer is then dropped."""
        self._check_open()
        view = memoryview(data)
        self._digest.update(view)
        self.size += len(view)
        # a full chunk waits until one more byte proves that it is not the last
        while len(self._pending) + len(view) > blob.CHUNK:
            taken = blob.CHUNK - len(self._pending)
            if self._pending:
                self._pending += view[:taken]
                self._store(self._sealer.chunk(self._pending, last=False))
                self._pending = bytearray()
            else:
                self._store(self._sealer.chunk(view[:taken], last=False))
            view = view[taken:]
        self._pending += view

    def commit(self, note: bytes = b"") -> str:
        """Make the blob durable and return its SHA-256. Raises ``VaultError``: nothing is kept then."""
        self._check_open()
        if len(note) > blob.NOTE_MAX:
            raise ValueError(f"note of a blob: {blob.NOTE_MAX} bytes at most")
        key_id = self._ring.active_id
        header = blob.Header(key_id, self._kind, self.size, len(note), self.sha256)
        head = blob.wrap(header, self._sealer.data_key, self._ring.cipher(key_id))
        tail = self._sealer.chunk(self._pending, last=True) + self._sealer.note(note)
        with self._dropped_on_error():
            if self._temporary is None:
                write_all(self._file(), head + tail)
            else:
                write_all(self._descriptor, tail)
                os.pwrite(self._descriptor, head, 0)
            os.fsync(self._descriptor)
            self._close()
            self._publish(self._final(), header.sha256, self._kind)
        self._open = False
        return header.sha256

    def abort(self) -> None:
        """Drop what was written; harmless after ``commit``."""
        if not self._open:
            return
        self._open = False
        self._close()
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.abort()

    def _check_open(self) -> None:
        if not self._open:
            raise ValueError("this blob is already committed or dropped")

    def _file(self) -> int:
        temporary = self._new_temporary()
        self._descriptor = create(temporary)
        self._temporary = temporary
        return self._descriptor

    def _final(self) -> Path:
        if self._temporary is None:
            raise ValueError("nothing was written")
        return self._temporary

    def _store(self, sealed: bytes) -> None:
        with self._dropped_on_error():
            if self._temporary is None:
                write_all(self._file(), bytes(blob.HEADER))
            write_all(self._descriptor, sealed)

    def _close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    @contextmanager
    def _dropped_on_error(self) -> Iterator[None]:
        try:
            with vault_errors():
                yield
        except BaseException:
            self.abort()
            raise
