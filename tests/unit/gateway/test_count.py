"""Days counted by hand (``tests/golden/deadlines``), and what any calendar and any suspension must keep."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.circuits.model import Unit
from gateway.deadlines.calendar import Calendars, Correction, CountryDays, load_calendars
from gateway.deadlines.count import calculate, compute_due, last_working_day, next_working_day
from gateway.deadlines.terms import Pause, Terms, pauses_from, terms_from

CONFIG = Path(__file__).parents[3] / "config" / "calendars"
GOLDEN = Path(__file__).parents[2] / "golden" / "deadlines"
CALENDARS = load_calendars(CONFIG)
COUNTRIES = {
    path.stem: CountryDays.model_validate(tomllib.loads(path.read_text("utf-8")))
    for path in sorted(CONFIG.glob("*.toml"))
}
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _golden() -> list[Any]:
    return [
        pytest.param(row, id=f"{path.stem}-{number}-{row['start']}")
        for path in sorted(GOLDEN.glob("*.toml"))
        for number, row in enumerate(tomllib.loads(path.read_text("utf-8"))["due"], 1)
    ]


def corrected(name: str, added: list[date], removed: list[date], where: str | None) -> Calendars:
    """The shipped calendars with some days of one country corrected."""
    countries = dict(COUNTRIES)
    places = (where,) if where else ()
    extra = tuple(Correction(date=d, name="ajouté", places=places, source="essai") for d in added)
    gone = tuple(Correction(date=d, places=places, source="essai") for d in removed)
    countries[name] = countries[name].model_copy(
        update={"added": (*countries[name].added, *extra), "removed": (*countries[name].removed, *gone)}
    )
    return Calendars(countries)


def test_there_are_at_least_sixty_hand_computed_dates_with_their_count() -> None:
    rows = [row.values[0] for row in _golden()]
    assert len(rows) >= 60
    assert all(row["count"] for row in rows)


@pytest.mark.parametrize("row", _golden())
def test_the_date_counted_by_hand(row: dict[str, Any]) -> None:
    calendars = CALENDARS
    if "corrected" in row:
        calendars = corrected(
            row["corrected"], row.get("added", []), row.get("removed", []), row.get("where")
        )
    pauses = [Pause(p["on"], p["until"], "pièces demandées") for p in row.get("pauses", [])]
    calendar = calendars.named(row["calendar"], row.get("place"))
    computed = compute_due(row["start"], row["delay"], Unit(row["unit"]), calendar, pauses)
    assert computed.due == row["due"], (row["count"], computed.explanation)


_starts = st.dates(date(2024, 1, 1), date(2030, 12, 31))
_units = st.sampled_from(list(Unit))
_names = st.sampled_from(["fr", "dz", "common"])
_places = st.sampled_from([None, "57", "75", "971", "974"])


@st.composite
def _pauses(draw: st.DrawFn, start: date) -> tuple[Pause, ...]:
    reached, found = start, []
    for _ in range(draw(st.integers(0, 3))):
        on = reached + timedelta(days=draw(st.integers(0, 20)))
        until = on + timedelta(days=draw(st.integers(0, 25)))
        found.append(Pause(on, until, "essai"))
        reached = until
    return tuple(found)


@given(st.data(), _starts, st.integers(0, 40), _units, _names, _places)
def test_adding_a_holiday_never_makes_a_due_date_earlier(
    data: st.DataObject, start: date, delay: int, unit: Unit, name: str, place: str | None
) -> None:
    pauses = data.draw(_pauses(start))
    offsets = data.draw(st.lists(st.integers(0, 120), max_size=6))
    country = data.draw(st.sampled_from(["fr", "dz"]))
    more = corrected(country, [start + timedelta(days=n) for n in offsets], [], None)
    before = compute_due(start, delay, unit, CALENDARS.named(name, place), pauses).due
    after = compute_due(start, delay, unit, more.named(name, place), pauses).due
    assert after >= before


@given(st.data(), _starts, st.integers(0, 40), _units, _names)
def test_a_suspension_never_makes_a_due_date_earlier_and_its_days_never_count(
    data: st.DataObject, start: date, delay: int, unit: Unit, name: str
) -> None:
    calendar = CALENDARS.named(name)
    pauses = data.draw(_pauses(start))
    computed = compute_due(start, delay, unit, calendar, pauses)
    assert computed.due >= compute_due(start, delay, unit, calendar).due
    if unit is Unit.WORKING_DAY and delay:
        assert not any(p.until is not None and p.on < computed.due <= p.until for p in pauses)
        counted = [
            d
            for n in range(1, (computed.due - start).days + 1)
            if calendar.off(d := start + timedelta(days=n)) is None
            and not any(p.until is not None and p.on < d <= p.until for p in pauses)
        ]
        assert len(counted) == delay


@given(st.data(), _starts, st.integers(0, 30), _units, _names, _places)
def test_terms_kept_as_json_give_the_same_date_and_the_same_explanation(
    data: st.DataObject, start: date, delay: int, unit: Unit, name: str, place: str | None
) -> None:
    terms = Terms(start, "point de départ", delay, unit, name, place, "règle", AT)
    pauses = data.draw(_pauses(start))
    kept = terms_from(terms.row())
    assert kept == terms
    assert pauses_from([pause.row() for pause in pauses]) == pauses
    assert calculate(kept, pauses, CALENDARS) == calculate(terms, pauses, Calendars(COUNTRIES))


def test_a_suspension_that_lasts_is_told_and_counts_for_nothing_yet() -> None:
    terms = Terms(date(2026, 11, 23), "début", 10, Unit.WORKING_DAY, "fr", None, "règle", AT)
    open_one = Pause(date(2026, 11, 25), None, "pièces demandées")
    computed = calculate(terms, [open_one], CALENDARS)
    assert computed.due == calculate(terms, [], CALENDARS).due
    assert computed.explanation[-1].startswith("délai suspendu depuis le 25/11/2026 (pièces demandées)")
    assert pauses_from([open_one.row()]) == (open_one,)
    assert terms_from(None) is None


@given(_starts, _names)
def test_the_nearest_worked_days_surround_any_day(day: date, name: str) -> None:
    calendar = CALENDARS.named(name)
    before, after = last_working_day(day, calendar), next_working_day(day, calendar)
    assert before <= day <= after
    assert calendar.off(before) is None
    assert calendar.off(after) is None
    assert (before == day) is (calendar.off(day) is None)


def test_a_corrected_calendar_has_another_fingerprint() -> None:
    assert CALENDARS.fingerprint == load_calendars(CONFIG).fingerprint
    assert corrected("dz", [date(2027, 3, 12)], [], None).fingerprint != CALENDARS.fingerprint
