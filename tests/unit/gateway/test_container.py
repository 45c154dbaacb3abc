"""The container written piece by piece is the very one that the verifier writes in one go."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.evidence import container, verify

BLOBS = {"a" * 64: [b"one ", b"two"], "b" * 64: [], "c" * 64: [b"x" * 200_000] * 3}
MEMBERS: dict[str, container.Member] = {
    "z.txt": b"last",
    "é/vide": b"",
    "messages/1.eml": "a" * 64,
    "documents/2.bin": "b" * 64,
    "documents/3.bin": "c" * 64,
}


def _chunks(sha256: str) -> Iterator[bytes]:
    yield from BLOBS[sha256]


def test_the_same_bytes_as_the_verifier_expects() -> None:
    out = io.BytesIO()
    container.write(out, MEMBERS, _chunks)
    whole = {n: b"".join(BLOBS[m]) if isinstance(m, str) else m for n, m in MEMBERS.items()}
    assert out.getvalue() == verify.pack(whole)


def test_digests_name_the_blobs_without_reading_them() -> None:
    found = container.digests(MEMBERS)
    assert list(found) == sorted(MEMBERS)
    assert found["messages/1.eml"] == "a" * 64
    assert found["z.txt"] == verify.sha256(b"last")


def test_a_blob_that_is_lost_says_so() -> None:
    with pytest.raises(KeyError):
        container.write(io.BytesIO(), {"x": "d" * 64}, _chunks)


def test_a_large_blob_never_sits_in_memory(tmp_path: Path) -> None:
    """64 MB through a few hundred KB: what a chunk costs, whatever the size of the blob."""
    piece = b"x" * 128 * 1024

    def chunks(_: str) -> Iterator[bytes]:
        yield from (piece for _ in range(512))

    tracemalloc.start()
    with (tmp_path / "large.zip").open("w+b") as out:
        container.write(out, {"messages/1.eml": "a" * 64}, chunks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tmp_path / "large.zip").stat().st_size > 512 * len(piece)
    assert peak < 4 * 1024 * 1024
