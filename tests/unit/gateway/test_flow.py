"""The table of the journey, and what ``advance`` does with each way a step may end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gateway import flow
from gateway.errors import Unavailable
from gateway.evidence.record import Kind
from gateway.flow import BY_STATE, FLOW, REST
from gateway.steps import Carried
from storage.deliveries import DeliveryState
from storage.outbox import OutboxEntry
from tests.builders import mails_others
from tests.worlds.house import Home


def test_the_table_goes_from_received_to_scheduled_one_way() -> None:
    states = [FLOW[0].before, *(step.after for step in FLOW)]
    assert states == [state for state in DeliveryState if state is not DeliveryState.SET_ASIDE]
    assert all(step.after is following.before for step, following in pairwise(FLOW))
    assert set(BY_STATE) | set(REST) == set(DeliveryState)
    assert [step.name for step in FLOW] == [
        "unseal", "unpack", "read", "match", "file", "acknowledge", "compute",
    ]  # fmt: skip


def test_a_step_is_one_commit_with_its_evidence(home: Home) -> None:
    sha256 = home.send(mails_others.question(home.desk)).sha256
    for step in FLOW:
        assert home.delivery(sha256).state is step.before
        assert flow.advance(home.house, sha256) is step.after
        with home.house.database.reading() as session:
            events = home.house.recorder.events(session, [f"delivery:{sha256}"])
        assert (events[-1].kind, (events[-1].fields or {})["step"]) == (Kind.STEP, step.name)
        assert (events[-1].fields or {})["at"] == home.clock.now().isoformat()


def test_what_rests_or_does_not_exist_does_not_move(sqlite_home: Home) -> None:
    delivery = sqlite_home.carry(mails_others.question(sqlite_home.desk))
    size = len(sqlite_home.rows(OutboxEntry))
    assert flow.advance(sqlite_home.house, delivery.sha256) is DeliveryState.SCHEDULED
    assert sqlite_home.run(delivery.sha256) is DeliveryState.SCHEDULED
    assert len(sqlite_home.rows(OutboxEntry)) == size
    assert flow.advance(sqlite_home.house, "0" * 64) is DeliveryState.SET_ASIDE


def test_of_two_workers_one_moves_and_the_other_learns_where_it_stands(home: Home) -> None:
    """The second has worked on the same state; its commit finds the row moved, and writes nothing."""
    sha256 = home.send(mails_others.question(home.desk)).sha256
    home.carry_until(sha256, DeliveryState.FILED)
    slow = Carried(delivery=home.delivery(sha256))
    assert home.run(sha256) is DeliveryState.SCHEDULED
    before = home.house.recorder.checkpoint(home.house.database)
    assert flow.advance(home.house, sha256, slow) is DeliveryState.SCHEDULED
    assert len(home.rows(OutboxEntry, delivery=sha256)) == 1
    assert home.house.recorder.checkpoint(home.house.database) == before


def test_a_temporary_trouble_is_unavailable_and_moves_nothing(
    sqlite_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interpreter of the children is gone for a while: nothing is said against the mail."""
    sha256 = sqlite_home.send(mails_others.question(sqlite_home.desk)).sha256
    sqlite_home.sandbox.close()
    with monkeypatch.context() as patch:
        patch.setattr("sys.executable", "/bin/false")
        with pytest.raises(Unavailable, match="sera repris"):
            flow.advance(sqlite_home.house, sha256)
    assert sqlite_home.delivery(sha256).state is DeliveryState.RECEIVED
    assert sqlite_home.run(sha256) is DeliveryState.SCHEDULED
