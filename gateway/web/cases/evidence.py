"""The evidence file of a case in one click: written beside, told in the log, then sent piece by piece.

The medical pole gets it with the medical documents, each one told as a reading; everybody else with their
type, date, pages and hash. A caisse has no such right: the file tells what other institutions wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from gateway.errors import NotFound, Refused, Unavailable
from gateway.web.access import Right, reads_any
from gateway.web.cases.case import NO_CASE
from gateway.web.house import InHouse, Seen
from gateway.web.items.document import SEALED_FILE, attachment
from storage import cases, sheets

router = APIRouter()

_PIECE = 256 * 1024
NONE_HERE = "Le dossier de preuve ne peut pas être fait ici ; rien n’a été changé. Prévenez l’exploitation."
NO_ROOM = (
    "Le dossier de preuve n’a pas pu être écrit en entier ; rien n’a été remis. Réessayez, puis prévenez"
    " l’exploitation : la place manque peut-être."
)


@router.get("/dossiers/{reference}/preuve.zip")
def evidence(rooms: InHouse, seen: Seen, reference: str) -> Response:
    """The evidence file as this person may have it; the export is in the log before a byte leaves."""
    with rooms.database.reading() as session:
        case = cases.get(session, reference)
        places = sheets.places_of_case(session, case.id or 0) if case is not None else set()
    if case is None or not reads_any(seen, rooms.circuits.by_name, rooms.circuits.directory, places):
        raise NotFound(NO_CASE)
    if rooms.exporter is None:
        raise Refused(NONE_HERE)
    medical = seen.may(Right.MEDICAL_CONTENT)
    file = cast("BinaryIO", TemporaryFile())  # noqa: SIM115 (without a name; closed when all is sent)
    try:
        made = rooms.exporter.write(case.reference, seen.login, file, medical=medical)
    except OSError as error:
        file.close()
        raise Unavailable(NO_ROOM) from error
    except BaseException:
        file.close()
        raise
    headers = {
        **SEALED_FILE,
        "Content-Disposition": attachment(f"preuve-{made.reference}.zip"),
        "Content-Length": str(made.size),
    }
    return StreamingResponse(_pieces(file), media_type="application/zip", headers=headers)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
