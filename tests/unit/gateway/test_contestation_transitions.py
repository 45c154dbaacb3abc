"""The table of a contestation: every arrow, who may, and the drawing that says the same."""

from __future__ import annotations

import re
from itertools import product

import pytest

from gateway.contestations import transitions
from gateway.contestations.transitions import (
    ARROWS,
    GATEWAY,
    STATES,
    Actor,
    Verb,
    Who,
    arrow,
    follow,
    may,
    verbs_for,
)
from gateway.errors import Refused
from storage.contestations import ContestationState as State

STAFF = Actor("agathe", works=True)
CHIEF = Actor("sylvie", works=True, supervises=True)
STRANGER = Actor("lille")


def test_the_drawing_is_the_table() -> None:
    drawn = re.findall(r"(?m)^    (\w)  ([\w-]+) ─ ([\w-]+) ─▶ ([\w-]+)", transitions.__doc__ or "")
    assert drawn == [(a.letter, str(a.before), str(a.verb), str(a.after)) for a in ARROWS]


def test_one_arrow_a_state_and_verb_and_every_state_is_reached_and_left() -> None:
    pairs = [(a.before, a.verb) for a in ARROWS]
    assert len(pairs) == len(set(pairs))
    assert {a.after for a in ARROWS} == {a.before for a in ARROWS} == set(State) == set(STATES)


def test_only_a_dispute_goes_to_the_commission() -> None:
    before = {a.before for a in ARROWS if a.verb is Verb.REFER}
    assert before == {State.DISPUTE}
    assert {a.before for a in ARROWS if a.after is State.COMMISSION} == {State.DISPUTE, State.EXPERTISE}


@pytest.mark.parametrize(("state", "verb"), list(product(State, Verb)))
def test_every_pair_follows_or_is_refused(state: State, verb: Verb) -> None:
    found = arrow(state, verb)
    for actor in (STAFF, CHIEF, GATEWAY, STRANGER):
        if found is not None and may(found, actor):
            assert follow(state, verb, actor) is found
        else:
            with pytest.raises(Refused):
                follow(state, verb, actor)


def test_who_may() -> None:
    assert verbs_for(State.COMMISSION, STAFF) == (Verb.WIN, Verb.ACCEPT)
    assert Verb.EXAMINE in verbs_for(State.COMMISSION, CHIEF)
    assert verbs_for(State.MATCHED, GATEWAY) == (Verb.LACK,)
    assert all(verbs_for(state, STRANGER) == () for state in State)
    assert {a.who for a in ARROWS} == set(Who)
