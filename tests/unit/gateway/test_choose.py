"""A person decides what filing left open: join the candidate, or open a new case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.cases.choose import Choice, choose_case
from gateway.clock import TurnableClock
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind, Recorder
from storage import cases, deadlines
from storage.cases import Case, Item
from storage.db import Database
from storage.deadlines import DeadlineState
from storage.vault import Vault
from tests.builders import rows
from tests.builders.seen import authorisation, circuit, decision, mail
from tests.worlds.desk_day import DeskDay


@pytest.fixture
def desk(database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock) -> DeskDay:
    return DeskDay(database, vault, recorder, clock)


def _undecided(desk: DeskDay) -> tuple[Case, Item]:
    first = desk.receive("a", authorisation())
    desk.clock.turn(timedelta(days=1))
    doubtful = desk.receive("b", authorisation(reference="DZ2026118"))
    assert first.case is not None
    assert (doubtful.case, doubtful.candidates) == (None, 1)
    return first.case, doubtful.items[0]


def _choose(desk: DeskDay, item: Item, reference: str | None, version: int = 1) -> tuple[Case, list[Kind]]:
    document = authorisation(reference="DZ2026118")
    seen = replace(mail(document), sha256="b" * 64)
    with desk.database.transaction() as session:
        case, events = choose_case(
            session,
            Choice(item.id or 0, version, reference, "anne"),
            rows.stored_documents(session, "b" * 64),
            seen,
            decision(seen),
            circuit(),
            desk.clock.now(),
        )
        return case, [kind for kind, _, _ in events]


def test_the_candidate_chosen_takes_the_documents_and_no_second_period(desk: DeskDay) -> None:
    known, item = _undecided(desk)
    case, kinds = _choose(desk, item, known.reference.lower())
    assert case.id == known.id
    assert kinds == [Kind.CANDIDATE_CHOSEN]
    with desk.database.reading() as session:
        assert len(cases.documents(session, known.id or 0)) == 2
        assert len(cases.periods(session, known.id or 0)) == 1
        changed = cases.item(session, item.id or 0)
        assert changed is not None
        assert (changed.case_id, changed.version) == (known.id, 2)
        states = [d.state for d in rows.deadlines_in(session)]
    assert states == [DeadlineState.OPEN, DeadlineState.CANCELLED]


def test_none_of_the_candidates_opens_a_case_with_its_period_and_deadline(desk: DeskDay) -> None:
    known, item = _undecided(desk)
    case, kinds = _choose(desk, item, None)
    assert case.reference == "PSR-2026-00002"
    assert case.id != known.id
    assert kinds == [Kind.CANDIDATE_CHOSEN, Kind.PERIOD_ADDED]
    with desk.database.reading() as session:
        assert [d.state for d in deadlines.pending_of_case(session, case.id or 0)] == [DeadlineState.OPEN]


def test_a_choice_is_made_once_on_what_was_read(desk: DeskDay) -> None:
    known, item = _undecided(desk)
    with pytest.raises(NotFound):
        _choose(desk, item, "PSR-2026-99999")
    with pytest.raises(Refused, match="relisez"):
        _choose(desk, item, known.reference, version=9)
    _choose(desk, item, known.reference)
    with pytest.raises(Refused, match="relisez"):
        _choose(desk, item, known.reference, version=2)
    with pytest.raises(NotFound):
        _choose(desk, item.model_copy(update={"id": 999}), known.reference)
