"""The vault: encrypted blobs named by the SHA-256 of their clear bytes, in one local folder.

Four verbs (put, get, list, delete) plus streams for large blobs. A blob is written to a temporary file
of the same folder tree, fsynced, renamed, and its folder fsynced: when ``commit`` or ``put`` returns, a
crash no longer loses it. Clear bytes never reach the disk, and a 40 MB blob never sits whole in memory.
The format is in ``storage/blob.py``.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from storage import blob
from storage.errors import BlobDamaged, BlobNotFound, UnknownKey, VaultError, vault_errors
from storage.files import FOLDER_OWNER_ONLY, create, locked, make_folder, sync_folder, write_all
from storage.keys import KeyRing
from storage.writer import VaultWriter

RAW = "raw"
"""Kind of a mail as received: what a rebuild of the database starts from."""

_NAME = re.compile(r"[0-9a-f]{64}")
_COPY = 1024 * 1024


class Vault:
    """Safe to share between threads; several processes may use the same folder."""

    def __init__(self, folder: Path, ring: KeyRing) -> None:
        self.folder = folder
        self.ring = ring
        self._incoming = folder / "incoming"
        self._guard = threading.Lock()
        self._shelves: set[str] = set()
        with vault_errors():
            make_folder(self._incoming)

    def put(self, data: bytes, kind: str = "part", note: bytes = b"") -> str:
        """Keep these bytes durably; returns their SHA-256 in hexadecimal. Twice is harmless."""
        with self.writer(kind) as writer:
            writer.write(data)
            return writer.commit(note)

    def writer(self, kind: str = "part") -> VaultWriter:
        """A stream to write one blob; leave the ``with`` block without ``commit`` to drop it."""
        return VaultWriter(self.ring, self.temporary, self.publish, kind)

    def get(self, sha256: str) -> bytes:
        """The clear bytes, verified whole. Raises ``BlobNotFound``, ``BlobDamaged``, ``UnknownKey``."""
        return b"".join(self.read(sha256))

    def read(self, sha256: str) -> Iterator[bytes]:
        """The clear bytes by chunks of 128 KiB at most, each authenticated before it is given."""
        with self._opened(sha256) as (file, header, raw):
            opener = blob.Opener(self._data_key(header, raw), header)
            digest = hashlib.sha256()
            for number in range(header.chunks):
                with vault_errors():
                    sealed = file.read(header.chunk_size(number))
                clear = opener.chunk(number, sealed)
                digest.update(clear)
                yield clear
            if digest.hexdigest() != sha256:
                raise blob.damaged("empreinte différente")

    def note(self, sha256: str) -> bytes:
        """The note written with the blob (the envelope, for a raw mail)."""
        with self._opened(sha256) as (file, header, raw):
            return self._note(file, header, raw)

    def kind(self, sha256: str) -> str:
        with self._opened(sha256) as (_file, header, raw):
            self._data_key(header, raw)
            return header.kind

    def exists(self, sha256: str) -> bool:
        with vault_errors():
            return bool(_NAME.fullmatch(sha256)) and self._path(sha256).exists()

    def list(self) -> Iterator[str]:
        """Names of every blob, in order."""
        with vault_errors():
            folders = sorted(path for path in self.folder.iterdir() if len(path.name) == 2)
        for folder in folders:
            with vault_errors():
                names = sorted(path.name for path in folder.iterdir())
            yield from (name for name in names if _NAME.fullmatch(name))

    def raw_blobs(
        self, damaged: Callable[[str, VaultError], None] | None = None
    ) -> Iterator[tuple[str, bytes]]:
        """Every raw mail with its note. An unreadable blob is told to ``damaged`` (else raised)."""
        for sha256 in self.list():
            try:
                with self._opened(sha256) as (file, header, raw):
                    note = self._note(file, header, raw) if header.kind == RAW else None
            except (BlobDamaged, UnknownKey) as error:
                if damaged is None:
                    raise
                damaged(sha256, error)
                continue
            except BlobNotFound:  # deleted since it was listed
                continue
            if note is not None:
                yield sha256, note

    def delete(self, sha256: str) -> None:
        """Remove a blob durably. Raises ``BlobNotFound``."""
        path = self._existing(sha256)
        with vault_errors(), self._exclusive():
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def rewrap(self) -> Generator[str]:
        """Wrap every data key under the active key; yields each blob changed.

        One blob at a time, replaced by rename: stopped anywhere, it resumes where it was.
        """
        for sha256 in self.list():
            with suppress(BlobNotFound):
                if self._rewrap(sha256):
                    yield sha256

    def keys_in_use(self) -> dict[str, int]:
        """How many blobs each key-encryption key opens: a key at 0 may leave the folder."""
        used: dict[str, int] = {}
        for sha256 in self.list():
            with suppress(BlobNotFound), self._opened(sha256) as (_file, header, _raw):
                used[header.key_id] = used.get(header.key_id, 0) + 1
        return used

    def sweep(self, before: datetime) -> int:
        """Remove temporary files left by a crash before ``before``; returns how many."""
        removed = 0
        with vault_errors():
            for path in self._incoming.iterdir():
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < before.timestamp():
                        path.unlink()
                        removed += 1
        return removed

    def temporary(self) -> Path:
        """A new name in the folder of files being written."""
        return self._incoming / secrets.token_hex(16)

    def publish(self, temporary: Path, sha256: str, kind: str) -> None:
        """Give a written and fsynced file its final name, durably. ``OSError`` is the caller's."""
        path = self._path(sha256)
        self._make_shelf(path.parent)
        with self._exclusive():
            if path.exists() and self._keeps(sha256, kind):
                temporary.unlink()
            else:
                temporary.replace(path)
        # even when another writer brought it: its own fsync may still be to come
        sync_folder(path.parent)

    def _make_shelf(self, shelf: Path) -> None:
        """Make one of the 256 folders, its name durable before the first blob of this process in it.

        Found there, it may be a name that another process has not made durable yet.
        """
        if shelf.name not in self._shelves:
            shelf.mkdir(mode=FOLDER_OWNER_ONLY, exist_ok=True)
            sync_folder(self.folder)
            self._shelves.add(shelf.name)

    def _keeps(self, sha256: str, kind: str) -> bool:
        """Whether the blob already there is whole and may stay. A raw mail replaces a mere part."""
        try:
            for _chunk in self.read(sha256):
                pass
            return kind != RAW or self.kind(sha256) == RAW
        except (BlobDamaged, UnknownKey):
            return False

    def _rewrap(self, sha256: str) -> bool:
        with self._opened(sha256) as (_file, header, _raw):
            if header.key_id == self.ring.active_id:
                return False
        with vault_errors(), self._exclusive(), self._opened(sha256) as (file, header, raw):
            key_id = self.ring.active_id
            renewed = blob.Header(key_id, header.kind, header.size, header.note_size, header.sha256)
            head = blob.wrap(renewed, self._data_key(header, raw), self.ring.cipher(key_id))
            temporary = self.temporary()
            with _dropped_on_error(temporary):
                descriptor = create(temporary)
                try:
                    write_all(descriptor, head)
                    while piece := file.read(_COPY):
                        write_all(descriptor, piece)
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
                temporary.replace(self._path(sha256))
            sync_folder(self._path(sha256).parent)
        return True

    @contextmanager
    def _opened(self, sha256: str) -> Iterator[tuple[BinaryIO, blob.Header, bytes]]:
        path = self._existing(sha256)
        with vault_errors():
            try:
                file = path.open("rb")
            except FileNotFoundError:
                raise _not_found() from None
        with file:
            with vault_errors():
                raw = file.read(blob.HEADER)
                size = os.fstat(file.fileno()).st_size
            header = blob.parse(raw)
            if header.sha256 != sha256:
                raise blob.damaged("rangé sous un autre nom")
            if header.stored_size != size:
                raise blob.damaged("taille inattendue")
            yield file, header, raw

    def _note(self, file: BinaryIO, header: blob.Header, raw: bytes) -> bytes:
        opener = blob.Opener(self._data_key(header, raw), header)
        with vault_errors():
            file.seek(header.note_offset)
            sealed = file.read(header.note_size + blob.TAG)
        return opener.note(sealed)

    def _data_key(self, header: blob.Header, raw: bytes) -> bytes:
        return blob.unwrap(raw, self.ring.cipher(header.key_id))

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def _existing(self, sha256: str) -> Path:
        if not self.exists(sha256):
            raise _not_found()
        return self._path(sha256)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """One thread of one process renames or removes names at a time."""
        with self._guard, locked(self.folder / ".lock"):
            yield


def _not_found() -> BlobNotFound:
    return BlobNotFound(
        "Ce contenu n'est pas dans le coffre ; rien n'a été modifié, vérifiez son identifiant."
    )


@contextmanager
def _dropped_on_error(temporary: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
