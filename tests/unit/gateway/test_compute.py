"""Due dates by hand, and the properties any calendar must keep."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.circuits.decision import MailKind
from gateway.circuits.model import DeadlineRule, Start, Unit
from gateway.deadlines.calendar import Calendar, Correction, CountryDays, load_calendars
from gateway.deadlines.compute import due_dates
from gateway.deadlines.count import compute_due, last_working_day
from tests.builders.seen import ANSWER, AT, authorisation, circuit, decision, document, mail

CALENDARS = load_calendars(Path(__file__).parents[3] / "config" / "calendars")


@pytest.mark.parametrize(
    ("start", "delay", "unit", "calendar", "due"),
    [
        # Friday + 1 working day in France: Monday
        (date(2026, 11, 20), 1, Unit.WORKING_DAY, "fr", date(2026, 11, 23)),
        # the same Friday in Algeria: Sunday
        (date(2026, 11, 20), 1, Unit.WORKING_DAY, "dz", date(2026, 11, 22)),
        # ... and common days: Monday
        (date(2026, 11, 20), 1, Unit.WORKING_DAY, "common", date(2026, 11, 23)),
        # 10 working days over 11 November: 6 9 10 12 13 16 17 18 19 20
        (date(2026, 11, 5), 10, Unit.WORKING_DAY, "fr", date(2026, 11, 20)),
        # backwards: 3 working days before Monday
        (date(2026, 11, 23), -3, Unit.WORKING_DAY, "fr", date(2026, 11, 18)),
        # zero: the day itself, or the first worked one
        (date(2026, 11, 23), 0, Unit.WORKING_DAY, "fr", date(2026, 11, 23)),
        (date(2026, 11, 21), 0, Unit.WORKING_DAY, "fr", date(2026, 11, 23)),
        (date(2028, 1, 31), 1, Unit.MONTH, "fr", date(2028, 2, 29)),
        (date(2027, 1, 31), 1, Unit.MONTH, "fr", date(2027, 2, 28)),
        (date(2028, 2, 29), 12, Unit.MONTH, "fr", date(2029, 2, 28)),
        (date(2026, 3, 31), -1, Unit.MONTH, "fr", date(2026, 2, 28)),
        # article R. 111-4: end of the 6th month that follows
        (date(2024, 1, 10), 6, Unit.END_OF_MONTH, "fr", date(2024, 7, 31)),
        (date(2026, 12, 31), 2, Unit.END_OF_MONTH, "fr", date(2027, 2, 28)),
        (date(2026, 12, 31), 1, Unit.DAY, "fr", date(2027, 1, 1)),
        (date(2026, 6, 30), 0, Unit.DAY, "fr", date(2026, 6, 30)),
    ],
)
def test_computed_by_hand(start: date, delay: int, unit: Unit, calendar: str, due: date) -> None:
    assert compute_due(start, delay, unit, CALENDARS.named(calendar)).due == due


def test_each_skipped_day_is_written() -> None:
    computed = compute_due(date(2026, 11, 10), 2, Unit.WORKING_DAY, CALENDARS.named("fr"))
    assert computed.due == date(2026, 11, 13)
    assert computed.explanation == ("2 jours ouvrés (France)", "11/11/2026 non compté : Armistice, France")


def test_a_coverage_end_is_the_day_on_the_form_with_its_reminders_on_common_days() -> None:
    seen = mail(authorisation())
    (due,) = due_dates(circuit(), seen, decision(seen), AT, CALENDARS)
    assert (due.kind, due.due, due.status, due.position) == (
        "coverage-end",
        date(2027, 2, 26),
        "confirmed",
        0,
    )
    assert due.origin == f"document:{'a' * 64}:0"
    # 27/01 is a Wednesday; 11/02 a Thursday; 19/02 a Friday, so Thursday 18; 23/02 a Tuesday
    assert [(r.days_before, r.on) for r in due.reminders] == [
        (30, date(2027, 1, 27)),
        (15, date(2027, 2, 11)),
        (7, date(2027, 2, 18)),
        (3, date(2027, 2, 23)),
    ]
    assert due.explanation[0].startswith("point de départ : dernier jour écrit sur « Attestation")


def test_reminders_in_the_past_are_not_made() -> None:
    seen = mail(authorisation())
    late = datetime(2027, 2, 15, 9, tzinfo=UTC)
    (due,) = due_dates(circuit(), seen, decision(seen), late, CALENDARS)
    assert [r.days_before for r in due.reminders] == [7, 3]


def test_several_copies_in_one_mail_make_one_due_date() -> None:
    seen = mail(authorisation(0), authorisation(1, copy="2"), authorisation(2, copy="3"))
    assert len(due_dates(circuit(), seen, decision(seen), AT, CALENDARS)) == 1


def test_a_refusal_or_an_unreadable_date_watches_nothing() -> None:
    refused = document(0, "se352-302-answer", {"answer": "refus", "requested_end": "2027-01-01"})
    seen = mail(refused, authorisation(1, end_date=""))
    assert due_dates(circuit(), seen, decision(seen), AT, CALENDARS) == ()


def test_a_request_waits_for_its_answer_in_algerian_days_from_reception() -> None:
    seen = mail(document(0, "se352-302-request", {}))
    (due,) = due_dates(circuit(), seen, decision(seen), AT, CALENDARS)
    # Monday 23/11 + 15 days worked in Algeria (Sunday to Thursday): 24-26, 29-3, 6-10, 13-14
    assert (due.due, due.status, due.origin) == (
        date(2026, 12, 14),
        "to be confirmed",
        f"delivery:{'a' * 64}",
    )
    assert any("vendredi, Algérie" in line for line in due.explanation)
    assert "à confirmer" in due.explanation[1]


def test_reception_is_a_french_day() -> None:
    rule = replace(ANSWER, calendar="fr", delay=0, unit=Unit.DAY)
    seen = mail(
        document(0, "se352-302-request", {}), received_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    )
    (due,) = due_dates(circuit(deadlines=(rule,)), seen, decision(seen), AT, CALENDARS)
    assert due.due == date(2026, 11, 24)


def _effective(first: date | None, last: date | None) -> DeadlineRule:
    return replace(ANSWER, effective_from=first, effective_to=last)


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        (_effective(date(2026, 11, 23), None), 1),
        (_effective(date(2026, 11, 24), None), 0),
        (_effective(None, date(2026, 11, 23)), 1),
        (_effective(None, date(2026, 11, 22)), 0),
    ],
)
def test_the_rule_in_force_on_the_starting_day_applies(rule: DeadlineRule, made: int) -> None:
    seen = mail(document(0, "se352-302-request", {}))
    assert len(due_dates(circuit(deadlines=(rule,)), seen, decision(seen), AT, CALENDARS)) == made


def test_a_date_of_the_document_starts_the_delay_and_its_absence_is_told() -> None:
    rule = replace(ANSWER, start=Start.DOCUMENT_DATE, start_fact="request_date", calendar="fr", delay=1)
    model = circuit(deadlines=(rule,))
    seen = mail(
        document(0, "se352-302-request", {"request_date": "2026-11-19"}), document(1, "se352-302-request")
    )
    dues = due_dates(model, seen, decision(seen), AT, CALENDARS)
    assert [d.due for d in dues] == [date(2026, 11, 20), date(2026, 11, 24)]
    assert "illisible" in dues[1].explanation[0]


def test_the_place_of_care_gives_its_own_holidays() -> None:
    rule = replace(ANSWER, calendar="fr", delay=1)
    seen = mail(document(0, "se352-302-request"), received_at=datetime(2027, 3, 25, 12, tzinfo=UTC))
    model = circuit(deadlines=(rule,))

    def due(finess: str | None, caisse: str) -> date:
        asked = decision(seen, caisse=caisse, establishment=finess)
        return due_dates(model, seen, asked, AT, CALENDARS)[0].due

    # the establishment's own département first, that of the caisse when no establishment is known
    assert (due("750712184", "571"), due("570000018", "751")) == (date(2027, 3, 26), date(2027, 3, 30))
    assert (due(None, "751"), due(None, "571")) == (date(2027, 3, 26), date(2027, 3, 30))


def test_nothing_is_due_to_reports_strangers_and_lists() -> None:
    rule = replace(ANSWER, kind="ack", stopped_by=("@acknowledged",))
    model = circuit(deadlines=(rule,))
    seen = mail(document(0, "se352-302-request"))
    assert len(due_dates(model, seen, decision(seen), AT, CALENDARS)) == 1
    for silent in (
        replace(seen, kind=MailKind.AUTO_REPLY),
        replace(seen, bulk=True),
        replace(seen, envelope_from=""),
    ):
        assert due_dates(model, silent, decision(silent), AT, CALENDARS) == ()
    assert due_dates(model, seen, decision(seen, quarantined=True), AT, CALENDARS) == ()
    assert due_dates(circuit(), replace(seen, bulk=True), decision(seen), AT, CALENDARS) != ()


def test_replaying_gives_the_same_value() -> None:
    seen = mail(authorisation(), document(1, "se352-302-request"))
    assert due_dates(circuit(), seen, decision(seen), AT, CALENDARS) == due_dates(
        circuit(),
        seen,
        decision(seen),
        AT,
        load_calendars(Path(__file__).parents[3] / "config" / "calendars"),
    )


_BASE = CountryDays(title="Essai", country="FR", weekend=frozenset({6, 7}))
_starts = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@given(_starts, st.integers(0, 60), st.sampled_from(Unit), st.lists(st.integers(0, 90), max_size=8))
def test_adding_a_day_off_never_makes_a_due_date_earlier(
    start: date, delay: int, unit: Unit, offsets: list[int]
) -> None:
    added = tuple(Correction(date=start + timedelta(days=n), name="pont", source="essai") for n in offsets)
    plain, corrected = Calendar(_BASE), Calendar(_BASE.model_copy(update={"added": added}))
    assert compute_due(start, delay, unit, corrected).due >= compute_due(start, delay, unit, plain).due


@given(_starts, st.integers(1, 60), st.sampled_from(["fr", "dz", "common"]))
def test_a_working_delay_ends_on_a_worked_day_and_counts_exactly(
    start: date, delay: int, name: str
) -> None:
    calendar = CALENDARS.named(name)
    due = compute_due(start, delay, Unit.WORKING_DAY, calendar).due
    worked = [
        d for n in range(1, (due - start).days + 1) if calendar.off(d := start + timedelta(days=n)) is None
    ]
    assert worked[-1] == due
    assert len(worked) == delay


@given(_starts, st.integers(0, 59), st.sampled_from(Unit))
def test_a_longer_delay_is_never_due_earlier(start: date, delay: int, unit: Unit) -> None:
    calendar = CALENDARS.named("common")
    assert (
        compute_due(start, delay, unit, calendar).due <= compute_due(start, delay + 1, unit, calendar).due
    )


@given(_starts)
def test_a_reminder_moves_back_to_a_worked_day(day: date) -> None:
    calendar = CALENDARS.named("common")
    moved = last_working_day(day, calendar)
    assert moved <= day
    assert calendar.off(moved) is None
