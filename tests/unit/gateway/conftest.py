"""What the tests of routing share (the first circuit and the directory, as shipped), and whole houses."""

from __future__ import annotations

import pytest

from gateway.circuits.directory import Directory
from gateway.circuits.model import Circuit
from tests.builders import shipped
from tests.worlds.house import desk, home, migrated_file, migrated_template, opener, sandbox, sqlite_home

__all__ = ["desk", "home", "migrated_file", "migrated_template", "opener", "sandbox", "sqlite_home"]


@pytest.fixture(scope="session")
def circuit() -> Circuit:
    return shipped.circuit()


@pytest.fixture(scope="session")
def directory() -> Directory:
    return shipped.directory()
