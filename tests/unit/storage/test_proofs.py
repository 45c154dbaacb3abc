"""One entry shown to a third party without the others; two states of the log shown to agree."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gateway.clock import TurnableClock
from storage import audit, merkle, notes, proofs
from storage.db import Database
from storage.keys import KeyRing
from storage.notes import Signer
from storage.proofs import Tree


@pytest.fixture
def size(database: Database, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(proofs, "_TILE", 4)
    with database.transaction() as session:
        for number in range(23):
            audit.append(session, clock.now(), "step", f"delivery:{number}", {})
    return 23


def test_every_entry_of_every_size_is_proved(database: Database, size: int) -> None:
    with database.reading() as session:
        tree = Tree(session)
        for state in (1, 7, 16, size):
            root = tree.root(0, state)
            for position in range(state):
                proof = tree.inclusion(position, state)
                leaf = merkle.leaf_hash(proof.body)
                assert merkle.check_inclusion(leaf, proof.position, proof.size, proof.path, root)
        assert (size, tree.root(0, size)) == audit.head(session)


def test_every_two_states_are_consistent(database: Database, size: int) -> None:
    with database.reading() as session:
        tree = Tree(session)
        for old in range(1, size + 1):
            path = tree.consistency(old, size)
            assert merkle.check_consistency(old, size, path, tree.root(0, old), tree.root(0, size))


def test_what_is_not_there_is_not_proved(database: Database, size: int) -> None:
    with database.reading() as session:
        tree = Tree(session)
        with pytest.raises(ValueError, match="leaf"):
            tree.inclusion(size, size)
        with pytest.raises(LookupError, match="misses"):
            tree.inclusion(0, size + 5)


def test_two_checkpoints_are_shown_to_continue(
    database: Database, clock: TurnableClock, ring: KeyRing
) -> None:
    signer = Signer("passerelle", ring.public_key, ring.sign)
    for count in (5, 8):
        with database.transaction() as session:
            for _ in range(count):
                audit.append(session, clock.now(), "step", "delivery:a", {})
            audit.checkpoint(session, clock.now(), signer)
    with database.reading() as session:
        shown = proofs.consistency(session, 5, 13)
        assert shown is not None
        assert shown.holds
        roots = [
            notes.read(n, "passerelle", ring.public_key).root for n in (shown.old_note, shown.new_note)
        ]
        assert merkle.check_consistency(5, 13, shown.path, *roots)
        for old, new in ((13, 5), (5, 12), (0, 5)):
            assert proofs.consistency(session, old, new) is None
    with database.transaction() as session:
        session.connection().execute(text("UPDATE audit_events SET leaf = body WHERE position = 2"))
    with database.reading() as session:
        shown = proofs.consistency(session, 5, 13)
        assert shown is not None
        assert not shown.holds
