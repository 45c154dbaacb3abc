"""Due dates written with their case, ended by later documents, whatever the order of the work."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.clock import TurnableClock
from gateway.deadlines.schedule import stop_deadlines
from gateway.evidence.record import Kind, Recorder
from storage import deadlines
from storage.db import Database
from storage.deadlines import Deadline, DeadlineState
from storage.vault import Vault
from tests.builders import rows
from tests.builders.seen import AT, COVERAGE, FINESS, authorisation, circuit, document
from tests.worlds.desk_day import DeskDay

REQUEST = {
    "reference": "DZ2026117",
    "patient_name": "BENALI",
    "patient_first_names": "MOHAMED",
    "patient_birth_date": "1961-03-14",
    "establishment_finess": FINESS,
    "requested_start": "2027-02-27",
    "requested_end": "2027-05-31",
}


@pytest.fixture
def desk(database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock) -> DeskDay:
    return DeskDay(database, vault, recorder, clock)


def _all(desk: DeskDay) -> list[Deadline]:
    with desk.database.reading() as session:
        return rows.deadlines_in(session)


def test_a_coverage_end_is_set_in_its_case_with_its_reminders(desk: DeskDay) -> None:
    filed = desk.receive("a", authorisation())
    (deadline,) = _all(desk)
    assert filed.case is not None
    assert (deadline.kind, deadline.due, deadline.case_id) == (
        "coverage-end",
        date(2027, 2, 26),
        filed.case.id,
    )
    assert deadline.title == "Fin de la prise en charge"
    with desk.database.reading() as session:
        assert len(deadlines.reminders(session, deadline.id or 0)) == 4
        (event,) = [
            e
            for e in desk.recorder.events(session, [f"delivery:{'a' * 64}"])
            if e.kind == Kind.DEADLINE_SET
        ]
        assert event.fields is not None
        assert event.fields["due"] == "2027-02-26"


def test_scheduling_again_writes_nothing(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    assert desk.schedule("a", authorisation(), received_at=AT) == 0
    assert len(_all(desk)) == 1


def test_a_further_copy_watches_nothing_more(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.turn(timedelta(days=1))
    desk.receive("b", authorisation(copy="2"))
    assert len(_all(desk)) == 1


def test_a_request_ends_the_reminders_and_waits_for_its_answer(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.turn(timedelta(days=30))
    desk.receive("b", document(0, "se352-302-request", REQUEST))
    coverage, answer = _all(desk)
    assert (coverage.state, coverage.ended_at) == (DeadlineState.MET, desk.clock.now())
    assert (answer.kind, answer.state, answer.case_id) == (
        "cnas-answer",
        DeadlineState.OPEN,
        coverage.case_id,
    )
    with desk.database.reading() as session:
        reasons = {r.skipped for r in deadlines.reminders(session, coverage.id or 0)}
    assert reasons == {"« Demande de poursuite (SE 352-302) » est au dossier"}


def test_an_answer_processed_before_its_request_ends_it_all_the_same(desk: DeskDay) -> None:
    """Two workers: the mails arrive in order, their work does not end in order."""
    desk.receive("a", authorisation())
    request = document(0, "se352-302-request", REQUEST)
    granted = {"answer": "accord", "granted_start": "2027-02-27", "granted_end": "2027-05-31"}
    asked_at = desk.clock.now() + timedelta(days=1)
    desk.clock.set(asked_at)
    desk.receive("b", request)
    desk.clock.turn(timedelta(days=5))
    desk.receive("c", document(0, "se352-302-answer", {**REQUEST, **granted}))
    assert [(d.kind, d.state) for d in _all(desk)] == [
        ("coverage-end", DeadlineState.MET),
        ("cnas-answer", DeadlineState.MET),
        ("coverage-end", DeadlineState.OPEN),
    ]
    # the same three, the request scheduled last
    other = DeskDay(desk.database, desk.vault, desk.recorder, desk.clock)
    with other.database.transaction() as session:
        late = deadlines.add(
            session,
            Deadline(
                kind="cnas-answer",
                origin="delivery:late",
                circuit="essai",
                delivery="b" * 64,
                case_id=_all(desk)[0].case_id,
                due=date(2026, 12, 20),
                basis="b",
                status="to be confirmed",
                created_at=desk.clock.now(),
            ),
        )
        assert late is not None
    other.schedule("b", request, received_at=asked_at)
    assert [d.state for d in _all(other) if d.origin == "delivery:late"] == [DeadlineState.MET]


def test_an_earlier_document_ends_nothing(desk: DeskDay) -> None:
    desk.receive("a", authorisation())
    desk.clock.turn(timedelta(days=1))
    desk.receive("b", document(0, "se352-302-request", REQUEST))
    granted = {"answer": "accord", "granted_start": "2027-02-27", "granted_end": "2027-05-31"}
    desk.clock.turn(timedelta(days=1))
    desk.receive("c", document(0, "se352-302-answer", {**REQUEST, **granted}))
    newest = _all(desk)[-1]
    assert (newest.kind, newest.due, newest.state) == (
        "coverage-end",
        date(2027, 5, 31),
        DeadlineState.OPEN,
    )


def test_a_form_never_ends_the_delay_it_starts(
    database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> None:
    """The answer that grants a period ends the watch on the former one, not on its own."""
    watched = replace(COVERAGE, stopped_by=("se352-302-answer",))
    desk = DeskDay(database, vault, recorder, clock, circuit(deadlines=(watched,)))
    desk.receive("a", authorisation())
    desk.clock.turn(timedelta(days=1))
    granted = {"answer": "accord", "granted_start": "2027-02-27", "granted_end": "2027-05-31"}
    desk.receive("b", document(0, "se352-302-answer", {**REQUEST, **granted}))
    assert [d.state for d in _all(desk)] == [DeadlineState.MET, DeadlineState.OPEN]


def test_delays_are_ended_by_name(desk: DeskDay) -> None:
    filed = desk.receive("a", authorisation())
    assert filed.case is not None
    with desk.database.transaction() as session:
        late = desk.clock.now() + timedelta(days=400)
        assert stop_deadlines(session, filed.case.id or 0, ["autre"], late, "essai") == ()
        ((kind, _, fields),) = stop_deadlines(session, filed.case.id or 0, ["coverage-end"], late, "essai")
        assert (kind, fields["late"], fields["reason"]) == (Kind.DEADLINE_ENDED, True, "essai")
        assert stop_deadlines(session, filed.case.id or 0, ["coverage-end"], late, "essai") == ()
