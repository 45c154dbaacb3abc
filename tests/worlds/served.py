"""The furnished office, served: the ``world`` of the tests of the pages and of the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.clock import TurnableClock
from storage.cases import Item
from storage.db import Database
from tests.worlds import web
from tests.worlds.web import World


def running(built: World) -> Iterator[World]:
    """``built``, served until the test is over: the end of a fixture that builds its own."""
    built.start()
    yield built
    built.stop()


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    """On the embedded database; a test file that needs another world has its own ``world``."""
    yield from running(web.build(sqlite_database, tmp_path, clock))


@pytest.fixture
def strict_world(sqlite_database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[World]:
    """Supervisors come in by two factors."""
    built = web.build(sqlite_database, tmp_path, clock)
    asked = built.house.settings.model_copy(update={"totp": "required", "totp_roles": ("supervisor",)})
    built.app.state.house = replace(built.house, settings=asked)
    yield from running(built)


def item_of(world: World, key: str) -> Item:
    """An item of the office, as it is now."""
    with world.house.database.reading() as session:
        return session.get_one(Item, world.office.items[key])
