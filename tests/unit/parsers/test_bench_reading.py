"""The measure of reading fails, and says why, when a date or an amount is wrong and nobody is told."""

from __future__ import annotations

import json

import pytest

from parsers.forms.template import FieldType
from tests.bench.bench_reading import verdict
from tests.bench.reading_run import WATCHED, Outcome, Seen
from tests.bench.reading_set import SEED, Case, cases
from tests.bench.reading_tables import calibration_table, dumped

CASE = Case(7, "photo", "flat", "Courier", "se352-301", True)


def _outcome(name: str, got: str | None, confidence: float, *, noted: bool = False) -> Outcome:
    field = Seen(name, FieldType.DATE, "2026-05-01", got, confidence, noted)
    return Outcome(CASE, "se352-301", (field,), (), 0.1)


@pytest.mark.parametrize("name", sorted(WATCHED))
def test_a_wrong_value_said_with_confidence_fails_the_measure_aloud(name: str) -> None:
    told: list[str] = []
    assert verdict([_outcome(name, "2026-05-07", 0.93)], told.append) == 1
    assert "SILENTLY WRONG" in told[0]
    assert name in told[0]
    assert "Broken" in calibration_table([_outcome(name, "2026-05-07", 0.93)]).markdown()


@pytest.mark.parametrize(
    "outcome",
    [
        _outcome("start_date", "2026-05-01", 0.99),
        _outcome("start_date", None, 0.0),
        _outcome("start_date", "2026-05-07", 0.89),
        _outcome("start_date", "2026-05-07", 0.93, noted=True),
        _outcome("quote_date", "2026-05-07", 0.99),
    ],
)
def test_what_is_right_unsure_or_told_passes(outcome: Outcome) -> None:
    told: list[str] = []
    assert verdict([outcome], told.append) == 0
    assert told == []


def test_misses_are_dumped_to_look_for_causes() -> None:
    lines = dumped([_outcome("start_date", "2026-05-07", 0.5), _outcome("end_date", "2026-05-01", 0.99)])
    (line,) = [json.loads(one) for one in lines.splitlines()]
    assert (line["field"], line["written"], line["read"]) == ("start_date", "2026-05-01", "2026-05-07")


def test_another_seed_is_another_set_and_some_sources_keep_their_papers() -> None:
    every = list(cases(1, 1))
    assert {c.seed for c in every} == {SEED}
    photos = list(cases(1, 1, only=["photo"]))
    assert photos == [c for c in every if c.source == "photo"]
    assert all(c.seed == 5 for c in cases(1, 1, 5))
