"""Words about a reading are added; the last one of each document is found; erased with the document."""

from __future__ import annotations

from storage import erasures, reviews
from storage.db import Database, Session
from storage.documents import Document
from storage.reviews import Review, Said
from tests.builders import rows
from tests.builders.rows import AT


def _document(session: Session) -> Document:
    rows.delivery(session, "a")
    return rows.document(session, "a" * 64)


def test_the_last_word_holds_and_goes_with_its_document(database: Database) -> None:
    with database.transaction() as session:
        document = _document(session)
        number = document.id or 0
        reviews.add(session, Review(document_id=number, said=Said.CONFIRMED, facts=[1, 2], by="a", at=AT))
        reviews.add(session, Review(document_id=number, said=Said.REJECTED, reason="flou", by="b", at=AT))
        (found,) = reviews.latest(session, [number, number + 1]).values()
        assert (found.said, found.reason, found.by) == (Said.REJECTED, "flou", "b")
        erasures.erase_document(session, document)
        assert reviews.latest(session, [number]) == {}
