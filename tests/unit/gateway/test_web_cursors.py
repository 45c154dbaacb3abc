"""Cursors nobody gave: no page and no address of the API fails on one, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.clock import TurnableClock
from gateway.web.cursors import instant
from storage.db import Database
from tests.builders.office import CIRCUIT
from tests.worlds import web
from tests.worlds.web import World

INSTANTS = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-11-23T09:00",
    "2026-11-23",
    "0000-00-00T00:00:00+00:00",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59+00:00",
)
QUEUE = "cnse-administratif"
PAGES = (f"/files/{QUEUE}", "/tableau/recus", "/tableau/elements", "/tableau/fins", "/mis-de-cote")
ADDRESSES = (
    f"/api/v1/queues/{CIRCUIT}/{QUEUE}/items",
    f"/api/v1/queues/{CIRCUIT}/{QUEUE}/due-dates",
    "/api/v1/set-aside",
    "/api/v1/calls",
)


@pytest.fixture
def world(database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    built = web.build(database, tmp_path, clock)
    built.start()
    yield built
    built.stop()


def test_no_cursor_makes_a_page_or_the_api_fail(world: World) -> None:
    client = world.signed_in("sylvie")
    cursors = [f"{at}~{key}" for at in INSTANTS for key in ("1", "aa", "999999999999999")]
    for path in PAGES:
        for cursor in cursors:
            answer = client.get(path, params={"apres": cursor})
            assert answer.status_code < 500, (path, cursor)
    for path in ADDRESSES:
        for cursor in cursors:
            answer = client.get(path, params={"after": cursor})
            assert answer.status_code in {200, 400, 404, 422}, (path, cursor)


@pytest.mark.parametrize("text", [*INSTANTS[:5], "", "x", "24:00"])
def test_what_is_no_instant_of_the_calendar_is_none(text: str) -> None:
    assert instant(text) is None


def test_an_instant_is_told_in_utc() -> None:
    found = instant("2026-11-23T10:00:00+01:00")
    assert found is not None
    assert found.isoformat() == "2026-11-23T09:00:00+00:00"
