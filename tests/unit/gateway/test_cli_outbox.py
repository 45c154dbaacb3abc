"""What a person may see of a letter, and the only two moves a person may make."""

from __future__ import annotations

import argparse
import json

import pytest

from gateway.cli import outbox as words
from gateway.cli.outbox import ABANDONED, RETRIED
from gateway.errors import NotFound, Refused
from storage import calls, outbox
from storage.calls import Call, CallReason
from storage.outbox import Following, OutboxEntry, OutboxState
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


def _call(home: Home) -> Call:
    with home.house.database.transaction() as session:
        made = _entry(OutboxState.SENT)
        made.sent_at, made.expects, made.following = AT, "delivery", Following.ESCALATED
        entry = outbox.queue(session, made)
        assert entry is not None
        asked = Call(
            key="essai", reason=CallReason.NO_RECEIPT, circuit="essai", queue="cnse-administratif",
            recipient=HOSPITAL, phone="01 99 00 12 34", outbox_id=entry.id, at=AT,
        )  # fmt: skip
        assert calls.add(session, asked)
        (call,) = calls.waiting(session, 10)
    return call


def test_a_call_is_listed_shown_with_its_letter_and_done_once(
    sqlite_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    call = _call(sqlite_home)
    assert _run(sqlite_home, "calls", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["phone"], told["queue"]) == ("01 99 00 12 34", "cnse-administratif")
    assert _run(sqlite_home, "show", str(call.outbox_id)) == 0
    shown = capsys.readouterr().out
    for said in ("Transport", "prise par le serveur suivant", "Remise", "attendue, une personne appelle"):
        assert said in shown
    assert "01 99 00 12 34" in shown
    assert _run(sqlite_home, "called", str(call.id), "--note", "lettre lue") == 0
    capsys.readouterr()
    (entry,) = sqlite_home.rows(OutboxEntry)
    assert entry.following is Following.ANSWERED
    with pytest.raises(Refused, match="déjà fait"):
        _run(sqlite_home, "called", str(call.id))
    with pytest.raises(NotFound):
        _run(sqlite_home, "called", "999")
    assert _run(sqlite_home, "calls", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
