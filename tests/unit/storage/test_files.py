"""Small durable files: whole or absent."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from storage import files


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "key"
    files.write_durably(path, b"one")
    files.write_durably(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    files.write_durably(path, b"one")

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        files.write_durably(path, b"two")
    assert path.read_bytes() == b"one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_folders_are_made_private(tmp_path: Path) -> None:
    files.make_folder(tmp_path / "a" / "b")
    files.make_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_every_byte_is_written_through_a_slow_pipe() -> None:
    read, write = os.pipe()
    received: list[bytes] = []

    def drain() -> None:
        while piece := os.read(read, 1000):
            received.append(piece)

    reader = threading.Thread(target=drain)
    reader.start()
    files.write_all(write, bytes(300_000))
    os.close(write)
    reader.join()
    os.close(read)
    assert len(b"".join(received)) == 300_000


def test_the_lock_excludes_the_other_threads(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            with files.locked(path):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 1)
