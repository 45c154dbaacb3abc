"""The delay to forward a report ends when its own letter left, and the identification's when it did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.clock import TurnableClock
from gateway.evidence.record import Recorder
from storage import outbox
from storage.db import Database
from storage.deadlines import DeadlineState
from storage.outbox import OutboxEntry
from storage.vault import Vault
from tests.builders import shipped
from tests.builders.seen import document
from tests.worlds.desk_case import dues, identity, only_case
from tests.worlds.desk_day import DeskDay

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def desk(database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock) -> DeskDay:
    clock.set(DAY)
    world = DeskDay(database, vault, recorder, clock, shipped.circuit())
    authorised = {**identity(), "start_date": "2026-10-05", "end_date": "2027-02-26", "amount": "1000.00"}
    world.receive("a", document(0, "se352-301", authorised))
    for letter in ("b", "c"):
        clock.set(clock.now() + timedelta(hours=1))
        world.receive(letter, document(0, "medical-report", identity()))
    return world


def _left(desk: DeskDay, letter: str, mail: str) -> None:
    """A letter about the case that the next mail server took now."""
    at = desk.clock.now() + timedelta(hours=1)
    desk.clock.set(at)
    with desk.database.transaction() as session:
        made = outbox.queue(
            session,
            OutboxEntry(
                message_id=f"<{letter}-{mail}@x>", circuit=desk.circuit.name, letter=letter, mailbox="a@x",
                recipient="b@y", subject="S", raw_sha256="f" * 64, delivery=mail * 64,
                case_id=only_case(desk).id, created_at=at, next_attempt_at=at,
            ),
        )  # fmt: skip
        assert made is not None
        made.sent_at = at
        session.add(made)


def _states(desk: DeskDay, kind: str) -> dict[str, DeadlineState]:
    return {(d.delivery or "")[:1]: d.state for d in dues(desk, kind)}


def test_a_forwarding_ends_the_delay_of_its_own_mail_alone(desk: DeskDay) -> None:
    assert _states(desk, "report-to-cnas") == dict.fromkeys("bc", DeadlineState.OPEN)
    _left(desk, "transmission-compte-rendu", "b")
    desk.sweep()
    assert _states(desk, "report-to-cnas") == {"b": DeadlineState.MET, "c": DeadlineState.OPEN}


def test_the_answer_to_the_hospital_ends_the_delay_of_identification(desk: DeskDay) -> None:
    _left(desk, "reponse-etablissement", "a")
    desk.sweep()
    assert _states(desk, "cpam-identification") == {"a": DeadlineState.OPEN}
    _left(desk, "identification-provisoire", "a")
    desk.sweep()
    assert _states(desk, "cpam-identification") == {"a": DeadlineState.MET}
