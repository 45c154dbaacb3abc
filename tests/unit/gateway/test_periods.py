"""The period each form writes: never guessed, a partial grant grants its own dates only."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.circuits.periods import PeriodKind, best_fact, period_of, union
from parsers.facts import Fact, Source
from tests.builders.seen import circuit, document, fact

ASKED = {"requested_start": "2026-07-01", "requested_end": "2026-09-30", "additional_amount": "900.00"}
GRANTED = {"granted_start": "2026-07-01", "granted_end": "2026-08-31", "granted_amount": "500.00"}


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        (
            "se352-301",
            {"start_date": "2026-01-01", "end_date": "2026-06-30"},
            (PeriodKind.AUTHORISED, 6, 30),
        ),
        ("se352-301", {"start_date": "2026-07-01", "end_date": "2026-06-30"}, None),
        ("se352-301", {"end_date": "2026-06-30"}, None),
        ("se352-301", {"start_date": "01/01/2026", "end_date": "2026-06-30"}, None),
        ("se352-302-request", ASKED, (PeriodKind.REQUESTED, 9, 30)),
        ("se352-302-answer", {**ASKED, **GRANTED, "answer": "accord"}, (PeriodKind.GRANTED, 8, 31)),
        ("se352-302-answer", {**ASKED, "answer": "accord"}, (PeriodKind.GRANTED, 9, 30)),
        ("se352-302-answer", {**ASKED, "granted_end": "2026-08-31", "answer": "accord"}, None),
        ("se352-302-answer", {**ASKED, **GRANTED, "answer": "accord-partiel"}, (PeriodKind.GRANTED, 8, 31)),
        ("se352-302-answer", {**ASKED, "answer": "accord-partiel"}, None),
        ("se352-302-answer", {**ASKED, **GRANTED, "answer": "refus"}, (PeriodKind.REFUSED, 9, 30)),
        ("se352-302-answer", ASKED, None),
        ("medical-report", {"start_date": "2026-01-01", "end_date": "2026-06-30"}, None),
    ],
)
def test_the_period_of_a_form(
    kind: str, facts: dict[str, str], expected: tuple[PeriodKind, int, int] | None
) -> None:
    seen = period_of(circuit(), document(0, kind, facts))
    if expected is None:
        assert seen is None
    else:
        assert seen is not None
        assert (seen.kind, seen.ends) == (expected[0], date(2026, expected[1], expected[2]))


def test_a_refusal_counts_even_without_dates() -> None:
    seen = period_of(circuit(), document(0, "se352-302-answer", {"answer": "refus"}))
    assert seen is not None
    assert seen.kind is PeriodKind.REFUSED
    assert not seen.covers


def test_a_person_outweighs_any_reading_and_the_last_correction_wins() -> None:
    facts = (
        fact("end_date", "2026-06-30", confidence=1.0),
        fact("end_date", "2026-06-20", source=Source.PERSON, confidence=0.5),
        fact("end_date", "2026-06-21", source=Source.PERSON, confidence=0.1),
    )
    assert (best := best_fact(facts, "end_date")) is not None
    assert best.normalised == "2026-06-21"
    unreadable = Fact("end_date", "3O juin", None, "0" * 64, 1, None, Source.OCR, 0.99)
    assert (best := best_fact((unreadable, facts[0]), "end_date")) is not None
    assert best.normalised == "2026-06-30"


_days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(st.lists(st.tuples(_days, _days).map(lambda pair: (min(pair), max(pair)))))
def test_a_union_covers_the_same_days_and_its_parts_never_touch(periods: list[tuple[date, date]]) -> None:
    merged = union(periods)
    days = {d for first, last in periods for d in range(first.toordinal(), last.toordinal() + 1)}
    assert {d for first, last in merged for d in range(first.toordinal(), last.toordinal() + 1)} == days
    assert all(b[0].toordinal() - a[1].toordinal() > 1 for a, b in pairwise(merged))
