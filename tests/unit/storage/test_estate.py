"""Counts of the administrator on both databases."""

from __future__ import annotations

from datetime import timedelta

from gateway.evidence.record import Recorder
from storage import estate, executors
from storage.db import Database
from storage.deliveries import DeliveryState
from storage.outbox import OutboxState
from storage.vault import Vault
from tests.builders import seed
from tests.builders.office import AT


def test_what_the_office_holds_is_counted(database: Database, vault: Vault, recorder: Recorder) -> None:
    office = seed.furnish(database, vault, recorder)
    with database.reading() as session:
        boxes = estate.inboxes(session, AT - timedelta(days=1))
        way = estate.unfinished(session)
        aside = estate.aside(session)
        letters = estate.letters(session)
    assert aside == 1
    assert sum(box.arrivals for box in boxes.values()) == len(set(office.deliveries.values()))
    assert all(box.last_at is not None and box.recent <= box.arrivals for box in boxes.values())
    assert {one.state for one in way}.isdisjoint({DeliveryState.SCHEDULED, DeliveryState.SET_ASIDE})
    assert set(letters) == set(OutboxState)
    assert sum(letters.values()) > 0


def test_an_instance_is_alive_within_the_silence_allowed(database: Database) -> None:
    with database.transaction() as session:
        executors.beat(session, "b", AT - timedelta(minutes=3))
        executors.beat(session, "a", AT)
    with database.reading() as session:
        found = estate.executors(session, AT, timedelta(minutes=2))
    assert [(name, alive) for name, _, alive in found] == [("a", True), ("b", False)]
