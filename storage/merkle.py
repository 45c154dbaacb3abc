"""Merkle tree of RFC 6962 (section 2.1): hashes, running root, inclusion and consistency proofs. Pure.

Leaves and nodes are hashed under different prefixes, so that a node is never passed off as a leaf. Hashes
are 32 bytes (SHA-256). Proofs ask for the root of ranges of leaves through a function of the caller, who
decides how the leaves are read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

HASH = 32

RootOf: TypeAlias = Callable[[int, int], bytes]
"""Root of the leaves ``start`` (included) to ``end`` (excluded)."""

_sha256 = hashlib.sha256

EMPTY_ROOT = _sha256().digest()


def leaf_hash(entry: bytes) -> bytes:
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return _sha256(b"\x01" + left + right).digest()


class Frontier:
    """The running tree: hashes of the perfect subtrees of ``size`` leaves, largest first."""

    __slots__ = ("_subtrees", "size")

    def __init__(self, size: int = 0, packed: bytes = b"") -> None:
        if len(packed) != HASH * size.bit_count():
            raise ValueError("frontier and size disagree")
        self.size = size
        self._subtrees = [packed[at : at + HASH] for at in range(0, len(packed), HASH)]

    def push(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        subtrees = self._subtrees
        merges = self.size
        while merges & 1:
            leaf = _sha256(b"\x01" + subtrees.pop() + leaf).digest()
            merges >>= 1
        subtrees.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self._subtrees:
            return EMPTY_ROOT
        root = self._subtrees[-1]
        for left in reversed(self._subtrees[:-1]):
            root = node_hash(left, root)
        return root

    def packed(self) -> bytes:
        return b"".join(self._subtrees)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root of a sequence of leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.push(leaf)
    return frontier.root()


def split(size: int) -> int:
    """The largest power of two smaller than ``size`` (2 at least)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, root: RootOf) -> list[bytes]:
    """Audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in the tree")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(root(middle, end))
            end = middle
        else:
            path.append(root(start, middle))
            start = middle
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            current = node_hash(current, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and current == root


def consistency_proof(old: int, new: int, root: RootOf) -> list[bytes]:
    """That the tree of ``old`` leaves is the beginning of the tree of ``new`` leaves (RFC 6962, 2.1.2)."""
    if not 0 < old <= new:
        raise ValueError("sizes of a consistency proof")
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + split(end - start)
        if old <= middle:
            path.append(root(middle, end))
            end = middle
        else:
            path.append(root(start, middle))
            start, whole = middle, False
    if not whole:
        path.append(root(start, end))
    return path[::-1]


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the proof shows ``old_root`` to be the beginning of ``new_root`` (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    hashes = iter([old_root, *proof] if old & (old - 1) == 0 else proof)
    return _walk(old - 1, new - 1, hashes, (old_root, new_root))


def _walk(node: int, last: int, hashes: Iterator[bytes], roots: tuple[bytes, bytes]) -> bool:
    while node & 1:
        node >>= 1
        last >>= 1
    first = next(hashes, None)
    if first is None:
        return False
    old, new = first, first
    for sibling in hashes:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and (old, new) == roots
