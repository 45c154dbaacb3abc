"""The schedule of retention: shipped, to be confirmed, and every fault refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.contestations.schedule import FILE, What, load_retention
from gateway.errors import ConfigError
from tests.worlds.house import CONFIG

SHIPPED = (CONFIG / FILE).read_text("utf-8")


def test_every_class_is_there_and_none_is_confirmed() -> None:
    schedule = load_retention(CONFIG)
    assert {one.what for one in schedule.classes} == set(What)
    assert {one.status for one in schedule.classes} == {"to be confirmed"}
    assert schedule.of(What.IDENTITY).months >= max(one.months for one in schedule.classes)
    assert len(schedule.schedule_hash) == 64


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("months = 120", "months = 12", "ne se gardent pas plus longtemps"),
        ('since = "reception"', 'since = "last-activity"', "seule valeur : reception"),
        ('name = "letters"', 'name = "identity"', "est attendue une fois"),
        ("months = 24", "months = 0", "valeur refusée"),
        ("months = 24", 'months = 24\nwhy = "x"', "clé inconnue"),
        ("format = 1", "format = 2", "valeur refusée"),
        ("format = 1", "format = ", "TOML illisible"),
    ],
)
def test_a_fault_is_refused_with_its_sentence(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in SHIPPED
    (tmp_path / FILE).write_text(SHIPPED.replace(before, after, 1), "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_retention(tmp_path)
    assert said in refused.value.public
    assert FILE in refused.value.public


def test_a_missing_schedule_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_retention(tmp_path)
