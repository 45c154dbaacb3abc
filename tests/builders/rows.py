"""Rows of the journey put in a database by hand, for tests that start in the middle of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from sqlmodel import select

from gateway.circuits.decision import DocumentSeen
from storage import deliveries
from storage.cases import Case
from storage.db import Session
from storage.deadlines import Deadline
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document
from storage.outbox import OutboxEntry

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def delivery(
    session: Session,
    sha256: str,
    *,
    received_at: datetime = AT,
    state: DeliveryState = DeliveryState.DECIDED,
    sender: str = "admissions@chu.example",
    subject: str = "Attestation",
    mailbox: str = "protocole@cnse.example",
    recipients: Sequence[str] = (),
    circuit: str = "essai",
) -> Delivery:
    """A delivery without documents; ``sha256`` may be one letter, repeated 64 times."""
    row = Delivery(
        sha256=sha256 if len(sha256) == 64 else sha256 * 64,
        size=10,
        state=state,
        received_at=received_at,
        mailbox=mailbox,
        envelope_from=sender,
        circuit=circuit,
        sender=sender,
        subject=subject,
        recipients=list(recipients),
        message_id=f"<{sha256[:8]}@chu.example>",
        set_aside_at=received_at if state is DeliveryState.SET_ASIDE else None,
    )
    assert deliveries.insert(session, row)
    return row


def document(session: Session, mail: str, **columns: object) -> Document:
    """A document of the delivery ``mail``, nothing known of what it is unless ``columns`` say so."""
    values = {
        "delivery": mail,
        "position": 0,
        "path": "1",
        "name": "f.pdf",
        "media_type": "application/pdf",
        "sha256": "d" * 64,
        "size": 1,
    }
    row = Document.model_validate(values | columns)
    session.add(row)
    session.flush()
    return row


def documents_of(session: Session, sha256: str, seen: Sequence[DocumentSeen]) -> list[Document]:
    """The documents of a delivery as rows, in the order of ``seen``."""
    rows = [
        Document(
            delivery=sha256,
            position=d.position,
            path=str(d.position),
            name=d.name,
            media_type=d.media_type,
            sha256=d.sha256,
            size=1,
            kind=d.kind,
            score=d.score,
            confidentiality=d.confidentiality,
        )
        for d in seen
    ]
    session.add_all(rows)
    session.flush()
    return rows


def case(delivery_sha: str, reference: str = "PSR-2026-00001", **columns: object) -> Case:
    """A case not yet inserted."""
    return Case.model_validate(
        {
            "reference": reference,
            "circuit": "essai",
            "opened_at": AT,
            "opened_by_delivery": delivery_sha,
            **columns,
        }
    )


def stored_delivery(session: Session, sha256: str) -> Delivery:
    found = session.get(Delivery, sha256)
    assert found is not None
    return found


def stored_documents(session: Session, sha256: str) -> list[Document]:
    return list(session.exec(select(Document).where(Document.delivery == sha256).order_by("position")))


def letters(session: Session) -> list[OutboxEntry]:
    """Every letter, in the order they were queued."""
    return list(session.exec(select(OutboxEntry).order_by("id")))


def deadlines_in(session: Session) -> list[Deadline]:
    """Every due date, in the order they were set."""
    return list(session.exec(select(Deadline).order_by("id")))


def readable(raw: bytes) -> str:
    """A message as its reader sees it: decoded subject, an empty line, decoded text."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    return f"{message['Subject']}\n\n{body.get_content()}".replace("\r\n", "\n")
