"""One blob being written: durable in the right order, nothing left when dropped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from storage import blob
from storage.errors import VaultUnavailable
from storage.vault import Vault


def _named(descriptor: int) -> str:
    return Path(f"/proc/self/fd/{descriptor}").readlink().name


@pytest.fixture
def trace(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reaches the disk, in order. The real calls still run."""
    seen: list[str] = []
    fsync, replace = os.fsync, os.replace

    def traced_fsync(descriptor: int) -> None:
        seen.append(f"fsync {_named(descriptor)}")
        fsync(descriptor)

    def traced_replace(source: Any, target: Any) -> None:
        seen.append(f"rename {Path(source).name} {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", traced_fsync)
    monkeypatch.setattr(os, "replace", traced_replace)
    return seen


@pytest.mark.parametrize("size", [10, 3 * blob.CHUNK])
def test_file_then_name_then_folder(vault: Vault, trace: list[str], size: int) -> None:
    sha256 = vault.put(os.urandom(size))
    file, rename, shelf = [line for line in trace if line != f"fsync {vault.folder.name}"]
    _rename, temporary, final = rename.split()
    assert (file, final, shelf) == (f"fsync {temporary}", sha256, f"fsync {sha256[:2]}")


def test_a_duplicate_is_acknowledged_after_its_folder_is_durable(vault: Vault, trace: list[str]) -> None:
    sha256 = vault.put(b"deux fois")
    trace.clear()
    vault.put(b"deux fois")
    assert trace[-1] == f"fsync {sha256[:2]}"


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_failed_fsync_is_a_refusal(vault: Vault, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    """A file system that cannot promise must not be believed: nothing is acknowledged."""
    calls = 0
    fsync = os.fsync

    def refuse(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(5, "Input/output error")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(VaultUnavailable):
        vault.put(b"deux")
    monkeypatch.undo()
    assert not list((vault.folder / "incoming").iterdir())
    assert vault.get(vault.put(b"deux")) == b"deux"


def test_a_note_that_is_too_long_is_refused(vault: Vault) -> None:
    with pytest.raises(ValueError, match="note"), vault.writer() as writer:
        writer.commit(bytes(blob.NOTE_MAX + 1))
    assert list(vault.list()) == []


def test_a_committed_writer_takes_nothing_more(vault: Vault) -> None:
    with vault.writer() as writer:
        writer.write(b"un")
        sha256 = writer.commit()
        with pytest.raises(ValueError, match="already"):
            writer.commit()
        writer.abort()
    assert vault.get(sha256) == b"un"
