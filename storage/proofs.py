"""Proofs of one entry (inclusion) and of two states of the log (consistency), for a third party."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from storage import merkle
from storage.audit import CheckpointRow, EventRow

_TILE = 1024
"""Subtrees of this many leaves and more are computed once and kept: 32 bytes each."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That ``body`` is entry ``position`` of the log of ``size`` entries. ``path``: hashes of 32 bytes."""

    position: int
    size: int
    body: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the checkpoint of the ``new`` note continues that of the ``old`` one."""

    old_note: str
    new_note: str
    path: tuple[bytes, ...]
    """Hashes of 32 bytes (RFC 6962, 2.1.2)."""
    holds: bool
    """Whether the path leads from the signed root of the one to that of the other."""


class Tree:
    """The tree of the log in one reading transaction; many proofs cost one pass over the leaves."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._roots: dict[tuple[int, int], bytes] = {}

    def root(self, start: int, end: int) -> bytes:
        """Root of leaves ``start`` to ``end`` (excluded). Raises ``LookupError`` when one is missing."""
        known = self._roots.get((start, end))
        if known is not None:
            return known
        if end - start <= _TILE:
            root = self._leaves(start, end)
        else:
            middle = start + merkle.split(end - start)
            root = merkle.node_hash(self.root(start, middle), self.root(middle, end))
        if end - start >= _TILE:
            self._roots[start, end] = root
        return root

    def inclusion(self, position: int, size: int) -> InclusionProof:
        """Raises ``ValueError`` when the log of ``size`` entries has no such position."""
        path = merkle.inclusion_proof(position, size, self.root)
        body = self._session.exec(select(EventRow.body).where(col(EventRow.position) == position)).one()
        return InclusionProof(position, size, body, tuple(path))

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """That the log of ``old`` entries is the beginning of the log of ``new`` ones."""
        return tuple(merkle.consistency_proof(old, new, self.root))

    def _leaves(self, start: int, end: int) -> bytes:
        statement = (
            select(EventRow.leaf)
            .where(col(EventRow.position) >= start, col(EventRow.position) < end)
            .order_by(col(EventRow.position))
        )
        leaves = list(self._session.exec(statement))
        if len(leaves) != end - start:
            raise LookupError("the log misses entries")
        return merkle.root_of(leaves)


def consistency(session: Session, old: int, new: int) -> ConsistencyProof | None:
    """The proof between two checkpoints; ``None`` when one is missing or they are not in order."""
    first, second = session.get(CheckpointRow, old), session.get(CheckpointRow, new)
    if first is None or second is None or not 0 < old <= new:
        return None
    path = Tree(session).consistency(old, new)
    holds = merkle.check_consistency(old, new, path, first.root, second.root)
    return ConsistencyProof(first.note, second.note, path, holds)
