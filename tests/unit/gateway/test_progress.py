"""What becomes of a delay, from facts told in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.deadlines.progress import Fact, progress
from gateway.deadlines.terms import Pause, lasting
from tests.builders.seen import ANSWER, AT

RULE = replace(
    ANSWER,
    stopped_by=("answer",),
    replaced_by=("@granted",),
    paused_by=("@event:asked",),
    resumed_by=("@event:received",),
    restarted_by=("@event:notified",),
)
DAY = date(2026, 11, 23)


def fact(name: str, days: int, *, delivery: str | None = None, number: int = 0) -> Fact:
    return Fact(name, DAY + timedelta(days=days), AT + timedelta(days=days), name, delivery, number)


def test_what_comes_first_decides() -> None:
    stop, grant, again = fact("answer", 3), fact("@granted", 2), fact("@event:notified", 1, number=7)
    assert progress(RULE, [stop, grant, again], AT).restarted == again
    assert progress(RULE, [stop, grant], AT).replaced == grant
    assert progress(RULE, [stop], AT).stopped == stop
    assert progress(RULE, [], AT) == progress(RULE, [fact("ailleurs", 1)], AT)


def test_the_mail_that_started_it_and_what_came_before_change_nothing() -> None:
    own, before = fact("answer", 0, delivery="a" * 64), fact("answer", -1)
    assert progress(RULE, [own, before], AT, delivery="a" * 64).stopped is None
    assert progress(RULE, [own], AT, delivery="b" * 64).stopped == own


def test_a_report_forwarded_says_nothing_of_the_delays_of_other_mails() -> None:
    forwarded = replace(fact("answer", 3), about="a" * 64)
    assert progress(RULE, [forwarded], AT, delivery="a" * 64).stopped == forwarded
    assert progress(RULE, [forwarded], AT, delivery="b" * 64).stopped is None
    assert progress(RULE, [forwarded], AT).stopped is None


def test_an_event_never_restarts_what_it_started_nor_an_older_one() -> None:
    third, fifth = fact("@event:notified", 0, number=3), fact("@event:notified", 0, number=5)
    assert progress(RULE, [third, fifth], AT, number=5).restarted is None
    assert progress(RULE, [third, fifth], AT, number=3).restarted == fifth
    assert progress(RULE, [third], AT + timedelta(days=9), number=1).restarted == third


def test_suspensions_open_close_and_never_overlap() -> None:
    asked, asked_again = fact("@event:asked", 1, number=1), fact("@event:asked", 2, number=2)
    received = fact("@event:received", 5, number=3)
    late = replace(fact("@event:asked", 6, number=4), on=DAY + timedelta(days=3))
    (first,) = progress(RULE, [asked, asked_again], AT).pauses
    assert (first.on, first.until) == (asked.on, None)
    went = progress(RULE, [late, received, asked_again, asked], AT).pauses
    assert [(p.on, p.until) for p in went] == [(asked.on, received.on), (received.on, None)]
    assert lasting(went)
    assert progress(RULE, [received], AT).pauses == ()


_facts = st.lists(
    st.tuples(
        st.sampled_from(["answer", "@granted", "@event:asked", "@event:received", "ailleurs"]),
        st.integers(-5, 40),
    ),
    max_size=10,
    unique_by=lambda told: told[1],
)


@given(_facts, st.randoms(use_true_random=False))
def test_the_order_facts_are_told_in_does_not_matter(told: list[tuple[str, int]], random: object) -> None:
    facts = [fact(name, days) for name, days in told]
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert progress(RULE, shuffled, AT) == progress(RULE, facts, AT)


@given(_facts)
def test_suspensions_are_in_order_and_nothing_follows_a_stop(told: list[tuple[str, int]]) -> None:
    facts = [fact(name, days) for name, days in told]
    went = progress(RULE, facts, AT)
    ends = [went.stopped, went.replaced, went.restarted]
    assert sum(one is not None for one in ends) <= 1
    reached = date.min
    for pause in went.pauses:
        assert reached <= pause.on
        assert pause.until is None or pause.on <= pause.until
        reached = pause.until or pause.on
    assert all(pause.until is not None for pause in went.pauses[:-1])
    last = next((one for one in ends if one is not None), None)
    if last is not None:
        assert all(pause.on <= last.on for pause in went.pauses)


def test_a_pause_as_json_and_back() -> None:
    pause = Pause(DAY, None, "pièces")
    assert pause.row() == {"on": "2026-11-23", "why": "pièces"}
    assert datetime.fromisoformat("2026-11-23").date() == DAY
