"""One database, SQLite or PostgreSQL, behind the same two verbs: ``transaction`` and ``reading``.

SQLite runs in WAL with ``synchronous=FULL`` (a commit is on disk when it returns) and begins every
writing transaction IMMEDIATE, so that two writers queue instead of failing on a lock upgrade.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session, SQLModel

from storage.columns import Instant
from storage.errors import DatabaseUnavailable

__all__ = ["Database", "Instant", "Session", "insert_new", "table_of", "translated"]

_BUSY_TIMEOUT_MS = 30_000
_AGAIN_S = 0.02
_CONNECT_TIMEOUT_S = 5
_POOL = 10

_TRY_AGAIN = "La base de données ne répond pas ; rien n'a été enregistré, réessayez dans un instant."

_SQLITE_AWAY = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_IOERR",
    "SQLITE_CANTOPEN",
    "SQLITE_FULL",
    "SQLITE_READONLY",
)
_POSTGRES_AWAY = ("08", "40", "53", "55P03", "57", "58", "25006")
"""Classes of SQLSTATE: connection, rollback to retry, resources, lock, operator, system, read-only."""


class Database:
    """The connection pool of one process. ``url`` is a SQLAlchemy URL.

    Both verbs raise ``DatabaseUnavailable`` when the database goes away; the next call connects anew.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = _engine(url)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A writing transaction: commits when the block ends, rolls back when it raises."""
        with translated(), Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"passerelle_write": True})
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A reading transaction on one snapshot; nothing done in it is kept."""
        with translated(), Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"passerelle_read": True})
            yield session

    def close(self) -> None:
        self.engine.dispose()


def insert_new(session: Session, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert one row unless a unique key already holds it. True when it was inserted."""
    session.flush()
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing().inline()
    options = {"preserve_rowcount": True}  # SQLAlchemy forgets the count of an INSERT otherwise
    return connection.execute(statement, dict(values), execution_options=options).rowcount == 1


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model (SQLModel declares it without a type)."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's "the server went away" into ours; a programming error passes unchanged."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable(_TRY_AGAIN) from error
    except DBAPIError as error:
        if error.connection_invalidated or _away(error.orig):
            raise DatabaseUnavailable(_TRY_AGAIN) from error
        raise


def _away(cause: BaseException | None) -> bool:
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        return str(name).startswith(_SQLITE_AWAY)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_POSTGRES_AWAY)
    # psycopg gives no SQLSTATE when it never reached the server
    return type(cause).__name__ in {"OperationalError", "ConnectionTimeout"}


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        return _sqlite_engine(url)
    engine = create_engine(
        url,
        hide_parameters=True,  # an error never quotes the values it was about: they may be medical
        pool_pre_ping=True,
        pool_size=_POOL,
        max_overflow=_POOL,
        connect_args={"connect_timeout": _CONNECT_TIMEOUT_S},
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # one snapshot for a whole reading, as SQLite gives: a list and its count agree
        if connection.get_execution_options().get("passerelle_read", False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    return engine


def _write_ahead(cursor: Any) -> None:
    """Ask for the write-ahead log. SQLite answers "locked" at once, whatever ``busy_timeout`` says, while
    another process makes the same new database: asked again for as long as any other statement would be."""
    limit = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > limit:
                raise
            time.sleep(_AGAIN_S)
        else:
            return


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=_POOL,
        max_overflow=_POOL,
        connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see _begin
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        _write_ahead(cursor)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("passerelle_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
