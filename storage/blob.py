"""The format of one encrypted blob (pure: bytes in, bytes out).

```
header   148 bytes
chunks   AES-256-GCM, 128 KiB of clear bytes each but the last, 16 bytes of tag each
note     AES-256-GCM, a few clear bytes kept with the blob (the envelope of a raw mail)
```
STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance", CRYPTO 2015), as age uses it: the nonce of a chunk is its number and a
flag that marks the last one, so that chunks cannot be moved, dropped or repeated. The data key is fresh
for each blob and wrapped by a key-encryption key; the whole header is authenticated by that wrapping, the
SHA-256 of the clear bytes included, so that a blob put under another name is refused before it is read.
"""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import BlobDamaged

CHUNK = 128 * 1024
TAG = 16
NOTE_MAX = 1024 * 1024

_MAGIC = b"PASRLBLB"
_VERSION = 1
# magic, version, key id, kind, clear size, note size, chunk size, SHA-256, nonce of the wrapping
_BOUND = struct.Struct(">8sI8s20sQII32s12s")
_WRAPPED = 32 + TAG
HEADER = _BOUND.size + _WRAPPED

_MORE, _LAST, _NOTE = b"\x00", b"\x01", b"\x02"
_KIND_BYTES = 20


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says. ``key_id`` in hexadecimal, sizes in clear bytes."""

    key_id: str
    kind: str
    size: int
    note_size: int
    sha256: str

    @property
    def chunks(self) -> int:
        return max(1, -(-self.size // CHUNK))

    @property
    def stored_size(self) -> int:
        """Size of the whole file."""
        return HEADER + self.size + TAG * self.chunks + self.note_size + TAG

    @property
    def note_offset(self) -> int:
        return HEADER + self.size + TAG * self.chunks

    def chunk_size(self, number: int) -> int:
        """Stored size of chunk ``number``, its tag included."""
        last = number == self.chunks - 1
        return TAG + (self.size - number * CHUNK if last else CHUNK)


def damaged(detail: str) -> BlobDamaged:
    return BlobDamaged(
        f"Un contenu du coffre est abîmé ({detail}) ; il reste en place, rétablissez-le de la sauvegarde."
    )


def wrap(header: Header, data_key: bytes, key_cipher: AESGCM) -> bytes:
    """The bytes of a header, the data key wrapped by the key-encryption key."""
    nonce = secrets.token_bytes(12)
    bound = _BOUND.pack(
        _MAGIC,
        _VERSION,
        bytes.fromhex(header.key_id),
        header.kind.encode("ascii"),
        header.size,
        header.note_size,
        CHUNK,
        bytes.fromhex(header.sha256),
        nonce,
    )
    return bound + key_cipher.encrypt(nonce, data_key, bound)


def parse(raw: bytes) -> Header:
    """Read a header, not yet authenticated (``unwrap`` does). Raises ``BlobDamaged``."""
    if len(raw) != HEADER:
        raise damaged("en-tête tronqué")
    magic, version, key_id, kind, size, note_size, chunk, sha256, _nonce = _BOUND.unpack_from(raw)
    if magic != _MAGIC or version != _VERSION or chunk != CHUNK or note_size > NOTE_MAX:
        raise damaged("en-tête méconnaissable")
    name = kind.rstrip(b"\0")
    if not name.isascii():
        raise damaged("en-tête méconnaissable")
    return Header(key_id.hex(), name.decode("ascii"), size, note_size, sha256.hex())


def unwrap(raw: bytes, key_cipher: AESGCM) -> bytes:
    """The data key of a blob. Raises ``BlobDamaged`` when the header was altered or the key is another."""
    bound, wrapped = raw[: _BOUND.size], raw[_BOUND.size :]
    try:
        return key_cipher.decrypt(bound[-12:], wrapped, bound)
    except InvalidTag:
        raise damaged("en-tête altéré ou clé différente") from None


def check_kind(kind: str) -> None:
    if not kind or len(kind) > _KIND_BYTES or not kind.isascii() or not kind.isprintable():
        raise ValueError(f"kind of blob: 1 to {_KIND_BYTES} ASCII characters")


def _nonce(number: int, flag: bytes) -> bytes:
    return number.to_bytes(11, "big") + flag


class Sealer:
    """Encrypts the chunks of one blob in order."""

    def __init__(self) -> None:
        self.data_key = AESGCM.generate_key(256)
        self._cipher = AESGCM(self.data_key)
        self._number = 0

    def chunk(self, clear: bytes | bytearray | memoryview, *, last: bool) -> bytes:
        nonce = _nonce(self._number, _LAST if last else _MORE)
        self._number += 1
        return self._cipher.encrypt(nonce, clear, None)

    def note(self, clear: bytes) -> bytes:
        return self._cipher.encrypt(_nonce(0, _NOTE), clear, None)


class Opener:
    """Decrypts the chunks of one blob. Raises ``BlobDamaged``."""

    def __init__(self, data_key: bytes, header: Header) -> None:
        self._cipher = AESGCM(data_key)
        self._header = header

    def chunk(self, number: int, sealed: bytes) -> bytes:
        last = number == self._header.chunks - 1
        return self._open(_nonce(number, _LAST if last else _MORE), sealed, f"morceau {number + 1}")

    def note(self, sealed: bytes) -> bytes:
        return self._open(_nonce(0, _NOTE), sealed, "enveloppe")

    def _open(self, nonce: bytes, sealed: bytes, what: str) -> bytes:
        try:
            return self._cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            raise damaged(what) from None
