"""The one table of what may become of a letter: what is written is what is done, whatever comes in any
order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import lettermoves
from storage.lettermoves import ARROWS, REACHED, REPORTS, TABLE, Cause, OutboxState, after

STATES = list(OutboxState)
ATTEMPTS = (Cause.SENT, Cause.REFUSED, Cause.EXHAUSTED)
GOOD = (Cause.DELIVERED, Cause.DISPLAYED, Cause.PROCESSED)
_causes = st.lists(st.sampled_from(list(Cause)), max_size=12)
_reports = st.lists(st.sampled_from(sorted(REPORTS)), max_size=12)


def _through(state: OutboxState, causes: Sequence[Cause]) -> OutboxState:
    for cause in causes:
        state = after(state, cause)
    return state


def test_the_drawing_is_the_table() -> None:
    drawn = re.findall(r"^    (\w+)  +([\w*, ]*?)  +(\w+)$", lettermoves.__doc__ or "", re.MULTILINE)
    told = {cause: (set(before.replace("*", "").split(", ")), end) for cause, before, end in drawn[1:]}
    assert told == {
        str(cause): ({str(s) for s in before}, str(end)) for cause, (before, end) in TABLE.items()
    }


def test_every_state_is_reached_and_every_cause_is_in_the_table() -> None:
    assert set(TABLE) == set(Cause)
    reached = {OutboxState.QUEUED}
    while more := {b for a, b in ARROWS if a in reached} - reached:
        reached |= more
    assert reached == set(STATES)


@given(st.sampled_from(STATES), st.sampled_from(list(Cause)))
def test_nothing_moves_outside_the_table_and_nothing_counts_twice(state: OutboxState, cause: Cause) -> None:
    end = after(state, cause)
    assert end is state or (state, end) in ARROWS
    assert after(end, cause) is end


@given(_causes)
def test_only_a_person_puts_a_letter_back_in_the_queue(causes: list[Cause]) -> None:
    state = OutboxState.QUEUED
    for cause in causes:
        end = after(state, cause)
        if end is OutboxState.QUEUED and state is not OutboxState.QUEUED:
            assert cause is Cause.RETRIED
        state = end


@given(st.sampled_from(STATES), _reports)
def test_reports_never_send_a_letter_again_and_never_give_it_up(
    state: OutboxState, told: list[Cause]
) -> None:
    end = _through(state, told)
    if end is not state:
        assert end not in {OutboxState.QUEUED, OutboxState.SENT, OutboxState.GIVEN_UP}


@given(st.sampled_from(STATES), _reports)
def test_what_was_read_is_never_called_undelivered(state: OutboxState, told: list[Cause]) -> None:
    """A delay or a failure of delivery told late changes nothing once the letter is read."""
    read = after(state, Cause.DISPLAYED)
    if read is not OutboxState.DISPLAYED:
        return
    late = [cause for cause in told if cause in {Cause.FAILED, Cause.DELAYED, Cause.DELIVERED}]
    assert _through(read, late) is OutboxState.DISPLAYED


@given(_reports)
def test_processed_is_the_last_word_of_a_correspondent(told: list[Cause]) -> None:
    assert _through(OutboxState.PROCESSED, told) is OutboxState.PROCESSED


@pytest.mark.parametrize("state", STATES)
def test_good_news_in_any_order_end_alike(state: OutboxState) -> None:
    ends = {_through(state, list(order)) for order in permutations(GOOD)}
    assert len(ends) == 1
    assert ends <= REACHED


@pytest.mark.parametrize("cause", ATTEMPTS)
def test_the_outcome_of_an_attempt_never_overwrites_what_came_back(cause: Cause) -> None:
    kept = [state for state in STATES if state is not OutboxState.QUEUED]
    assert [after(state, cause) for state in kept] == kept
