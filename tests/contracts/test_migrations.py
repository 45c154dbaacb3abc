"""The migrations give exactly the tables of the models, on both databases, and can be undone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Enum, inspect
from sqlmodel import SQLModel

from storage import schema
from storage.db import Database
from storage.errors import SchemaRefused
from storage.migrations import regenerate
from tests.worlds.postgres import PostgresServer

STORAGE = Path(schema.__file__).parent
HINT = "the models changed: run python -m storage.migrations.regenerate"


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a table."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/sub/folder/empty.sqlite")
        yield database
        database.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.create_database("empty")
    database = Database(server.url("empty"))
    yield database
    database.close()
    server.drop_database("empty")


both = pytest.mark.parametrize(
    "empty", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def _tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


@both
def test_migrations_equal_models(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.metadata()) == [], HINT
    assert _tables(empty) == set(SQLModel.metadata.tables), HINT


def test_initial_revision_is_what_the_models_give() -> None:
    assert regenerate.source() == regenerate.TARGET.read_text("utf-8"), HINT


@both
def test_upgrade_twice_and_from_several_processes_is_harmless(empty: Database) -> None:
    others = [Database(empty.url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(schema.upgrade, others))
    for other in others:
        other.close()
    schema.upgrade(empty)
    assert _tables(empty) == set(SQLModel.metadata.tables)


@both
def test_a_database_of_a_newer_version_is_refused_in_french(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaRefused, match="version plus récente"):
        schema.upgrade(empty)
    assert _tables(empty) == set(SQLModel.metadata.tables)


@both
def test_downgrade_removes_every_table(empty: Database) -> None:
    schema.upgrade(empty)
    config = Config()
    config.set_main_option("script_location", str(STORAGE / "migrations"))
    with empty.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert _tables(empty) == set()


def test_every_module_with_a_table_is_known_to_the_schema() -> None:
    declaring = {
        path.stem
        for path in STORAGE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and any(keyword.arg == "table" for keyword in node.keywords)
    }
    known = {Path(module.__file__ or "").stem for module in schema.TABLES}
    assert declaring
    assert declaring == known


def test_enums_fit_their_column_and_are_stored_by_value() -> None:
    enums = [
        column.type
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Enum)
    ]
    assert enums
    for enum in enums:
        assert not enum.native_enum
        assert enum.enum_class is not None
        assert set(enum.enums) == {member.value for member in enum.enum_class}
        assert max(map(len, enum.enums)) <= (enum.length or 0)
