"""The mail itself, as received: to keep, for those who may open everything it carries."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.errors import NotFound
from gateway.web.access import may_open
from gateway.web.guard import ForbiddenError
from gateway.web.house import InHouse, RowId, Seen
from gateway.web.items.actions import desk_of_item
from gateway.web.items.document import ADMINISTRATIVE, SEALED_FILE, admit, attachment, sees_all
from parsers.facts import Confidentiality
from storage import documents
from storage.erasures import GONE

router = APIRouter()

SEALED_MAIL = (
    "Ce message contient une pièce couverte par le secret médical, ou qu’on ne peut pas exclure de l’être :"
    " seul un rôle habilité au contenu médical peut le télécharger en entier ; votre demande est inscrite"
    " au journal. Vous pouvez ouvrir ses documents administratifs un par un."
)

SHARED_MAIL = (
    "Ce message parle aussi d’une autre personne, dont le dossier n’est pas ouvert à votre rôle : il ne se"
    " télécharge pas en entier. Vous pouvez ouvrir les documents de cet élément un par un."
)


@router.get("/elements/{item_id}/message.eml")
def message(rooms: InHouse, seen: Seen, item_id: RowId) -> Response:
    """The raw bytes; in doubt (nothing could be read in it) the whole is medical."""
    with rooms.database.reading() as session:
        item, _ = desk_of_item(rooms, seen, session, item_id)
        found = documents.of_delivery(session, item.delivery)
        shared = not sees_all(rooms, seen, session, item.delivery)
    if shared:
        raise ForbiddenError(SHARED_MAIL)
    if found and all(document.trouble == GONE for document in found):
        raise NotFound(GONE)
    classes = [document.confidentiality for document in found]
    doubt = [] if classes else [str(Confidentiality.MEDICAL)]
    sealed = next((c for c in [*classes, *doubt] if c != ADMINISTRATIVE), ADMINISTRATIVE)
    allowed = all(may_open(seen, c) for c in [*classes, *doubt])
    admit(rooms, seen, item.delivery, sealed, piece="message")
    if not allowed:
        raise ForbiddenError(SEALED_MAIL)
    headers = {"Content-Disposition": attachment(f"message-{item.delivery[:12]}.eml"), **SEALED_FILE}
    return Response(rooms.vault.get(item.delivery), media_type="application/octet-stream", headers=headers)
