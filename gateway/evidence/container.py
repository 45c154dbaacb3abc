"""The ZIP of an evidence file, written member by member: a blob never sits whole in memory."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import BinaryIO, TypeAlias

from gateway.evidence import verify

Member: TypeAlias = bytes | str
"""Bytes, or the SHA-256 of a blob of the vault."""


def digests(members: Mapping[str, Member]) -> dict[str, str]:
    """SHA-256 of each member, in the order of their names."""
    return {
        name: member if isinstance(member, str) else verify.sha256(member)
        for name, member in sorted(members.items())
    }


def write(out: BinaryIO, members: Mapping[str, Member], chunks: Callable[[str], Iterable[bytes]]) -> None:
    """The bytes that ``verify.pack`` makes of the same members; ``chunks`` gives a blob by pieces.

    ``out`` must seek. Raises what ``chunks`` raises, ``OSError``.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, member in sorted(members.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            with archive.open(entry, "w") as file:
                for piece in chunks(member) if isinstance(member, str) else (member,):
                    file.write(piece)
