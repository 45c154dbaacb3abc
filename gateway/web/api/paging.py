"""Pages by key: a cursor names the last row seen, ``next`` the address of what follows (RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from gateway.web.api import problems
from gateway.web.api.problems import ApiError
from gateway.web.cursors import instant

SIZE = 50
LARGEST = 200
Limit = Annotated[int, Query(ge=1, le=LARGEST, description="Lignes par page.")]
After = Annotated[
    str, Query(max_length=120, description="Curseur donné par « next » ; à ne pas composer soi-même.")
]
_CURSOR = re.compile(r"([0-9T:.+Z-]{1,40})~([0-9a-f]{1,64})")
_MOST = 2**31 - 1
_Row = TypeVar("_Row")


def cursor(first: date | datetime | int, second: int | str = 0) -> str:
    """The key of a row, as an address carries it."""
    said = str(first) if isinstance(first, int) else first.isoformat()
    return f"{said}~{second}"


def cut(
    found: Sequence[_Row], limit: int, key: Callable[[_Row], str | None]
) -> tuple[Sequence[_Row], str | None]:
    """The page in ``found``, read with one row more; the key of its last row when more follow."""
    page = found[:limit]
    return page, key(page[-1]) if len(found) > limit else None


def instant_key(text: str) -> tuple[datetime, str] | None:
    """The key (instant, hash); ``None`` for the first page. Raises ``ApiError`` on a mangled one."""
    parts = _parts(text)
    if parts is None:
        return None
    at = instant(parts[0])
    if at is None:
        raise mangled()
    return at, parts[1]


def row_key(text: str) -> tuple[datetime, int] | None:
    """The key (instant, number)."""
    found = instant_key(text)
    return None if found is None else (found[0], _number(found[1]))


def day_key(text: str) -> tuple[date, int] | None:
    """The key (day, number)."""
    parts = _parts(text)
    if parts is None:
        return None
    try:
        return date.fromisoformat(parts[0]), _number(parts[1])
    except ValueError as error:
        raise mangled() from error


def number_key(text: str) -> int | None:
    """The key of a list by number."""
    parts = _parts(text)
    return None if parts is None else _number(parts[0])


def following(request: Request, response: Response, key: str | None) -> str | None:
    """Address of the page after ``key``, in ``Link`` too; ``None`` when the list ends here."""
    if key is None:
        return None
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    address = f"{request.url.path}?{urlencode([*asked, ('after', key)])}"
    response.headers["Link"] = f'<{address}>; rel="next"'
    return address


def mangled() -> ApiError:
    return ApiError(
        problems.NOT_UNDERSTOOD,
        "Le curseur « after » n’est pas de ceux que donne « next » ; recommencez sans lui.",
    )


def _parts(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise mangled()
    return found[1], found[2]


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) > _MOST:
        raise mangled()
    return int(text)
