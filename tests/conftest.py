"""Fixtures of every test: both databases, a vault with its keys, a clock that is turned by hand."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.clock import TurnableClock
from gateway.evidence.record import Recorder
from storage import schema
from storage.db import Database
from storage.keys import KeyRing
from storage.vault import Vault
from tests.worlds import postgres
from tests.worlds.postgres import PostgresServer

_numbers = itertools.count(1)


def _build(url: str) -> None:
    """Tables as an installation has them: by the migrations, proved equal to the models by a contract."""
    database = Database(url)
    try:
        schema.upgrade(database)
    finally:
        database.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the session (fsync off); a missing one skips here and fails in CI."""
    postgres.require()
    folder = Path(tempfile.mkdtemp(prefix="passerelle-pg-"))
    server = PostgresServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: PostgresServer) -> str:
    postgres_server.create_database("template_passerelle")
    _build(postgres_server.url("template_passerelle"))
    return "template_passerelle"


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "passerelle.sqlite"
    _build(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with every table."""
    path = tmp_path / "passerelle.sqlite"
    shutil.copyfile(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, _postgres_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database with every table."""
    name = f"test_{next(_numbers)}"
    postgres_server.create_database(name, _postgres_template)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Both databases in turn: what storage promises, it promises on each."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """The embedded default alone, for tests that are not about the database."""
    opened = Database(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    opened = Database(postgres_url)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> TurnableClock:
    return TurnableClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


@pytest.fixture
def vault(tmp_path: Path, ring: KeyRing) -> Vault:
    return Vault(tmp_path / "vault", ring)


@pytest.fixture
def recorder(tmp_path: Path, clock: TurnableClock, ring: KeyRing) -> Recorder:
    return Recorder(clock, ring, tmp_path / "checkpoints")
