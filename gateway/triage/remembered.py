"""What OCR recognised, remembered across restarts, and readable by nobody who does not hold the page.

A result is found by a name and opened by a key that both come from the page's own pixels (SHA-256) and from
the version of the engine. The vault encrypts it once more. When a document is erased, nothing can name or
open what was read on it: the memory needs no erasing of its own, and is bounded by number besides.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import parsers
from gateway.clock import Clock
from storage import recognised
from storage.db import Database
from storage.errors import StorageError
from storage.recognised import RecognisedPage
from storage.vault import Vault

KIND = "ocr"
MOST = 5_000
"""Pages remembered; the oldest go first."""
_NONCE = 12


class Remembered:
    """A durable memory of recognised pages. Its troubles never stop a page: it is then recognised again."""

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, version: str, most: int = MOST
    ) -> None:
        self._database, self._vault, self._clock = database, vault, clock
        self._version = version.encode()
        self._most = most

    def get(self, page: bytes) -> bytes | None:
        """The result kept for a page, by the SHA-256 of its pixels; ``None`` when there is none."""
        name, key = self._name(page), self._key(page)
        try:
            with self._database.reading() as session:
                blob = recognised.blob_of(session, name)
            if blob is None:
                return None
            sealed = self._vault.get(blob)
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except (StorageError, InvalidTag):
            with suppress(StorageError), self._database.transaction() as session:
                recognised.drop(session, name)
            return None

    def put(self, page: bytes, result: bytes) -> None:
        """Keep a result. Twice is harmless."""
        nonce = secrets.token_bytes(_NONCE)
        with suppress(StorageError):
            blob = self._vault.put(nonce + AESGCM(self._key(page)).encrypt(nonce, result, None), KIND)
            row = RecognisedPage(name=self._name(page), sha256=blob, at=self._clock.now())
            with self._database.transaction() as session:
                gone = [] if recognised.keep(session, row) else [blob]
                gone += recognised.drop_oldest(session, self._most)
            self._remove(gone)

    def forget_all(self) -> int:
        """Forget everything; how many pages there were. Raises ``StorageError``."""
        with self._database.transaction() as session:
            gone = recognised.drop_oldest(session, 0)
        self._remove(gone)
        return len(gone)

    def _remove(self, blobs: list[str]) -> None:
        for blob in blobs:
            with suppress(StorageError):
                self._vault.delete(blob)

    def _name(self, page: bytes) -> str:
        return hashlib.sha256(b"passerelle ocr name\n" + self._version + b"\n" + page).hexdigest()

    def _key(self, page: bytes) -> bytes:
        return hashlib.sha256(b"passerelle ocr key\n" + self._version + b"\n" + page).digest()


def version_of(engine: str) -> str:
    """What a result depends on besides the page: the engine, its version, and our own code around it."""
    digest = hashlib.sha256()
    for path in sorted(Path(parsers.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    if engine == "tesseract":
        found = shutil.which("tesseract")
        told = str(Path(found).stat().st_mtime_ns) if found else ""
    else:
        told = " ".join(metadata.version(name) for name in ("rapidocr", "onnxruntime"))
    return f"{engine} {told} {digest.hexdigest()[:16]}"
