"""The format of a blob: each chunk opens in its own place only, and the header binds everything."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage import blob
from storage.blob import Header, Opener, Sealer
from storage.errors import BlobDamaged

HEADER = Header("00112233445566ff", "raw", 2 * blob.CHUNK + 10, 4, "ab" * 32)
KEY = AESGCM(bytes(32))


def _sealed() -> tuple[Sealer, list[bytes]]:
    sealer = Sealer()
    clear = [b"a" * blob.CHUNK, b"b" * blob.CHUNK, b"c" * 10]
    return sealer, [sealer.chunk(piece, last=number == 2) for number, piece in enumerate(clear)]


def test_sizes_are_told_from_the_header_alone() -> None:
    _sealer, chunks = _sealed()
    assert HEADER.chunks == 3
    assert [HEADER.chunk_size(number) for number in range(3)] == [len(chunk) for chunk in chunks]
    assert HEADER.note_offset == blob.HEADER + sum(map(len, chunks))
    assert HEADER.stored_size == HEADER.note_offset + 4 + blob.TAG
    empty = Header("00" * 8, "part", 0, 0, "ab" * 32)
    assert (empty.chunks, empty.stored_size) == (1, blob.HEADER + 2 * blob.TAG)


def test_a_chunk_opens_in_its_place_only() -> None:
    sealer, chunks = _sealed()
    opener = Opener(sealer.data_key, HEADER)
    for place in range(3):
        for number, chunk in enumerate(chunks):
            if place == number:
                assert set(opener.chunk(place, chunk)) == {b"abc"[number]}
            else:
                with pytest.raises(BlobDamaged, match=f"morceau {place + 1}"):
                    opener.chunk(place, chunk)


def test_a_middle_chunk_is_not_an_end_nor_an_end_a_middle() -> None:
    sealer, chunks = _sealed()
    cut = Opener(sealer.data_key, Header(HEADER.key_id, "raw", 2 * blob.CHUNK, 4, HEADER.sha256))
    assert cut.chunk(0, chunks[0])
    with pytest.raises(BlobDamaged):
        cut.chunk(1, chunks[1])
    longer = Opener(sealer.data_key, Header(HEADER.key_id, "raw", 4 * blob.CHUNK, 4, HEADER.sha256))
    with pytest.raises(BlobDamaged):
        longer.chunk(2, chunks[2])


def test_a_note_is_not_a_chunk() -> None:
    sealer = Sealer()
    note, chunk = sealer.note(b"note"), sealer.chunk(b"note", last=True)
    opener = Opener(sealer.data_key, Header("00" * 8, "raw", 4, 4, "ab" * 32))
    assert (opener.note(note), opener.chunk(0, chunk)) == (b"note", b"note")
    with pytest.raises(BlobDamaged, match="enveloppe"):
        opener.note(chunk)
    with pytest.raises(BlobDamaged, match="morceau 1"):
        opener.chunk(0, note)


def test_a_header_comes_back_and_binds_every_field() -> None:
    data_key = bytes(range(32))
    raw = blob.wrap(HEADER, data_key, KEY)
    assert len(raw) == blob.HEADER
    assert blob.parse(raw) == HEADER
    assert blob.unwrap(raw, KEY) == data_key
    assert raw != blob.wrap(HEADER, data_key, KEY), "a fresh nonce each time"
    assert data_key not in raw
    for offset in range(len(raw)):
        altered = raw[:offset] + bytes([raw[offset] ^ 1]) + raw[offset + 1 :]
        with pytest.raises(BlobDamaged):
            blob.unwrap(altered, KEY)
    with pytest.raises(BlobDamaged, match="clé différente"):
        blob.unwrap(raw, AESGCM(b"x" * 32))


def test_data_keys_are_fresh() -> None:
    assert len({Sealer().data_key for _ in range(50)}) == 50


@pytest.mark.parametrize("kind", ["", "x" * 21, "é", "a\nb"])
def test_a_kind_is_a_short_word(kind: str) -> None:
    with pytest.raises(ValueError, match="kind"):
        blob.check_kind(kind)
