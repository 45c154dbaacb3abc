"""The password of a locked document, given by a person on the page: used once, kept nowhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.errors import Unavailable
from gateway.web import held
from gateway.web.actions import desk_of_item
from gateway.web.document import of_item
from gateway.web.house import InHouse, RowId, Seen

router = APIRouter()

NOT_HERE = "La lecture des pièces n’est pas ouverte ici ; rien n’a été changé. Réessayez plus tard."
NO_DOCUMENT = "Ce document n’existe pas dans cet élément ; rien n’a été changé. Revenez à l’élément."


@router.post("/elements/{item_id}/documents/{document_id}/mot-de-passe")
def unlock(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    document_id: RowId,
    *,
    version: Annotated[int, Form(ge=1, le=2**31 - 1)],
    passe: Annotated[str, Form()] = "",
) -> Response:
    """Open the document with ``passe``, unless somebody else holds it; its mail is then read again."""
    with rooms.database.reading() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
        document = of_item(seen, session, item, document_id, NO_DOCUMENT)
        held.check(rooms, seen, session, item, version)
    if rooms.unlock is None:
        raise Unavailable(NOT_HERE)
    rooms.unlock(item.delivery, document.position, passe, seen.login)
    rooms.wake(item.delivery)
    return RedirectResponse(f"/elements/{item_id}?fait=ouvert", 303)
