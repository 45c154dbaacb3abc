"""A person vouches for the whole reading of a document, says that it is no use, or takes that back.

What a rejected form gave ends with it (``gateway.web.items.corrected``) and comes back with it, in one
transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from gateway.cases.review import say
from gateway.errors import Refused
from gateway.web.house import InHouse, RowId, Seen, WebHouse
from gateway.web.items.actions import desk_of_item
from gateway.web.items.corrected import Event, judged
from gateway.web.items.document import of_item
from gateway.web.items.marks import conflicts
from gateway.web.letters import writing
from storage import cases, documents, items
from storage.db import Session
from storage.documents import Document
from storage.reviews import Said

router = APIRouter()

NO_DOCUMENT = "Ce document n’existe pas dans cet élément ; rien n’a été changé. Revenez à l’élément."
HELD = "Une autre personne tient cet élément ; rien n’a été changé. Demandez-lui, ou reprenez-le."
VERBS: Mapping[str, Said] = {
    "confirmer": Said.CONFIRMED,
    "rejeter": Said.REJECTED,
    "retirer": Said.WITHDRAWN,
}


@router.post("/elements/{item_id}/documents/{document_id}/lecture")
def judge(
    rooms: InHouse,
    seen: Seen,
    item_id: RowId,
    document_id: RowId,
    *,
    verbe: Annotated[str, Form(max_length=12)],
    motif: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Follow one arrow of ``cases.review``, record it, come back to the document."""
    if verbe not in VERBS:
        raise Refused("Aucun jugement n’est choisi ; rien n’a été changé. Confirmez ou rejetez.")
    with rooms.database.transaction() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
        document = of_item(seen, session, item, document_id, NO_DOCUMENT)
        if not writing.may_write(item, seen, rooms.clock.now()):
            raise Refused(HELD)
        if VERBS[verbe] is not Said.CONFIRMED:
            cases.lock_circuit(session, item.circuit)  # whoever files a copy waits for the judgement
        facts = documents.facts_of(session, [document_id])
        event = say(
            session,
            document,
            VERBS[verbe],
            facts=[fact.id or 0 for fact in facts],
            conflicts=conflicts(facts),
            reason=motif,
            by=seen.login,
            at=rooms.clock.now(),
        )
        rooms.recorder.add_all(session, [event, *_followed(rooms, session, document, VERBS[verbe])])
    return RedirectResponse(f"/elements/{item_id}?fait={verbe}#document-{document_id}", 303)


def _followed(rooms: WebHouse, session: Session, document: Document, said: Said) -> list[Event]:
    """What ends or comes back with the judgement; a confirmation only changes what lacks."""
    if said is not Said.CONFIRMED:
        return judged(rooms, session, document)
    items.follow_reading(session, document.delivery)
    return []
