"""The schema of the database: every table, and ``upgrade`` which brings a database to it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from storage import audit, cases, deadlines, deliveries, documents, outbox, people
from storage.db import Database

TABLES = (audit, cases, deadlines, deliveries, documents, outbox, people)
"""Every module that declares tables; a contract test refuses one that is missing here."""


def metadata() -> MetaData:
    return SQLModel.metadata


def upgrade(database: Database) -> None:
    """Create or migrate the tables; called once at start-up, harmless when there is nothing to do."""
    if database.is_sqlite and database.engine.url.database:
        Path(database.engine.url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    SQLModel.metadata.create_all(database.engine)
