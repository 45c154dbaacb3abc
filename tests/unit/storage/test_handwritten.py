"""What a person wrote is kept beside the model; the end of retention erases the words, not that it left."""

from __future__ import annotations

from storage import erasures, handwritten, outbox
from storage.db import Database, Session
from storage.handwritten import Forwarded, Handwritten
from storage.outbox import OutboxEntry
from tests.builders import rows
from tests.builders.rows import AT


def _letter(session: Session) -> OutboxEntry:
    entry = outbox.queue(
        session,
        OutboxEntry(
            message_id="<1@x>", circuit="essai", letter="m", mailbox="a@x", recipient="b@y", subject="S",
            raw_sha256="f" * 64, created_at=AT, next_attempt_at=AT,
        ),
    )  # fmt: skip
    assert entry is not None
    return entry


def test_both_texts_are_kept_then_erased_and_the_forwarding_stays(database: Database) -> None:
    with database.transaction() as session:
        entry = _letter(session)
        number = entry.id or 0
        rows.delivery(session, "a")
        document = rows.document(session, "a" * 64)
        handwritten.keep(
            session,
            Handwritten(
                outbox_id=number, model="m", proposed="scellé", written="scellé aussi", changed=2, by="a",
                at=AT,
            ),
        )  # fmt: skip
        sent = Forwarded(outbox_id=number, document_id=document.id or 0, by="a", at=AT)
        handwritten.forward(session, [sent])
        assert handwritten.of_letters(session, [number, 99])[number].changed == 2
        erasures.erase_letter(session, entry)
        assert handwritten.of_letters(session, [number]) == {}
        assert [f.outbox_id for f in handwritten.forwardings(session, [document.id or 0])] == [number]
