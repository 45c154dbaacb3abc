"""The instant in a cursor, as an address brings it back: it may say anything."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(text: str) -> datetime | None:
    """The instant in UTC; ``None`` when it is none, has no zone, or leaves the calendar in UTC."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
