"""A person gives the password of a locked document: it is used once, and the document is read again.

The password goes to the limited child and nowhere else: neither to a row, nor to a log, nor to an event.
What is kept is a copy that opens without it, encrypted in the vault like everything (decision 9). The
original stays as it came. A password in a mail is never tried by itself: a mail proves nobody's intent.
"""

from __future__ import annotations

from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from gateway.house import House
from parsers.acroform import LOCKED
from parsers.errors import ParseError
from storage import deliveries, documents, unlocked
from storage.documents import Document
from storage.unlocked import UnlockedCopy

COPY = "unlocked"
"""Kind of the copy in the vault."""
LONGEST = 200
NOT_LOCKED = "Ce document n’attend aucun mot de passe ; rien n’a été changé. Rechargez l’élément."
EMPTY = "Aucun mot de passe n’a été donné ; rien n’a été changé."
BUSY = "Ce message est en cours de traitement ; rien n’a été changé. Réessayez dans un instant."


def is_locked(document: Document) -> bool:
    """Whether the document waits for its password."""
    return document.trouble == LOCKED


def find(house: House, delivery: str, wanted: str) -> tuple[str, int]:
    """The mail and the position of a document, by its position from 1 or its name. Raises ``NotFound``."""
    with house.database.reading() as session:
        mail = deliveries.get(session, delivery)
        rows = documents.of_delivery(session, mail.sha256) if mail else []
    found = [row for row in rows if wanted in {str(row.position + 1), row.name}]
    if mail is None or len(found) != 1:
        raise NotFound(
            f"Aucune pièce « {wanted} » dans ce message, ou plusieurs ; rien n’a changé : "
            "donnez son numéro d’ordre, à partir de 1."
        )
    return mail.sha256, found[0].position


def unlock(house: House, delivery: str, position: int, password: str, person: str) -> None:
    """Open one document with its password and send its mail back to be read again.

    Raises ``NotFound``, or ``Refused`` when the document is not locked, the password is wrong or the mail
    is still on its way. The caller then carries the mail (``flow.run_to_rest``, or a worker).
    """
    with house.database.reading() as session:
        rows = documents.of_delivery(session, delivery)
        mail = deliveries.get(session, delivery)
    document = next((row for row in rows if row.position == position), None)
    if mail is None or document is None or not is_locked(document):
        raise NotFound(NOT_LOCKED)
    if not password or len(password) > LONGEST:
        raise Refused(EMPTY)
    try:
        sandbox = house.reader.sandbox
        copy = sandbox.run("unlock", house.vault.get(document.sha256), password, sandbox.limits)
    except ParseError as error:
        raise Refused(error.message) from None
    kept = house.vault.put(copy, COPY)
    at = house.clock.now()
    with house.database.transaction() as session:
        unlocked.keep(session, UnlockedCopy(sha256=document.sha256, copy_sha256=kept, at=at, person=person))
        if not deliveries.reopen(session, delivery, at):
            raise Refused(BUSY)
        house.recorder.add(
            session,
            Kind.RELEASED,
            f"delivery:{delivery}",
            step="unlock",
            document=position,
            person=person,
        )
