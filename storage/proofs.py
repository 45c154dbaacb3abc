"""Proofs of one entry (inclusion) and of two states of the log (consistency), for a third party."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from storage import merkle
from storage.audit import EventRow

_TILE = 1024
"""Subtrees of this many leaves and more are computed once and kept: 32 bytes each."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That ``body`` is entry ``position`` of the log of ``size`` entries. ``path``: hashes of 32 bytes."""

    position: int
    size: int
    body: bytes
    path: tuple[bytes, ...]


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
