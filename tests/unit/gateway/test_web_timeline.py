"""The timeline: by day, then by mail, the machinery apart, nothing lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from gateway.evidence.record import Kind
from gateway.web.cases.timeline import folded, timeline, titles
from storage.audit import Event
from storage.cases import Item
from storage.outbox import OutboxEntry
from storage.sheets import Mailed

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _letter() -> Mailed:
    return Mailed(
        OutboxEntry(
            message_id="<m>",
            circuit="c",
            letter="accuse",
            mailbox="b",
            recipient="r",
            subject="s",
            raw_sha256="0" * 64,
            delivery="aa",
            created_at=AT,
            next_attempt_at=AT,
        )
    )


EVENTS = [
    Event(6, AT + timedelta(hours=14, minutes=30), Kind.ITEM_DONE, "delivery:aa", {}),
    Event(5, AT, Kind.LETTER_SENT, "outbox:<m>", {"letter": "accuse"}),
    Event(4, AT, Kind.CANDIDATE_CHOSEN, "case:C-1", {"delivery": "bb"}),
    Event(3, AT, Kind.STEP, "delivery:aa", {"step": "read"}),
    Event(2, AT, Kind.PERIOD_ADDED, "case:C-1", {"status": "granted"}),
    Event(1, AT, Kind.ARRIVAL, "delivery:aa", {}, erased=True),
]


def test_by_french_day_then_by_mail() -> None:
    days = timeline(EVENTS, [_letter()], {})
    assert [day.on for day in days] == [date(2026, 11, 24), date(2026, 11, 23)]
    assert [chapter.delivery for chapter in days[1].chapters] == ["aa", "bb", ""]
    first = days[1].chapters[0]
    assert [told.position for told in first.told] == [5, 1]
    assert [told.position for told in first.technical] == [3]


def test_nothing_is_lost_by_folding() -> None:
    days = timeline(EVENTS, [_letter()], {})
    for shown in range(6):
        recent, older = folded(days, shown)
        chapters = [c for side in (recent, older) for day in side for c in day.chapters]
        assert chapters == [c for day in days for c in day.chapters]
        assert sum(len(day.chapters) for day in recent) == min(shown, 4)


def test_a_mail_is_known_under_its_first_item() -> None:
    items = [
        Item(delivery="aa", circuit="c", queue=q, kind="k", title=q, created_at=AT) for q in ("x", "y")
    ]
    assert titles(items)["aa"].title == "x"
