"""Text of strangers is storable, instants carry their zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Dialect, make_url

from storage.columns import Instant, Line, instant_text

DIALECTS: dict[str, Dialect] = {
    name: make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql+psycopg")
}


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, None),
        ("", ""),
        ("Réponse à la demande", "Réponse à la demande"),
        ("a\x00b", "a\ufffdb"),
        ("\ud83d seul", "\ufffd seul"),
        ("\U0001f3e5", "\U0001f3e5"),
    ],
)
def test_line(name: str, given: str | None, kept: str | None) -> None:
    assert Line().process_bind_param(given, DIALECTS[name]) == kept


def test_instant_text_has_one_width_and_one_zone() -> None:
    paris = timezone(timedelta(hours=1))
    assert instant_text(datetime(2026, 11, 23, 10, 0, tzinfo=paris)) == "2026-11-23T09:00:00.000000Z"


@pytest.mark.parametrize("name", DIALECTS)
def test_instant_comes_back(name: str) -> None:
    at = datetime(2026, 11, 23, 9, 0, 0, 1, tzinfo=UTC)
    kept = Instant().process_bind_param(at, DIALECTS[name])
    assert Instant().process_result_value(kept, DIALECTS[name]) == at
    assert Instant().process_bind_param(None, DIALECTS[name]) is None
    assert Instant().process_result_value(None, DIALECTS[name]) is None
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(datetime(2026, 11, 23), DIALECTS[name])  # noqa: DTZ001 (the fault itself)
