"""The schema of the database: every table, and ``upgrade`` which brings a database to it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import MetaData, inspect
from sqlmodel import SQLModel

from storage import (
    addresses,
    answers,
    attempts,
    audit,
    balances,
    calls,
    cases,
    certbook,
    comments,
    contestations,
    deadlines,
    deliveries,
    documents,
    drafts,
    erasures,
    executors,
    factors,
    findable,
    handwritten,
    happenings,
    invitations,
    items,
    joinings,
    judgments,
    ledger,
    notices,
    outbox,
    people,
    periods,
    proposals,
    pulses,
    recognised,
    registrations,
    retention,
    reviews,
    rulesets,
    sessions,
    stamps,
    successions,
    tallies,
    tokens,
    turn,
    unlocked,
    views,
)
from storage.db import Database, translated
from storage.errors import SchemaRefused

TABLES = (
    addresses,
    answers,
    attempts,
    audit,
    balances,
    calls,
    cases,
    certbook,
    comments,
    contestations,
    deadlines,
    deliveries,
    documents,
    drafts,
    erasures,
    executors,
    factors,
    findable,
    handwritten,
    happenings,
    invitations,
    items,
    joinings,
    judgments,
    ledger,
    notices,
    outbox,
    people,
    periods,
    proposals,
    pulses,
    recognised,
    registrations,
    retention,
    reviews,
    rulesets,
    sessions,
    stamps,
    successions,
    tallies,
    tokens,
    turn,
    unlocked,
    views,
)
"""Every module that declares tables; a contract test refuses one that is missing here."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 8352_0001
"""Any number, the same for every process of ours: PostgreSQL's advisory lock on the upgrade."""


def metadata() -> MetaData:
    return SQLModel.metadata


def is_built(database: Database) -> bool:
    """Whether the tables of this version are there; nothing is made. Raises ``DatabaseUnavailable``."""
    with translated():
        return set(metadata().tables) <= set(inspect(database.engine).get_table_names())


def upgrade(database: Database) -> None:
    """Apply the migrations that are missing, in one transaction; called at every start-up.

    Several processes may start together: one migrates, the others wait. Raises ``DatabaseUnavailable``,
    or ``SchemaRefused`` when the database was made by a newer version.
    """
    if database.is_sqlite and database.engine.url.database:
        Path(database.engine.url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with translated(), database.engine.connect() as connection:
        connection = connection.execution_options(passerelle_write=True)  # noqa: PLW2901 (same one)
        with connection.begin():
            if not database.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise SchemaRefused(
                    "La base de données vient d'une version plus récente de Passerelle ; rien n'a été "
                    "modifié, installez cette version."
                ) from error
