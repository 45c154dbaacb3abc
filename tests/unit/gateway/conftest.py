"""What the tests share: the first circuit and the directory as shipped, whole houses, a served office."""

from __future__ import annotations

import pytest

from gateway.circuits.directory import Directory
from gateway.circuits.model import Circuit
from tests.builders import shipped
from tests.worlds.house import desk, home, migrated_file, migrated_template, opener, sandbox, sqlite_home
from tests.worlds.reception import reception, sqlite_reception
from tests.worlds.served import strict_world, world

__all__ = [
    "desk",
    "home",
    "migrated_file",
    "migrated_template",
    "opener",
    "reception",
    "sandbox",
    "sqlite_home",
    "sqlite_reception",
    "strict_world",
    "world",
]


@pytest.fixture(scope="session")
def circuit() -> Circuit:
    return shipped.circuit()


@pytest.fixture(scope="session")
def directory() -> Directory:
    return shipped.directory()
