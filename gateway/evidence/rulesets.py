"""Keeps the folder of every circuit as it is in force, so that old decisions stay explainable."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from storage import rulesets
from storage.db import Database
from storage.vault import Vault

_KIND = "rules"


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files that make a rule set, by path in the folder, as ``circuits/folder.py`` hashes them.

    Raises ``OSError``.
    """
    paths = [folder / "circuit.toml", *folder.glob("forms/*.toml"), *folder.glob("letters/*.txt")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def digest(files: Mapping[str, bytes]) -> str:
    """The hash that decisions quote."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0".encode() + hashlib.sha256(files[name]).digest())
    return whole.hexdigest()


def keep(database: Database, vault: Vault, folders: Mapping[str, Path], at: datetime) -> int:
    """Keep the rule sets in force that are not kept yet; called at start-up. Returns how many are new.

    Blobs first, row second. Raises ``OSError`` and ``StorageError``.
    """
    sets = {name: read_folder(folder) for name, folder in folders.items()}
    with database.reading() as session:
        have = rulesets.known(session, [digest(files) for files in sets.values()])
    new = {name: files for name, files in sets.items() if digest(files) not in have}
    for name, files in new.items():
        blobs = {path: vault.put(data, _KIND) for path, data in files.items()}
        with database.transaction() as session:
            rulesets.add(session, digest(files), name, at, blobs)
    return len(new)
