"""From rows to what routing sees: everything that may matter, nothing that may not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gateway.circuits.decision import MailKind
from gateway.circuits.model import COVER_NOTE
from gateway.triage.read import DECORATION
from gateway.triage.seen import mail_seen
from parsers.facts import Box, Confidentiality, Severity, Source
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document, FactRow, IssueRow

AT = datetime(2026, 11, 23, tzinfo=UTC)


def _delivery(**changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "sha256": "a" * 64,
        "size": 1,
        "state": DeliveryState.READ,
        "received_at": AT,
        "mailbox": "boite@caisse.example",
        "envelope_from": "a@b.example",
        "circuit": "essai",
        "sender": "a@b.example",
        "recipients": ["boite@caisse.example"],
    }
    return Delivery(**{**values, **changes})


def _document(position: int, kind: str | None, **changes: Any) -> Document:
    values: dict[str, Any] = {
        "id": position + 10,
        "delivery": "a" * 64,
        "position": position,
        "path": "1",
        "name": "piece.pdf",
        "media_type": "application/pdf",
        "sha256": "b" * 64,
        "size": 1,
        "kind": kind,
        "confidentiality": "administrative",
    }
    return Document(**{**values, **changes})


def test_cover_notes_and_decorations_are_left_out() -> None:
    rows: list[tuple[Document, list[FactRow], list[IssueRow]]] = [
        (_document(n, kind), [], []) for n, kind in enumerate((COVER_NOTE, DECORATION, "quote"))
    ]
    assert [d.position for d in mail_seen(_delivery(), rows).documents] == [2]


def test_what_was_never_read_is_other_without_certainty() -> None:
    (document,) = mail_seen(_delivery(), [(_document(0, None, score=None), [], [])]).documents
    assert (document.kind, document.score) == ("other", 0.0)


def test_facts_and_issues_come_whole() -> None:
    fact = FactRow(
        document_id=10, name="finess", value="5", normalised="5", page=2, box=[1, 2, 3, 4], source="ocr",
        confidence=0.5, at=AT,
    )  # fmt: skip
    issue = IssueRow(document_id=10, code="missing", field="finess", severity="error", message="Il manque.")
    (document,) = mail_seen(_delivery(), [(_document(0, "quote"), [fact], [issue])]).documents
    assert document.confidentiality is Confidentiality.ADMINISTRATIVE
    (seen,) = document.facts
    assert (seen.box, seen.source, seen.document) == (Box(1, 2, 3, 4), Source.OCR, "b" * 64)
    assert (document.issues[0].severity, document.issues[0].box) == (Severity.ERROR, None)


def test_the_verdict_on_the_mail_and_its_oddities_come_along() -> None:
    delivery = _delivery(
        kind="auto-reply",
        security={"decryption": "ok", "signature": "valid"},
        mail={"bulk": True, "troubles": ["Étrange."]},
        subject=None,
    )
    seen = mail_seen(delivery, [])
    assert (seen.kind, seen.decryption, seen.signature) == (MailKind.AUTO_REPLY, "ok", "valid")
    assert (seen.bulk, seen.troubles, seen.subject) == (True, ("Étrange.",), "")
    plain = mail_seen(_delivery(), [])
    assert (plain.kind, plain.decryption, plain.signature, plain.bulk) == (
        MailKind.MAIL, "absent", "absent", False,
    )  # fmt: skip
