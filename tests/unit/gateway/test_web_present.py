"""French typography, word for word."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum

import pytest

from gateway.web import present
from storage.cases import CaseState, ItemState, PeriodOrigin, PeriodStatus
from storage.deadlines import DeadlineState
from storage.deliveries import DeliveryState, Via
from storage.outbox import OutboxState

TODAY = date(2026, 11, 23)


def test_dates_are_french_days() -> None:
    assert present.day(date(2026, 3, 1)) == "01/03/2026"
    assert present.day(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "01/01/2027"
    assert present.day(None) == "—"
    assert present.iso_day("2026-03-01") == "01/03/2026"
    assert present.iso_day("2026-3-1") is None
    assert present.iso_day(None) is None


def test_instants_are_in_french_time_summer_and_winter() -> None:
    assert (
        present.instant(datetime(2026, 11, 23, 9, 5, tzinfo=UTC)) == "23/11/2026 à\u00a010\u00a0h\u00a005"
    )
    assert present.instant(datetime(2026, 7, 1, 9, 5, tzinfo=UTC)) == "01/07/2026 à\u00a011\u00a0h\u00a005"
    assert present.moment(datetime(2026, 11, 23, 9, 5, tzinfo=UTC)) == "23/11/2026\u00a010\u00a0h\u00a005"
    assert present.instant(None) == present.moment(None) == "—"


@pytest.mark.parametrize(
    ("due", "said", "colour"),
    [
        (date(2026, 11, 23), "aujourd’hui", "warn"),
        (date(2026, 11, 24), "demain", "warn"),
        (date(2026, 11, 30), "dans 7\u00a0jours", "warn"),
        (date(2026, 12, 1), "dans 8\u00a0jours", "quiet"),
        (date(2026, 11, 22), "dépassée de 1\u00a0jour", "bad"),
        (date(2026, 11, 20), "dépassée de 3\u00a0jours", "bad"),
    ],
)
def test_how_far_a_due_date_is(due: date, said: str, colour: str) -> None:
    assert present.countdown(due, TODAY) == said
    assert present.urgency(due, TODAY) == colour


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("48250.00", "48\u202f250,00\u00a0€"),
        ("1234567.5", "1\u202f234\u202f567,50\u00a0€"),
        ("0", "0,00\u00a0€"),
        ("-12.5", "\u221212,50\u00a0€"),
        ("douze euros", "douze euros"),
        ("", "—"),
        (None, "—"),
    ],
)
def test_amounts(value: str | None, shown: str) -> None:
    assert present.amount(value) == shown


def test_a_confidence_is_never_rounded_up_to_certainty() -> None:
    assert present.percent(0.999) == "99\u202f%"
    assert present.percent(1.0) == "100\u202f%"
    assert present.percent(0.0) == "0\u202f%"
    assert present.percent(None) == "—"


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (0, "0\u00a0octet"),
        (1, "1\u00a0octet"),
        (999, "999\u00a0octets"),
        (1_000, "1,0\u00a0ko"),
        (1_234_567, "1,2\u00a0Mo"),
        (30 * 10**9, "30,0\u00a0Go"),
    ],
)
def test_sizes(octets: int, shown: str) -> None:
    assert present.size(octets) == shown


def test_zero_and_one_are_singular_in_french() -> None:
    shown = [present.plural(n, "élément", "éléments") for n in (0, 1, 2, 1200)]
    assert shown == ["0\u00a0élément", "1\u00a0élément", "2\u00a0éléments", "1\u202f200\u00a0éléments"]


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("item", ItemState),
        ("case", CaseState),
        ("deadline", DeadlineState),
        ("outbox", OutboxState),
        ("period", PeriodStatus),
        ("origin", PeriodOrigin),
        ("via", Via),
        ("delivery", DeliveryState),
    ],
)
def test_every_state_has_a_french_word(family: str, values: type[StrEnum]) -> None:
    for value in values:
        assert f"{family}:{value}" in present.STATES
    assert present.state(family, None) == "—"
    assert present.state(family, "inconnu") == "inconnu"


def test_every_colour_belongs_to_a_known_state() -> None:
    assert set(present.TONES) <= set(present.STATES)
    assert present.tone("item", "inconnu") == "quiet"
