"""The tree of RFC 6962 against published values, a naive writing of the definition, and forged proofs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import merkle
from storage.merkle import Frontier
from tests.builders.rfc6962 import LEAVES, ROOTS

HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


def _naive(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + _naive(leaves[:k]) + _naive(leaves[k:])).digest()


def _leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


def test_published_roots() -> None:
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root() == merkle.EMPTY_ROOT
    assert [merkle.root_of(HASHES[: size + 1]).hex() for size in range(8)] == list(ROOTS)


def test_published_inclusion_proof() -> None:
    """Leaf 0 of 8: the path the same reference data gives."""
    path = merkle.inclusion_proof(0, 8, lambda start, end: merkle.root_of(HASHES[start:end]))
    assert [step.hex() for step in path] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


@given(st.integers(0, 130))
def test_running_root_is_the_definition_and_survives_packing(count: int) -> None:
    leaves = _leaves(count)
    frontier = Frontier()
    for leaf in leaves:
        frontier = Frontier(frontier.size, frontier.packed())
        frontier.push(leaf)
    assert frontier.size == count
    assert frontier.root() == _naive(leaves)


def test_a_frontier_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="disagree"):
        Frontier(3, bytes(32))


@pytest.mark.parametrize("size", range(1, 34))
def test_every_leaf_is_proved_and_nothing_else(size: int) -> None:
    leaves = _leaves(size)
    root = _naive(leaves)
    for index in range(size):
        path = merkle.inclusion_proof(index, size, lambda start, end: _naive(leaves[start:end]))
        assert merkle.check_inclusion(leaves[index], index, size, path, root)
        assert not merkle.check_inclusion(bytes(32), index, size, path, root)
        assert not merkle.check_inclusion(leaves[index], index, size, [*path, bytes(32)], root)
        assert not merkle.check_inclusion(leaves[index], index, size, path, bytes(32))
        if path:
            assert not merkle.check_inclusion(leaves[index], index, size, path[1:], root)
            assert not merkle.check_inclusion(leaves[index], index, size, [bytes(32), *path[1:]], root)
        for other in set(range(size)) - {index}:
            assert not merkle.check_inclusion(leaves[index], other, size, path, root)


@pytest.mark.parametrize("new", range(1, 34))
def test_every_beginning_is_consistent_and_nothing_else(new: int) -> None:
    leaves = _leaves(new)
    new_root = _naive(leaves)
    for old in range(1, new + 1):
        old_root = _naive(leaves[:old])
        path = merkle.consistency_proof(old, new, lambda start, end: _naive(leaves[start:end]))
        assert merkle.check_consistency(old, new, path, old_root, new_root)
        assert not merkle.check_consistency(old, new, path, bytes(32), new_root)
        assert not merkle.check_consistency(old, new, path, old_root, bytes(32))
        assert not merkle.check_consistency(old, new, [*path, bytes(32)], old_root, new_root)
        if path:
            assert not merkle.check_consistency(old, new, path[:-1], old_root, new_root)


def test_impossible_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="leaf"):
        merkle.inclusion_proof(3, 3, lambda _start, _end: b"")
    with pytest.raises(ValueError, match="sizes"):
        merkle.consistency_proof(4, 3, lambda _start, _end: b"")
    assert not merkle.check_inclusion(bytes(32), 0, 0, [], bytes(32))
    assert not merkle.check_consistency(0, 3, [], merkle.EMPTY_ROOT, bytes(32))
