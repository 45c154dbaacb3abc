"""Keys of idempotency: claimed once, answered the same, forgotten after a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage import answers
from storage.answers import KEPT
from storage.db import Database

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_key_is_claimed_once_and_keeps_its_answer(database: Database) -> None:
    with database.transaction() as session:
        assert answers.claim(session, "agathe", "k" * 64, "f" * 64, AT) is None
    with database.transaction() as session:
        held = answers.claim(session, "agathe", "k" * 64, "other", AT + timedelta(minutes=1))
        assert held is not None
        assert (held.fingerprint, held.status) == ("f" * 64, None)
        answers.keep(session, "agathe", "k" * 64, 200, '"i1-v2"', "{}")
    with database.transaction() as session:
        held = answers.claim(session, "agathe", "k" * 64, "f" * 64, AT + timedelta(hours=1))
        assert held is not None
        assert (held.status, held.etag, held.body) == (200, '"i1-v2"', "{}")


def test_keys_of_two_people_are_two_keys(database: Database) -> None:
    with database.transaction() as session:
        assert answers.claim(session, "agathe", "k" * 64, "f" * 64, AT) is None
        assert answers.claim(session, "lille", "k" * 64, "f" * 64, AT) is None


def test_a_key_is_free_again_when_its_time_is_over(database: Database) -> None:
    with database.transaction() as session:
        answers.claim(session, "agathe", "k" * 64, "f" * 64, AT)
        just_before = AT + KEPT - timedelta(seconds=1)
        assert answers.claim(session, "agathe", "k" * 64, "g" * 64, just_before) is not None
        assert answers.claim(session, "agathe", "k" * 64, "g" * 64, AT + KEPT) is None
