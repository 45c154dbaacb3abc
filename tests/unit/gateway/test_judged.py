"""Due dates follow what a person says of a document, under the rules as shipped, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway.clock import TurnableClock
from gateway.deadlines.judged import AGAIN, COPY, REJECTED, UNANSWERED
from gateway.evidence.record import Kind, Recorder
from storage import deadlines, items, outbox, reviews
from storage.cases import Counter, PeriodStatus
from storage.db import Database
from storage.deadlines import WAITING, Deadline, DeadlineState
from storage.outbox import OutboxState
from storage.proposals import ProposalState
from storage.reviews import Said
from storage.vault import Vault
from tests.builders.seen import authorisation, document
from tests.worlds import judging
from tests.worlds.desk_case import answer, dues, identity, noon, proposed, report, request, sent, settle
from tests.worlds.desk_day import DeskDay
from tests.worlds.judging import correct, judge, receive, retype, statuses
from tests.worlds.shipped_desk import open_desk, shipped_rules

REMIND = date(2027, 1, 27)
"""30 days before the end of cover of ``authorisation``."""


@pytest.fixture
def desk(database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock) -> DeskDay:
    return open_desk(database, vault, recorder, clock, shipped_rules())


def _waiting(desk: DeskDay, letter: str) -> set[str]:
    with desk.database.reading() as session:
        return {d.kind for d in deadlines.of_mail(session, letter * 64) if d.state in WAITING}


def _why(desk: DeskDay, deadline: Deadline) -> str:
    with desk.database.reading() as session:
        return deadlines.versions(session, deadline.id or 0)[-1].why


def test_what_a_rejected_form_started_ends_and_no_reminder_leaves(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    started = _waiting(desk, "a")
    assert {"coverage-end", "extension-request", "medical-report", "cpam-identification"} <= started
    told = judge(desk, "a", Said.REJECTED)
    assert told[:2] == [Kind.REVIEW, Kind.PERIOD_STRUCK]
    assert set(told[2:]) == {Kind.DEADLINE_ENDED}
    assert _waiting(desk, "a") == {"acknowledgement-registration", "acknowledgement-receipt"} & started
    (cover,) = dues(desk, "coverage-end")
    assert (cover.state, _why(desk, cover)) == (DeadlineState.CANCELLED, REJECTED)
    desk.clock.set(noon(date(2026, 12, 20)))
    desk.sweep()  # what is due now of the acknowledgement, nothing of the cover
    assert sent(desk, date(2027, 1, 20), date(2027, 2, 28), step=3) == []
    assert judging.covered(desk) == ()


def test_taken_back_in_time_the_reminders_leave_as_if_nothing_had_been_said(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    before = _waiting(desk, "a")
    judge(desk, "a", Said.REJECTED)
    desk.clock.turn(timedelta(days=2))
    told = judge(desk, "a", Said.WITHDRAWN)
    assert told[:2] == [Kind.REVIEW, Kind.PERIOD_RESTORED]
    assert Kind.DEADLINE_MOVED in told
    assert _waiting(desk, "a") == before
    (cover,) = dues(desk, "coverage-end")
    assert (cover.state, cover.due, _why(desk, cover)) == (DeadlineState.OPEN, date(2027, 2, 26), AGAIN)
    assert judge(desk, "a", Said.REJECTED)[1] is Kind.PERIOD_STRUCK
    judge(desk, "a", Said.WITHDRAWN)
    assert [letter for _, letter, _ in sent(desk, REMIND, REMIND)] == ["rappel-echeance"]


def test_taken_back_late_what_was_reminded_stays_so_and_what_is_past_is_missed(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    assert len(sent(desk, REMIND, REMIND)) == 1
    judge(desk, "a", Said.REJECTED)
    desk.clock.set(noon(date(2027, 2, 15)))
    judge(desk, "a", Said.WITHDRAWN)
    (asked,) = dues(desk, "extension-request")
    with desk.database.reading() as session:
        planned = [r.days_before for r in deadlines.reminders(session, asked.id or 0) if r.done_at is None]
    assert planned == [7, 3], "the first has left, the second was for a day that is past"


def test_a_copy_that_stands_in_has_its_own_due_dates(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    desk.clock.turn(timedelta(days=1))
    receive(desk, "b", authorisation(end_date="2027-02-19"))
    assert "coverage-end" not in _waiting(desk, "b")
    judge(desk, "a", Said.REJECTED)
    assert statuses(desk) == [PeriodStatus.STRUCK, PeriodStatus.GRANTED]
    assert "coverage-end" in _waiting(desk, "b")
    judge(desk, "a", Said.WITHDRAWN)
    assert "coverage-end" in _waiting(desk, "a")
    assert "coverage-end" not in _waiting(desk, "b")
    first, second = dues(desk, "coverage-end")
    assert (_why(desk, first), _why(desk, second)) == (AGAIN, COPY)
    judge(desk, "a", Said.REJECTED)
    assert [d.due for d in dues(desk, "coverage-end") if d.state in WAITING] == [date(2027, 2, 19)]


def test_a_new_form_after_a_rejection_gives_its_period(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    judge(desk, "a", Said.REJECTED)
    desk.clock.turn(timedelta(days=3))
    receive(desk, "b", authorisation(end_date="2027-02-19"))
    assert statuses(desk) == [PeriodStatus.STRUCK, PeriodStatus.GRANTED]
    assert "coverage-end" in _waiting(desk, "b")


def test_a_rejected_request_waits_for_no_answer_and_the_end_of_cover_is_watched_again(
    desk: DeskDay,
) -> None:
    receive(desk, "a", authorisation())
    desk.clock.set(noon(date(2027, 1, 4)))
    receive(desk, "b", request())
    (asked,) = dues(desk, "extension-request")
    assert asked.state is DeadlineState.MET
    judge(desk, "b", Said.REJECTED)
    (asked,) = dues(desk, "extension-request")
    assert (asked.state, _why(desk, asked)) == (DeadlineState.OPEN, UNANSWERED)
    assert [d.state for d in dues(desk, "cnas-answer")] == [DeadlineState.CANCELLED]
    assert len(sent(desk, REMIND, REMIND)) == 1, "the hospital is reminded to ask"
    judge(desk, "b", Said.WITHDRAWN)
    (asked,) = dues(desk, "extension-request")
    assert asked.state is DeadlineState.MET
    assert [d.state for d in dues(desk, "cnas-answer")] == [DeadlineState.OPEN]


def test_a_rejected_answer_lets_the_former_cover_and_the_answer_wait_again(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    desk.clock.set(noon(date(2027, 1, 28)))
    receive(desk, "b", request())
    desk.clock.set(noon(date(2027, 2, 2)))
    receive(desk, "c", answer("accord"))
    assert [d.state for d in dues(desk, "coverage-end")] == [DeadlineState.CANCELLED, DeadlineState.OPEN]
    judge(desk, "c", Said.REJECTED)
    assert [d.state for d in dues(desk, "coverage-end")] == [DeadlineState.OPEN, DeadlineState.CANCELLED]
    assert [d.state for d in dues(desk, "cnas-answer")] == [DeadlineState.OPEN]
    assert judging.covered(desk) == ((date(2026, 12, 1), date(2027, 2, 26)),)
    judge(desk, "c", Said.WITHDRAWN)
    assert [d.state for d in dues(desk, "coverage-end")] == [DeadlineState.CANCELLED, DeadlineState.OPEN]
    assert [d.state for d in dues(desk, "cnas-answer")] == [DeadlineState.MET]


def test_a_rejected_report_is_waited_for_again(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    desk.clock.set(noon(date(2027, 1, 28)))
    receive(desk, "b", report())
    (asked,) = dues(desk, "medical-report")
    assert asked.state is DeadlineState.MET
    judge(desk, "b", Said.REJECTED)
    assert [d.state for d in dues(desk, "medical-report")] == [DeadlineState.OPEN]
    judge(desk, "b", Said.WITHDRAWN)
    assert [d.state for d in dues(desk, "medical-report")] == [DeadlineState.MET]


def test_silence_about_a_rejected_request_means_nothing(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    desk.clock.set(noon(date(2027, 1, 28)))
    receive(desk, "b", request())
    desk.clock.set(noon(date(2027, 2, 19)))
    desk.sweep()
    assert [p.state for p in proposed(desk)] == [ProposalState.PROPOSED]
    assert Kind.PROPOSAL in judge(desk, "b", Said.REJECTED)
    assert [p.state for p in proposed(desk)] == [ProposalState.SUPERSEDED]
    desk.sweep()
    assert [p.state for p in proposed(desk)] == [ProposalState.SUPERSEDED]
    judge(desk, "b", Said.WITHDRAWN)
    desk.sweep()
    (again,) = proposed(desk)
    assert (again.state, again.superseded_by) == (ProposalState.PROPOSED, None)
    settle(desk, accept=True)
    desk.sweep()
    assert statuses(desk) == [PeriodStatus.GRANTED, PeriodStatus.REQUESTED, PeriodStatus.TACIT]
    desk.clock.turn(timedelta(days=1))
    desk.sweep()
    tacit = dues(desk, "coverage-end")[-1]
    assert (tacit.due, tacit.state) == (date(2027, 5, 31), DeadlineState.OPEN), "its own start ends it not"
    judge(desk, "b", Said.REJECTED)
    assert judging.covered(desk) == ((date(2026, 12, 1), date(2027, 2, 26)),)
    first, last = dues(desk, "coverage-end")
    assert (first.state, last.state) == (DeadlineState.OPEN, DeadlineState.CANCELLED)
    judge(desk, "b", Said.WITHDRAWN)
    first, last = dues(desk, "coverage-end")
    assert (first.state, last.state) == (DeadlineState.CANCELLED, DeadlineState.OPEN)


def test_a_reminder_not_gone_yet_is_given_up(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    assert len(sent(desk, REMIND, REMIND)) == 1
    (letter,) = [entry for entry in desk.letters() if entry.letter == "rappel-echeance"]
    assert letter.state is OutboxState.QUEUED
    assert Kind.LETTER_FAILED in judge(desk, "a", Said.REJECTED)
    with desk.database.reading() as session:
        kept = outbox.get(session, letter.id or 0)
    assert kept is not None
    assert kept.state is OutboxState.GIVEN_UP


def test_a_mail_of_no_case_loses_its_due_dates_too(desk: DeskDay) -> None:
    receive(desk, "b", request())
    assert "cnas-answer" in _waiting(desk, "b")
    judge(desk, "b", Said.REJECTED)
    assert "cnas-answer" not in _waiting(desk, "b")
    judge(desk, "b", Said.WITHDRAWN)
    assert "cnas-answer" in _waiting(desk, "b")


def test_a_form_sorted_as_something_else_loses_its_period_as_a_rejected_one(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    told = retype(desk, "a", "quote", told=False)
    assert told[0] is Kind.PERIOD_STRUCK
    assert (statuses(desk), judging.covered(desk)) == ([PeriodStatus.STRUCK], ())
    assert not {"coverage-end", "extension-request", "medical-report"} & _waiting(desk, "a")
    assert "cnse-answer" in _waiting(desk, "a"), "a quote waits for its answer"
    assert retype(desk, "a", "se352-301", told=False)[0] is Kind.PERIOD_RESTORED
    assert "coverage-end" in _waiting(desk, "a")
    assert "cnse-answer" not in _waiting(desk, "a")


def test_a_document_sorted_as_what_was_waited_for_ends_the_wait(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    desk.clock.set(noon(date(2027, 1, 28)))
    receive(desk, "b", document(0, "quote", identity()))
    assert [d.state for d in dues(desk, "medical-report")] == [DeadlineState.OPEN]
    retype(desk, "b", "medical-report")
    assert [d.state for d in dues(desk, "medical-report")] == [DeadlineState.MET]
    retype(desk, "b", "quote")
    assert [d.state for d in dues(desk, "medical-report")] == [DeadlineState.OPEN]


def _turns(desk: DeskDay) -> int:
    """How many times the circuit was held."""
    with desk.database.reading() as session:
        held = session.get(Counter, "circuit:essai")
    assert held is not None
    return held.value


def test_a_name_corrected_holds_the_circuit_for_nothing(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    before = _turns(desk)
    assert correct(desk, "a", "patient_name", "BENALI") == []
    assert _turns(desk) == before
    assert correct(desk, "a", "end_date", "2027-02-20")[0] is Kind.PERIOD_CORRECTED
    assert _turns(desk) == before + 1


def test_nothing_follows_a_value_of_a_rejected_form_until_it_counts(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    judge(desk, "a", Said.REJECTED)
    assert correct(desk, "a", "end_date", "2027-02-20") == []
    judge(desk, "a", Said.WITHDRAWN)
    (cover,) = dues(desk, "coverage-end")
    assert (cover.due, cover.state) == (date(2027, 2, 20), DeadlineState.OPEN)
    assert judging.covered(desk) == ((date(2026, 12, 1), date(2027, 2, 20)),)


def test_the_mark_of_the_item_is_set_and_the_item_stays(desk: DeskDay) -> None:
    receive(desk, "a", authorisation())
    judge(desk, "a", Said.REJECTED)
    with desk.database.reading() as session:
        (item,) = items.items_of(session, "a" * 64)
        row = judging.document(session, "a")
        assert reviews.rejected(session, [row.id or 0]) == {row.id}
    assert (item.lacking, item.queue, item.version) == (True, "cpam-131", 1)
    judge(desk, "a", Said.WITHDRAWN)
    with desk.database.reading() as session:
        assert not items.items_of(session, "a" * 64)[0].lacking
