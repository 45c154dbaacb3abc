"""Working days: the legal list of each place, the two weekends, corrections, faults all at once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest

from gateway.deadlines.calendar import (
    Calendars,
    CountryDays,
    easter_sunday,
    load_calendars,
    place_of_caisse,
)
from gateway.errors import ConfigError, Refused

CONFIG = Path(__file__).parents[3] / "config" / "calendars"


@pytest.fixture(scope="module")
def calendars() -> Calendars:
    return load_calendars(CONFIG)


@pytest.mark.parametrize(
    ("place", "day", "worked"),
    [
        (None, date(2026, 11, 11), False),
        (None, date(2026, 4, 3), True),
        ("57", date(2026, 4, 3), False),
        ("67", date(2026, 4, 3), False),
        ("68", date(2025, 12, 26), False),
        ("75", date(2025, 12, 26), True),
        ("971", date(2026, 5, 27), False),
        ("971", date(2026, 4, 3), True),
        ("971", date(2026, 3, 12), True),
        ("971", date(2026, 7, 21), True),
        ("972", date(2026, 5, 22), False),
        ("972", date(2026, 5, 27), True),
        ("973", date(2026, 6, 10), False),
        ("974", date(2027, 12, 20), False),
        ("976", date(2026, 4, 27), False),
        (None, date(2026, 11, 21), False),
        (None, date(2026, 11, 20), True),
    ],
)
def test_french_days(calendars: Calendars, place: str | None, day: date, worked: bool) -> None:
    assert (calendars.named("fr", place).off(day) is None) is worked


def test_algeria_rests_on_friday_and_saturday_and_says_when_a_feast_is_an_estimate(
    calendars: Calendars,
) -> None:
    algeria = calendars.named("dz")
    assert algeria.off(date(2026, 11, 20)) == "vendredi, Algérie"
    assert algeria.off(date(2026, 11, 22)) is None
    assert algeria.off(date(2026, 5, 27)) == "Aïd el-Adha (estimé), Algérie"


def test_common_days_are_monday_to_thursday_and_every_reason_is_told(calendars: Calendars) -> None:
    common = calendars.named("common")
    week = [date(2026, 11, 16) + timedelta(days=n) for n in range(7)]
    assert [d.isoweekday() for d in week if common.off(d) is None] == [1, 2, 3, 4]
    assert common.off(date(2026, 11, 21)) == "samedi, Algérie ; samedi, France"
    assert common.title == "jours ouvrés communs à Algérie et France"


def test_the_place_is_the_french_one_only(calendars: Calendars) -> None:
    assert calendars.named("common", "57").off(date(2027, 3, 26)) is not None
    assert calendars.named("dz", "57") is calendars.named("dz")


def test_moselle_agrees_with_the_package(calendars: Calendars) -> None:
    package = holidays.country_holidays("FR", subdiv="57", years=range(2020, 2041))
    moselle = calendars.named("fr", "57")
    day, last = date(2020, 1, 1), date(2040, 12, 31)
    while day <= last:
        if day.isoweekday() <= 5:
            assert (moselle.off(day) is not None) is (day in package), day
        day += timedelta(days=1)


def test_easter_agrees_with_the_package() -> None:
    mondays = {
        d
        for d, n in holidays.country_holidays("FR", years=range(1990, 2100)).items()
        if n == "Easter Monday"
    }
    assert {easter_sunday(year) + timedelta(days=1) for year in range(1990, 2100)} == mondays


def test_a_corrected_feast_moves(tmp_path: Path) -> None:
    (tmp_path / "dz.toml").write_text(
        'title = "Algérie"\ncountry = "DZ"\nweekend = [5, 6]\n'
        '[[removed]]\ndate = 2026-05-27\nsource = "nuit du doute"\n'
        '[[added]]\ndate = 2026-06-01\nname = "Aïd el-Adha"\nsource = "nuit du doute"\n',
        "utf-8",
    )
    algeria = load_calendars(tmp_path).named("dz")
    assert algeria.off(date(2026, 5, 27)) is None
    assert algeria.off(date(2026, 6, 1)) == "Aïd el-Adha, Algérie"


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text(
        'title = "F"\ncountry = "FR"\nweekend = [1,2,3,4,5,6,7]\nautre = 1\n', "utf-8"
    )
    (tmp_path / "xx.toml").write_text('title = "X"\ncountry = "XX"\nweekend = [6]\n', "utf-8")
    (tmp_path / "zz.toml").write_text("pas du toml", "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_calendars(tmp_path)
    text = str(caught.value)
    assert all(word in text for word in ("weekend", "autre", "pays inconnu", "zz.toml"))


@pytest.mark.parametrize(
    "yearly", [{}, {"easter": 1, "month": 1, "day": 1}, {"month": 2, "day": 31}, {"month": 2}]
)
def test_a_yearly_day_is_written_one_way(yearly: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"easter|day"):
        CountryDays.model_validate(
            {
                "title": "F",
                "country": "FR",
                "weekend": [6],
                "every_year": [{"name": "n", "source": "s", **yearly}],
            }
        )


def test_an_empty_folder_and_an_unknown_name_are_refused(tmp_path: Path, calendars: Calendars) -> None:
    with pytest.raises(ConfigError, match="aucun calendrier"):
        load_calendars(tmp_path)
    with pytest.raises(Refused, match="tn"):
        calendars.named("tn")
    assert calendars.names == ("dz", "fr", "common")


@pytest.mark.parametrize(
    ("caisse", "place"),
    [
        ("131", "13"),
        ("594", "59"),
        ("201", "2A"),
        ("202", "2B"),
        ("974", "974"),
        ("011", "01"),
        (None, None),
    ],
)
def test_the_place_of_a_caisse(caisse: str | None, place: str | None) -> None:
    assert place_of_caisse(caisse) == place
