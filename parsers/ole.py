"""Compound files (MS-CFB), just enough to read an Outlook message: storages, streams, short chains.

Every chain is followed at most as many times as there are sectors, so a loop ends as ``Malformed``.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass

from parsers.errors import Malformed

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END, _NO_STREAM = 0xFFFFFFFE, 0xFFFFFFFF
_MAX_ENTRIES = 20_000
_STORAGE, _STREAM, _ROOT = 1, 2, 5


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


class Compound:
    """A compound file. Raises ``Malformed`` when its tables cannot be followed."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_MAGIC) or len(data) < 512:
            raise Malformed("Le fichier Outlook n'a pas la structure attendue.")
        self._data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 0x1E)
        if shift not in {9, 12} or mini_shift != 6:
            raise Malformed("Le fichier Outlook a une taille de secteur inconnue.")
        self._sector, self._mini_sector = 1 << shift, 1 << mini_shift
        self._fat = self._read_fat()
        first_directory, _, self._cutoff, first_mini = struct.unpack_from("<IIII", data, 0x30)
        self._nodes = self._read_nodes(first_directory)
        self._mini_fat = _words(self._chain(first_mini, None))
        root = next((node for node in self._nodes if node.kind == _ROOT), None)
        if root is None:
            raise Malformed("Le fichier Outlook n'a pas de racine.")
        self._root = root
        self._mini = self._chain(root.start, root.size)

    def tree(self) -> dict[str, object]:
        """Storages as dictionaries, streams as bytes, by name. Depth is bounded by the caller's use."""
        return self._folder(self._root, set())

    def _folder(self, folder: _Node, seen: set[int]) -> dict[str, object]:
        found: dict[str, object] = {}
        pending = [folder.child]
        while pending:
            number = pending.pop()
            if number >= len(self._nodes) or number in seen:
                continue
            seen.add(number)
            node = self._nodes[number]
            pending += [node.left, node.right]
            if node.kind == _STREAM:
                found[node.name] = self._stream(node)
            elif node.kind == _STORAGE and len(seen) < _MAX_ENTRIES:
                found[node.name] = _Lazy(self, node, seen)
        return {name: each.open() if isinstance(each, _Lazy) else each for name, each in found.items()}

    def _stream(self, node: _Node) -> bytes:
        if node.size < self._cutoff:
            return self._mini_chain(node.start, node.size)
        return self._chain(node.start, node.size)

    def _read_fat(self) -> array[int]:
        data = self._data
        extra, count = struct.unpack_from("<II", data, 0x44)
        sectors = [each for each in struct.unpack_from("<109I", data, 0x4C) if each < _END]
        for _ in range(min(count, len(data) // self._sector)):
            block = self._sector_bytes(extra)
            words = _words(block)
            if len(words) < 2:
                break
            sectors += [each for each in words[:-1] if each < _END]
            extra = words[-1]
        limit = len(data) // self._sector + 1
        return _words(b"".join(self._sector_bytes(each) for each in sectors[:limit]))

    def _sector_bytes(self, number: int) -> bytes:
        start = (number + 1) * self._sector
        return self._data[start : start + self._sector]

    def _chain(self, start: int, size: int | None) -> bytes:
        pieces: list[bytes] = []
        number, total = start, 0
        while number < _END and (size is None or total < size):
            piece = self._sector_bytes(number)
            if number >= len(self._fat) or not piece or len(pieces) > len(self._fat):
                raise Malformed("Le fichier Outlook est abîmé.")
            pieces.append(piece)
            total += len(piece)
            number = self._fat[number]
        return b"".join(pieces) if size is None else b"".join(pieces)[:size]

    def _mini_chain(self, start: int, size: int) -> bytes:
        pieces: list[bytes] = []
        number, total = start, 0
        while number < _END and total < size:
            if number >= len(self._mini_fat) or len(pieces) > len(self._mini_fat):
                raise Malformed("Le fichier Outlook est abîmé.")
            offset = number * self._mini_sector
            pieces.append(self._mini[offset : offset + self._mini_sector])
            total += self._mini_sector
            number = self._mini_fat[number]
        return b"".join(pieces)[:size]

    def _read_nodes(self, first: int) -> list[_Node]:
        data = self._chain(first, None)
        return [
            _node(data[at : at + 128]) for at in range(0, min(len(data), 128 * _MAX_ENTRIES) - 127, 128)
        ]


@dataclass(frozen=True, slots=True)
class _Lazy:
    """A storage to open once its siblings are known."""

    owner: Compound
    node: _Node
    seen: set[int]

    def open(self) -> dict[str, object]:
        if len(self.seen) > _MAX_ENTRIES:
            raise Malformed("Le fichier Outlook contient trop d'éléments.")
        return self.owner._folder(self.node, self.seen)  # noqa: SLF001 - the same noun, split for order


def _node(entry: bytes) -> _Node:
    length, kind = struct.unpack_from("<HB", entry, 64)
    left, right, child = struct.unpack_from("<III", entry, 68)
    start, size = struct.unpack_from("<II", entry, 116)
    name = entry[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
    return _Node(name, kind, left, right, child, start, size)


def _words(data: bytes) -> array[int]:
    """32-bit little-endian words."""
    return array("L" if array("L").itemsize == 4 else "I", data[: len(data) // 4 * 4])
