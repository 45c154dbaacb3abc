"""`verify.py` against the proofs that transparency-log projects publish, good and spoilt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evidence import verify
from storage import merkle
from tests.builders.rfc6962 import CONSISTENCY, INCLUSION, LEAF_HASHES, ROOTS, altered


def _bytes(path: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(step) for step in path)


def _leads(index: int, size: int, leaf: bytes, path: list[bytes], root: bytes) -> bool:
    try:
        return verify.root_of(index, size, leaf, path) == root
    except (ValueError, IndexError, RecursionError):
        return False


def _agree(old: int, new: int, path: list[bytes], first: bytes, second: bytes) -> bool:
    try:
        return verify.both_roots(old, new, path, first) == (first, second)
    except (ValueError, IndexError, RecursionError):
        return False


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_published_inclusion_proofs(index: int, size: int, path: tuple[str, ...]) -> None:
    steps, root, leaf = _bytes(path), bytes.fromhex(ROOTS[size - 1]), LEAF_HASHES[index]
    assert _leads(index, size, leaf, list(steps), root)
    assert merkle.check_inclusion(leaf, index, size, steps, root)
    assert merkle.inclusion_proof(index, size, lambda a, b: merkle.root_of(LEAF_HASHES[a:b])) == list(steps)
    for spoilt in altered(steps):
        assert not _leads(index, size, leaf, spoilt, root)
        assert not merkle.check_inclusion(leaf, index, size, spoilt, root)
    for other in range(8):
        if other != index:
            assert not _leads(index, size, LEAF_HASHES[other], list(steps), root)


@pytest.mark.parametrize(("old", "new", "path"), CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int, path: tuple[str, ...]) -> None:
    steps = _bytes(path)
    first, second = bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1])
    assert _agree(old, new, list(steps), first, second)
    assert merkle.check_consistency(old, new, steps, first, second)
    assert merkle.consistency_proof(old, new, lambda a, b: merkle.root_of(LEAF_HASHES[a:b])) == list(steps)
    for spoilt in altered(steps):
        assert not _agree(old, new, spoilt, first, second)
        assert not merkle.check_consistency(old, new, spoilt, first, second)
    assert not _agree(old, new, list(steps), second, first) or old == new


@given(st.integers(1, 300), st.data())
def test_both_verifiers_agree_on_every_proof(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(str(number).encode()) for number in range(size)]

    def root(start: int, end: int) -> bytes:
        return merkle.root_of(leaves[start:end])

    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_proof(index, size, root)
    assert _leads(index, size, leaves[index], path, root(0, size))
    old = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(old, size, root)
    assert merkle.check_consistency(old, size, proof, root(0, old), root(0, size))
    assert _agree(old, size, proof, root(0, old), root(0, size))
    other = data.draw(st.integers(1, size))
    claimed = merkle.check_consistency(other, size, proof, root(0, old), root(0, size))
    assert claimed == (other == old)
    assert _agree(other, size, proof, root(0, old), root(0, size)) == (other == old)
