"""What a person may see of a letter, and the only two moves a person may make."""

from __future__ import annotations

import argparse
import json

import pytest

from gateway.cli import outbox as words
from gateway.cli.outbox import ABANDONED, RETRIED, standing
from gateway.errors import NotFound, Refused
from storage import outbox
from storage.outbox import OutboxEntry, OutboxState, Receipt
from tests.builders.seen import AT, HOSPITAL, MAILBOX
from tests.worlds.house import Home


def _entry(state: OutboxState = OutboxState.QUEUED) -> OutboxEntry:
    return OutboxEntry(
        message_id=f"<{state}@cnse.example>", circuit="essai", letter="accuse", mailbox=MAILBOX,
        recipient=HOSPITAL, subject="Accusé", raw_sha256="f" * 64, state=state, created_at=AT,
        next_attempt_at=AT,
    )  # fmt: skip


def _run(home: Home, *line: str) -> int:
    root = argparse.ArgumentParser()
    words.add_to(root.add_subparsers())
    arguments = root.parse_args(["outbox", *line])
    done: int = arguments.run(arguments, home.house.settings)
    return done


@pytest.mark.parametrize("state", list(OutboxState))
def test_a_letter_is_retried_or_given_up_only_from_where_it_makes_sense(
    sqlite_home: Home, state: OutboxState
) -> None:
    for word, allowed, after in (
        ("give-up", ABANDONED, OutboxState.GIVEN_UP),
        ("retry", RETRIED, OutboxState.QUEUED),
    ):
        made = _entry(state)
        made.message_id = f"<{word}-{state}@cnse.example>"
        with sqlite_home.house.database.transaction() as session:
            entry = outbox.queue(session, made)
            assert entry is not None
        if state in allowed:
            assert _run(sqlite_home, word, str(entry.id)) == 0
        else:
            with pytest.raises(Refused, match="rien n'a changé"):
                _run(sqlite_home, word, str(entry.id))
        (row,) = sqlite_home.rows(OutboxEntry, message_id=made.message_id)
        assert row.state is (after if state in allowed else state)


def test_list_and_show_say_four_things_apart(sqlite_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite_home.house.database.transaction() as session:
        assert outbox.queue(session, _entry()) is not None
    assert _run(sqlite_home, "list", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert _run(sqlite_home, "show", str(told["id"]), "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert {k: shown[k] for k in ("transport", "delivery", "reading", "answer")} == {
        "transport": "queued", "delivery": None, "reading": None, "answer": None,
    }  # fmt: skip
    with pytest.raises(NotFound):
        _run(sqlite_home, "show", "999")


def test_a_reading_says_nothing_of_a_delivery() -> None:
    entry = _entry(OutboxState.DISPLAYED)
    entry.sent_at = AT
    seen = [Receipt(outbox_id=1, delivery="a" * 64, action="displayed", at=AT)]
    assert standing(entry, seen) == {
        "transport": "sent", "delivery": None, "reading": "displayed", "answer": None,
    }  # fmt: skip
