"""Four things known of a letter, none of which says another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.outbound.standing import Mark, four
from storage.outbox import Following, OutboxEntry, OutboxState, Receipt
from tests.builders.seen import AT, HOSPITAL, MAILBOX


def _entry(**columns: object) -> OutboxEntry:
    return OutboxEntry.model_validate(
        {
            "message_id": "<1@cnse.example>", "circuit": "essai", "letter": "accuse", "mailbox": MAILBOX,
            "recipient": HOSPITAL, "subject": "Accusé", "raw_sha256": "f" * 64, "state": OutboxState.SENT,
            "created_at": AT, "next_attempt_at": AT, "sent_at": AT, **columns,
        }
    )  # fmt: skip


def _codes(entry: OutboxEntry, *actions: str) -> list[str | None]:
    receipts = [
        Receipt(outbox_id=1, delivery=f"{n}" * 64, action=action, at=AT + timedelta(hours=n))
        for n, action in enumerate(actions, 1)
    ]
    return [mark.code for mark in four(entry, receipts)]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ((), ["sent", None, None, None]),
        (("delivered",), ["sent", "delivered", None, None]),
        (("displayed",), ["sent", None, "displayed", None]),
        (("answered",), ["sent", None, None, "answered"]),
        (("relayed",), ["sent", "relayed", None, None]),
        (("failed", "delivered"), ["sent", "delivered", None, None]),
        (("delivered", "failed"), ["sent", "failed", None, None]),
        (("delivered", "delayed"), ["sent", "delivered", None, None]),
        (("displayed", "deleted"), ["sent", None, "displayed", None]),
        (("answered", "auto-reply"), ["sent", None, None, "answered"]),
        (("auto-reply",), ["sent", None, None, "auto-reply"]),
        (("delivered", "displayed", "answered"), ["sent", "delivered", "displayed", "answered"]),
    ],
)
def test_each_is_told_by_what_speaks_of_it_alone(
    actions: tuple[str, ...], expected: list[str | None]
) -> None:
    assert _codes(_entry(), *actions) == expected


@pytest.mark.parametrize(
    ("state", "code", "tone"),
    [
        (OutboxState.QUEUED, "queued", "quiet"),
        (OutboxState.FAILED, "failed", "bad"),
        (OutboxState.GIVEN_UP, "given_up", "bad"),
    ],
)
def test_a_letter_that_has_not_left_says_why(state: OutboxState, code: str, tone: str) -> None:
    transport, *others = four(_entry(state=state, sent_at=None), [])
    assert (transport.code, transport.tone) == (code, tone)
    assert [mark.code for mark in others] == [None, None, None]


@pytest.mark.parametrize(("expects", "place"), [("delivery", 1), ("reading", 2), ("answer", 3)])
def test_what_is_waited_for_says_until_when_and_how_far_the_wait_is(expects: str, place: int) -> None:
    due = AT + timedelta(days=2)
    entry = _entry(expects=expects, following=Following.REMINDED, expected_by=due)
    marks = four(entry, [])
    assert [mark.expected_by for mark in marks] == [due if n == place else None for n in range(4)]
    assert (marks[place].words, marks[place].tone) == ("relancée, attendue", "warn")


def test_an_answer_by_telephone_is_an_answer() -> None:
    entry = _entry(expects="answer", following=Following.ANSWERED)
    assert four(entry, [])[3] == Mark("Réponse", "answered", "réponse notée par une personne", "done", None)
