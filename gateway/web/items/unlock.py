"""The password of a locked document, given by a person on the page: used once, kept nowhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway import log
from gateway.errors import Refused, Unavailable
from gateway.web.access import Viewer
from gateway.web.doorstep.passwords import locked_until
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items import held
from gateway.web.items.actions import desk_of_item
from gateway.web.items.document import of_item
from storage import attempts

router = APIRouter()

NOT_HERE = "La lecture des pièces n’est pas ouverte ici ; rien n’a été changé. Réessayez plus tard."
NO_DOCUMENT = "Ce document n’existe pas dans cet élément ; rien n’a été changé. Revenez à l’élément."


LONGEST = 256
"""Characters of a password of a document: a PDF takes 127 octets."""
TOO_MANY = (
    "Trop d’essais sur ce document ; aucun n’a été jugé. Patientez quelques minutes, ou demandez le mot de"
    " passe à l’expéditeur."
)


@router.post("/elements/{item_id}/documents/{document_id}/mot-de-passe")
def unlock(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    document_id: RowId,
    *,
    version: Annotated[int, Form(ge=1, le=2**31 - 1)],
    passe: Annotated[str, Form(max_length=LONGEST)] = "",
) -> Response:
    """Open the document with ``passe``, unless somebody else holds it; its mail is then read again."""
    with rooms.database.reading() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
        document = of_item(seen, session, item, document_id, NO_DOCUMENT)
        held.check(rooms, seen, session, item, version)
    if rooms.unlock is None:
        raise Unavailable(NOT_HERE)
    _count(rooms, seen, document_id)
    try:
        rooms.unlock(item.delivery, document.position, passe, seen.login)
    except Refused:
        log.password_refused(seen.login, document_id)
        raise
    rooms.wake(item.delivery)
    return RedirectResponse(f"/elements/{item_id}?fait=ouvert", 303)


def _count(rooms: WebHouse, seen: Viewer, document_id: int) -> None:
    """Count one try of this person on this document, before it is judged. Raises ``Refused`` while they
    wait: three tries are free, then 15 s doubling to 15 min, as at the door."""
    at, subject = rooms.clock.now(), f"unlock:{document_id}:{seen.login}"
    with rooms.database.transaction() as session:
        count = attempts.allowed(session, subject, at)
        if count is None:
            raise Refused(TOO_MANY)
        attempts.lock(session, subject, locked_until(count, at))
