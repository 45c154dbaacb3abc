"""A narrow, fast lane into the embedded database for the few statements of the intake.

On SQLite a commit costs 0.15 ms and SQLAlchemy's way to it three times that; the accept rate is made of
little else. The lane runs statements that were compiled once, on a connection of the same pool, through
the same column types. It looks like a ``Session`` to ``reception.receive`` and ``audit.append_all`` and
knows nothing else; whatever is not one of its statements it refuses (``NotInLane``), and the caller
takes the ordinary road.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import Executable
from sqlmodel import Session

from storage.audit import APPENDING
from storage.db import Database, translated
from storage.reception import RECEIVING

_STATEMENTS: tuple[Executable, ...] = (*RECEIVING, *APPENDING)

Params = Mapping[str, Any]


class NotInLane(Exception):
    """This statement, or this database, is not for the lane; nothing was committed."""


class Lane:
    """The lane of one database; ``exists`` says whether it has one."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        dialect = self._engine.dialect
        self._statements = {statement: _Prepared(statement, dialect) for statement in _STATEMENTS}
        self.exists = database.is_sqlite

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """As ``Database.transaction``: commits when the block ends, rolls back when it raises.

        Raises ``NotInLane``, ``DatabaseUnavailable``.
        """
        if not self.exists:
            raise NotInLane
        with translated():
            pooled = None
            try:
                pooled = self._engine.raw_connection()
                cursor = pooled.cursor()
                cursor.execute("BEGIN IMMEDIATE")
                yield cast("Session", _Traveller(cursor, self._statements))
                cursor.execute("COMMIT")
            except sqlite3.Error as error:
                if pooled is not None:
                    pooled.invalidate()
                raise DBAPIError("lane", None, error) from error
            finally:
                if pooled is not None:
                    pooled.close()  # back to the pool, which rolls back what was not committed


class _Traveller:
    """The little of ``Session`` and of its ``Connection`` that the verbs of the lane use."""

    def __init__(self, cursor: Any, statements: Mapping[Executable, _Prepared]) -> None:
        self._cursor = cursor
        self._statements = statements

    def flush(self) -> None:
        """Nothing waits here."""

    def connection(self) -> _Traveller:
        return self

    @property
    def dialect(self) -> Any:
        return SimpleNamespace(name="sqlite")

    def execute(
        self, statement: Executable, params: Params | Sequence[Params] = (), **_options: object
    ) -> _Answer:
        prepared = self._statements.get(statement)
        if prepared is None:
            raise NotInLane
        return _Answer(prepared.run(self._cursor, params))


class _Answer:
    """Rows already fetched, read as SQLAlchemy's result is."""

    def __init__(self, rows: list[SimpleNamespace]) -> None:
        self._rows = rows

    def first(self) -> SimpleNamespace | None:
        return self._rows[0] if self._rows else None

    def scalars(self) -> Iterator[Any]:
        return (next(iter(vars(row).values())) for row in self._rows)


class _Prepared:
    """One statement: its SQL and the converters of its values, made at the first use."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        self._statement = statement
        self._dialect = dialect
        self._sql = ""
        self._names: tuple[str, ...] = ()
        self._fixed: Params = {}
        self._converters: tuple[Callable[[Any], Any] | None, ...] = ()

    def run(self, cursor: Any, params: Params | Sequence[Params]) -> list[SimpleNamespace]:
        sets: Sequence[Params] = [params] if isinstance(params, Mapping) else params or [{}]
        if not self._sql:
            self._compile(sets[0])
        found = []
        for one in sets:
            cursor.execute(self._sql, self._values(one))
            if cursor.description is not None:
                names = [column[0] for column in cursor.description]
                found += [
                    SimpleNamespace(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()
                ]
        return found

    def _values(self, params: Params) -> list[Any]:
        values = {**self._fixed, **params}
        return [
            values[name] if convert is None else convert(values[name])
            for name, convert in zip(self._names, self._converters, strict=True)
        ]

    def _compile(self, example: Params) -> None:
        compiled: Any = self._statement.compile(dialect=self._dialect, column_keys=list(example))  # type: ignore[attr-defined]
        self._names = tuple(compiled.positiontup)
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._converters = tuple(
            compiled.binds[name].type.dialect_impl(self._dialect).bind_processor(self._dialect)
            for name in self._names
        )
        self._sql = str(compiled)
