"""The vault keeps what it is given, gives back nothing else, and says why in French."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import blob
from storage.errors import (
    BlobDamaged,
    BlobNotFound,
    VaultError,
    VaultFull,
    VaultReadOnly,
    VaultUnavailable,
)
from storage.keys import KeyRing
from storage.vault import RAW, Vault

CHUNK = blob.CHUNK
MARK = b"Bonjour, ceci est un contenu reconnaissable. "


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _path(vault: Vault, sha256: str) -> Path:
    return vault.folder / sha256[:2] / sha256


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]


@pytest.mark.parametrize(
    "size", [0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 3_000_000]
)
def test_every_size_comes_back_exact(vault: Vault, size: int) -> None:
    data = os.urandom(size)
    sha256 = vault.put(data, "part", b"une note")
    assert sha256 == _sha(data)
    assert vault.get(sha256) == data
    assert vault.note(sha256) == b"une note"
    assert vault.kind(sha256) == "part"
    assert max(len(chunk) for chunk in vault.read(sha256)) <= CHUNK


@pytest.mark.parametrize("step", [1, 7_001, CHUNK, CHUNK + 1, 500_000])
def test_writing_by_pieces_gives_the_same_blob(vault: Vault, step: int) -> None:
    data = os.urandom(300_000 if step > 1 else 3_000)
    with vault.writer("raw") as writer:
        for at in range(0, len(data), step):
            writer.write(memoryview(data)[at : at + step])
        assert (writer.size, writer.sha256) == (len(data), _sha(data))
        assert writer.commit(b"{}") == _sha(data)
    assert vault.get(_sha(data)) == data


def test_clear_bytes_never_reach_the_disk(vault: Vault) -> None:
    data = MARK * 20_000
    with vault.writer("raw") as writer:
        writer.write(data)
        (unfinished,) = _files(vault.folder)
        assert MARK not in unfinished.read_bytes()
        writer.commit(b"note " + MARK)
    (kept,) = _files(vault.folder)
    assert MARK not in kept.read_bytes()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_dropping_leaves_nothing(vault: Vault) -> None:
    for size in (10, 3 * CHUNK):
        with vault.writer() as writer:
            writer.write(bytes(size))
        with pytest.raises(ValueError, match="already"):
            writer.write(b"trop tard")
    writer = vault.writer()
    writer.write(bytes(3 * CHUNK))
    writer.abort()
    writer.abort()
    assert _files(vault.folder) == []


def test_the_same_bytes_are_kept_once(vault: Vault) -> None:
    first = vault.put(MARK, RAW, b"premier")
    second = vault.put(MARK, RAW, b"second")
    assert first == second
    assert list(vault.list()) == [first]
    assert vault.note(first) == b"premier"
    assert len(_files(vault.folder)) == 1


def test_a_raw_mail_replaces_a_part_of_the_same_bytes_and_never_the_reverse(vault: Vault) -> None:
    sha256 = vault.put(MARK, "part")
    vault.put(MARK, RAW, b"enveloppe")
    vault.put(MARK, "part")
    assert list(vault.raw_blobs()) == [(sha256, b"enveloppe")]


def test_a_damaged_blob_is_replaced_when_its_bytes_come_again(vault: Vault) -> None:
    sha256 = vault.put(MARK)
    _path(vault, sha256).write_bytes(b"abime")
    assert vault.put(MARK) == sha256
    assert vault.get(sha256) == MARK


def test_list_delete_and_not_found(vault: Vault) -> None:
    names = sorted(vault.put(bytes([number])) for number in range(20))
    assert list(vault.list()) == names
    vault.delete(names[0])
    assert not vault.exists(names[0])
    assert list(vault.list()) == names[1:]
    for missing in (names[0], "..", "/etc/passwd", "a" * 63, ""):
        assert not vault.exists(missing)
        with pytest.raises(BlobNotFound, match="pas dans le coffre"):
            vault.get(missing)
        with pytest.raises(BlobNotFound):
            vault.delete(missing)


def test_raw_blobs_skip_the_rest_and_report_the_damaged(vault: Vault) -> None:
    vault.put(b"piece", "part")
    kept = vault.put(b"mail un", RAW, b"1")
    broken = vault.put(b"mail deux", RAW, b"2")
    _path(vault, broken).write_bytes(b"")
    reported: list[tuple[str, VaultError]] = []
    found = list(vault.raw_blobs(lambda sha256, error: reported.append((sha256, error))))
    assert found == [(kept, b"1")]
    assert [sha256 for sha256, _error in reported] == [broken]
    with pytest.raises(BlobDamaged):
        list(vault.raw_blobs())


def test_rotation_moves_every_blob_and_resumes(vault: Vault) -> None:
    contents = [os.urandom(size) for size in (5, 1000, CHUNK * 3)]
    names = [vault.put(content, RAW, b"note") for content in contents]
    old = vault.ring.active_id
    new = vault.ring.rotate()
    assert new != old
    moving = vault.rewrap()
    next(moving)
    moving.close()  # stopped half-way: what is done stays done
    assert vault.keys_in_use() == {old: 2, new: 1}
    assert len(list(vault.rewrap())) == 2
    assert vault.keys_in_use() == {new: 3}
    assert list(vault.rewrap()) == []
    (vault.ring.folder / "encryption" / f"{old}.key").unlink()
    again = Vault(vault.folder, KeyRing(vault.ring.folder))
    assert [again.get(name) for name in names] == contents
    assert {note for _sha, note in again.raw_blobs()} == {b"note"}
    assert len(_files(vault.folder)) == 3


def test_rotation_refuses_a_damaged_blob_and_leaves_it(vault: Vault) -> None:
    sha256 = vault.put(MARK)
    path = _path(vault, sha256)
    raw = bytearray(path.read_bytes())
    raw[100] ^= 1
    path.write_bytes(raw)
    vault.ring.rotate()
    with pytest.raises(BlobDamaged):
        list(vault.rewrap())
    assert path.read_bytes() == raw


def test_sweep_removes_only_old_temporary_files(vault: Vault) -> None:
    kept = vault.put(MARK)
    left = vault.temporary()
    left.write_bytes(b"reste d'un arret")
    os.utime(left, (1_000_000_000, 1_000_000_000))
    recent = vault.temporary()
    recent.write_bytes(b"en cours")
    os.utime(recent, (2_000_000_000, 2_000_000_000))
    assert vault.sweep(datetime.fromtimestamp(1_500_000_000, UTC)) == 1
    assert not left.exists()
    assert recent.exists()
    assert vault.get(kept) == MARK


@contextmanager
def _file_size_limit(size: int) -> Iterator[None]:
    """A disk that refuses to grow: the kernel answers EFBIG, as it answers ENOSPC."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("size", [50_000, 5 * CHUNK])
def test_a_file_that_cannot_grow_is_refused_and_leaves_nothing(vault: Vault, size: int) -> None:
    with _file_size_limit(20_000), pytest.raises(VaultFull, match="plein"):
        vault.put(os.urandom(size))
    assert _files(vault.folder) == []
    assert vault.get(vault.put(MARK)) == MARK


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip(
            "no right to mount a small file system: the full disk is tried by a file size limit only"
        )
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("size", [100_000, 3 * CHUNK])
def test_a_full_disk_refuses_keeps_what_is_there_and_recovers(
    tiny_disk: Path, ring: KeyRing, size: int
) -> None:
    vault = Vault(tiny_disk / "vault", ring)
    kept: dict[str, bytes] = {}

    def fill() -> None:
        for _ in range(100):
            data = os.urandom(size)
            kept[vault.put(data)] = data

    with pytest.raises(VaultFull) as caught:
        fill()
    assert caught.value.temporary
    assert kept
    assert {path.name for path in _files(vault.folder)} == set(kept)
    assert all(vault.get(sha256) == data for sha256, data in kept.items())
    vault.delete(next(iter(kept)))
    assert vault.exists(vault.put(os.urandom(1000)))


def test_a_read_only_folder_is_refused(tiny_disk: Path, ring: KeyRing) -> None:
    vault = Vault(tiny_disk / "vault", ring)
    sha256 = vault.put(MARK)
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    with pytest.raises(VaultReadOnly, match="ne peut être écrit"):
        vault.put(b"autre")
    with pytest.raises(VaultReadOnly):
        vault.delete(sha256)
    assert vault.get(sha256) == MARK


def test_a_vault_that_vanished_is_unavailable(vault: Vault) -> None:
    for folder in sorted(vault.folder.rglob("*"), reverse=True):
        folder.rmdir() if folder.is_dir() else folder.unlink()
    with pytest.raises(VaultUnavailable, match="ne répond pas"):
        vault.put(MARK)


def test_many_threads_write_the_same_and_different_blobs(vault: Vault) -> None:
    contents = [os.urandom(size) for size in (10, 1000, CHUNK + 1, 200_000)]

    def work(_number: int) -> list[str]:
        return [vault.put(content, RAW, b"n") for content in contents]

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(work, range(8)))
    assert written == [list(map(_sha, contents))] * 8
    assert sorted(vault.list()) == sorted(map(_sha, contents))
    assert len(_files(vault.folder)) == len(contents)


_FLAT = """
import resource, sys
from pathlib import Path
from storage.keys import KeyRing
from storage.vault import Vault
vault = Vault(Path(sys.argv[1]) / "vault", KeyRing(Path(sys.argv[1]) / "keys"))
piece = bytes(65536)
vault.put(piece)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with vault.writer() as writer:
    for _ in range(640):
        writer.write(piece)
    sha256 = writer.commit()
size = sum(len(chunk) for chunk in vault.read(sha256))
print(size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_stays_flat_for_40_mib(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FLAT, str(tmp_path)], capture_output=True, text=True, check=True
    )
    size, grown_kib = map(int, done.stdout.split())
    assert size == 40 * 1024 * 1024
    assert grown_kib < 4 * 1024
