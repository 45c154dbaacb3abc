"""Any list as a file: written whole beside, told in the log with its rows and its hash, then sent.

The one way out of a list. A page gives its rows as they come (``paged``), page by page: neither the
database nor the memory is held while a long list is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, TypeVar

from fastapi import Response
from fastapi.responses import StreamingResponse

from gateway.clock import paris_date
from gateway.errors import Refused
from gateway.evidence.record import Kind
from gateway.web.access import Viewer
from gateway.web.files.tabular import MOST_ROWS, Format, Sheet, TooLongError, write
from gateway.web.house import WebHouse
from storage.db import Session

_Row = TypeVar("_Row")
_Key = TypeVar("_Key")
_CHUNK = 64 * 1024
PAGE = 2_500
"""Rows read at once."""


def export(rooms: WebHouse, seen: Viewer, sheet: Sheet, kind: Format) -> Response:
    """The list as a file. Raises ``Refused`` when it has more rows than a file holds.

    The event (``EXPORT``, ``list:<name>``) is written before the first byte leaves: who, which list, how
    many rows, the hash of the file; never what was asked or found.
    """
    file = TemporaryFile()  # noqa: SIM115 (closed when the last byte is sent)
    try:
        rows = write(sheet, kind, file)
        size, hashed = _measured(file)
        with rooms.database.transaction() as session:
            rooms.recorder.add(
                session,
                Kind.EXPORT,
                f"list:{sheet.name}",
                action="list",
                kind=str(kind),
                count=rows,
                size=size,
                sha256=hashed,
                person=seen.login,
            )
    except TooLongError as error:
        file.close()
        raise Refused(
            f"Cette liste a plus de {MOST_ROWS} lignes ; aucun fichier n’a été fait."
            " Réduisez-la par un filtre, puis recommencez."
        ) from error
    except BaseException:
        file.close()
        raise
    name = f"{sheet.name}-{paris_date(rooms.clock.now()):%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
    return StreamingResponse(_chunks(file), media_type=kind.media_type, headers=headers)


def paged(
    rooms: WebHouse,
    page: Callable[[Session, _Key | None], Sequence[_Row]],
    key: Callable[[_Row], _Key],
    size: int = PAGE,
) -> Iterator[_Row]:
    """Every row of a list read by key; each page is a reading of its own.

    ``page`` gives at most ``size`` rows after a key; ``key`` is that of a row. A page shorter than
    ``size`` is the last.
    """
    after: _Key | None = None
    while True:
        with rooms.database.reading() as session:
            rows = page(session, after)
        yield from rows
        if len(rows) < size:
            return
        after = key(rows[-1])


def _measured(file: IO[bytes]) -> tuple[int, str]:
    file.seek(0)
    hashed, size = sha256(), 0
    while chunk := file.read(_CHUNK):
        hashed.update(chunk)
        size += len(chunk)
    return size, hashed.hexdigest()


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk
