"""Column types shared by every table, the same behaviour on SQLite and PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, Enum, String, Table, event
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import AutoString, SQLModel

ENUM_LENGTH = 32

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime: ``timestamptz`` on PostgreSQL, sortable ISO text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must carry its time zone")
        value = value.astimezone(UTC)
        return instant_text(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (interface)
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        instant: datetime = value
        return instant.astimezone(UTC)


def instant_text(value: datetime) -> str:
    """``2026-11-23T09:00:00.000000Z``: one width, so that text order is time order."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Line(TypeDecorator[str]):
    """Text of a stranger made storable: NUL and lone surrogates become U+FFFD.

    PostgreSQL refuses NUL in text and both databases refuse lone surrogates; a subject that holds one
    must not stop the mail it belongs to. The exact bytes stay in the vault.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (interface)
        if value is None or not _UNSTORABLE.search(value):
            return value
        return _UNSTORABLE.sub("�", value)


@event.listens_for(Column, "before_parent_attach")
def _adopt(column: Column[Any], parent: Any) -> None:
    """Give our tables ``Line`` for text, and enums stored as the text of their value.

    SQLModel would make a native PostgreSQL enum of the member's name: adding a state would then be a
    change of type, and the column would read differently from the command line and the documents.
    """
    if not isinstance(parent, Table) or parent.metadata is not SQLModel.metadata:
        return
    if isinstance(column.type, AutoString):
        column.type = Line(column.type.impl_instance.length)  # type: ignore[attr-defined]
    elif isinstance(column.type, Enum) and column.type.enum_class is not None:
        column.type = Enum(
            column.type.enum_class,
            native_enum=False,
            length=ENUM_LENGTH,
            values_callable=lambda members: [member.value for member in members],
        )
