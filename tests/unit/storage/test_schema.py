"""Every table is known, and upgrading makes the folder of an embedded database its owner's alone."""

from __future__ import annotations

import stat
from pathlib import Path

from sqlalchemy import inspect

from storage import schema
from storage.db import Database


def test_upgrade_makes_the_folder_and_every_table(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/var/base.sqlite")
    schema.upgrade(database)
    tables = set(inspect(database.engine).get_table_names())
    database.close()
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    assert tables == set(schema.metadata().tables) | {"alembic_version"}
    assert {"deliveries", "arrivals", "documents", "audit_events", "outbox", "people"} <= tables


def test_every_text_column_is_protected_from_what_no_database_holds() -> None:
    plain = [
        f"{table.name}.{column.name}"
        for table in schema.metadata().tables.values()
        for column in table.columns
        if type(column.type).__name__ in {"String", "AutoString", "Text", "VARCHAR"}
    ]
    assert plain == []
