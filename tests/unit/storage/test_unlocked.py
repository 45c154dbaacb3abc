from __future__ import annotations

from datetime import UTC, datetime

from storage import unlocked
from storage.db import Database
from storage.unlocked import UnlockedCopy

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _copy(sha256: str, copy: str) -> UnlockedCopy:
    return UnlockedCopy(sha256=sha256 * 64, copy_sha256=copy * 64, at=AT, person="agent")


def test_a_document_is_read_from_its_first_copy_until_it_is_forgotten(database: Database) -> None:
    with database.transaction() as session:
        assert unlocked.keep(session, _copy("a", "1"))
        assert not unlocked.keep(session, _copy("a", "2"))
    with database.reading() as session:
        assert unlocked.readable(session, ["a" * 64, "b" * 64]) == {"a" * 64: "1" * 64, "b" * 64: "b" * 64}
        assert unlocked.readable(session, []) == {}
    with database.transaction() as session:
        assert unlocked.forget(session, "a" * 64) == ["1" * 64]
        assert unlocked.forget(session, "a" * 64) == []
        assert unlocked.readable(session, ["a" * 64]) == {"a" * 64: "a" * 64}
