"""No altered blob is ever given back: bits, order, length, name, key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage import blob
from storage.errors import BlobDamaged, UnknownKey
from storage.keys import KeyRing
from storage.vault import RAW, Vault

CHUNK = blob.CHUNK
MARK = b"Bonjour, ceci est un contenu reconnaissable. "


def _path(vault: Vault, sha256: str) -> Path:
    return vault.folder / sha256[:2] / sha256


@pytest.fixture
def three_chunks(vault: Vault) -> str:
    return vault.put(os.urandom(2 * CHUNK + 1000), RAW, b"une note")


SEALED = CHUNK + blob.TAG


def _read_whole(vault: Vault, sha256: str) -> tuple[bytes, bytes]:
    return vault.get(sha256), vault.note(sha256)


@pytest.mark.parametrize(
    "offset",
    [
        0,
        8,
        10,
        16,
        25,
        40,
        45,
        50,
        60,
        85,
        100,
        blob.HEADER - 1,
        blob.HEADER,
        blob.HEADER + SEALED + 5,
        -20,
    ],
)
def test_one_flipped_bit_anywhere_is_refused(vault: Vault, three_chunks: str, offset: int) -> None:
    path = _path(vault, three_chunks)
    raw = bytearray(path.read_bytes())
    raw[offset] ^= 1
    path.write_bytes(raw)
    with pytest.raises((BlobDamaged, UnknownKey)):
        _read_whole(vault, three_chunks)


def test_no_byte_of_a_blob_is_unprotected(vault: Vault) -> None:
    sha256 = vault.put(b"court", RAW, b"note")
    path = _path(vault, sha256)
    whole = path.read_bytes()
    for offset in range(len(whole)):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0x80]) + whole[offset + 1 :])
        with pytest.raises((BlobDamaged, UnknownKey)):
            _read_whole(vault, sha256)


def _reordered(raw: bytes) -> bytes:
    head, first, second = (
        raw[: blob.HEADER],
        raw[blob.HEADER :][:SEALED],
        raw[blob.HEADER + SEALED :][:SEALED],
    )
    return head + second + first + raw[blob.HEADER + 2 * SEALED :]


def _repeated(raw: bytes) -> bytes:
    first = raw[blob.HEADER :][:SEALED]
    return raw[: blob.HEADER] + first + first + raw[blob.HEADER + 2 * SEALED :]


@pytest.mark.parametrize(
    "change",
    [
        _reordered,
        _repeated,
        lambda raw: raw[:-1],
        lambda raw: raw + b"\0",
        lambda raw: raw[: blob.HEADER],
        lambda raw: raw[:50],
        lambda _raw: b"",
        lambda raw: raw[: blob.HEADER] + raw[blob.HEADER + SEALED :],
    ],
    ids=[
        "reordered",
        "repeated",
        "truncated",
        "longer",
        "header-only",
        "half-header",
        "empty",
        "chunk-removed",
    ],
)
def test_altered_order_or_length_is_refused(vault: Vault, three_chunks: str, change: object) -> None:
    assert callable(change)
    path = _path(vault, three_chunks)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(BlobDamaged) as caught:
        vault.get(three_chunks)
    assert "abîmé" in caught.value.public
    assert str(vault.folder) not in caught.value.public


def test_a_blob_under_another_name_is_refused_before_any_byte(vault: Vault) -> None:
    one, two = vault.put(b"un"), vault.put(b"deux")
    _path(vault, one).write_bytes(_path(vault, two).read_bytes())
    with pytest.raises(BlobDamaged, match="autre nom"):
        next(vault.read(one))


def test_another_ring_does_not_open_the_vault(vault: Vault, tmp_path: Path) -> None:
    sha256 = vault.put(MARK)
    stranger = Vault(vault.folder, KeyRing(tmp_path / "other"))
    with pytest.raises(UnknownKey, match="absente du trousseau"):
        stranger.get(sha256)


def test_a_different_key_of_the_same_name_is_refused(vault: Vault) -> None:
    sha256 = vault.put(MARK)
    key = vault.ring.folder / "encryption" / f"{vault.ring.active_id}.key"
    key.write_text(os.urandom(32).hex())
    with pytest.raises(BlobDamaged, match="clé différente"):
        Vault(vault.folder, KeyRing(vault.ring.folder)).get(sha256)
