"""From rows back to what routing sees: the same rows always give the same value."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.circuits.decision import DocumentSeen, MailKind, MailSeen
from gateway.circuits.model import COVER_NOTE
from gateway.triage.read import DECORATION
from parsers.facts import Box, Confidentiality, Fact, Issue, Severity, Source
from storage.deliveries import Delivery
from storage.documents import Document, FactRow, IssueRow


def mail_seen(
    delivery: Delivery,
    documents: Sequence[tuple[Document, Sequence[FactRow], Sequence[IssueRow]]],
) -> MailSeen:
    """One delivery as routing sees it: cover notes and pictures of signatures left out."""
    mail = delivery.mail or {}
    security = delivery.security or {}
    return MailSeen(
        sha256=delivery.sha256,
        kind=MailKind(delivery.kind or "mail"),
        mailbox=delivery.mailbox,
        envelope_from=delivery.envelope_from,
        sender=delivery.sender,
        recipients=tuple(delivery.recipients),
        subject=delivery.subject or "",
        received_at=delivery.received_at,
        decryption=security.get("decryption", "absent"),
        signature=security.get("signature", "absent"),
        documents=tuple(
            _document(document, facts, issues)
            for document, facts, issues in documents
            if document.kind not in (COVER_NOTE, DECORATION)
        ),
        bulk=bool(mail.get("bulk")),
        troubles=tuple(mail.get("troubles", ())),
        message_id=delivery.message_id,
        references=tuple(mail.get("references") or ()),
    )


def _document(row: Document, facts: Sequence[FactRow], issues: Sequence[IssueRow]) -> DocumentSeen:
    return DocumentSeen(
        position=row.position,
        name=row.name,
        media_type=row.media_type,
        sha256=row.sha256,
        kind=row.kind or "other",
        score=row.score or 0.0,
        confidentiality=Confidentiality(row.confidentiality),
        facts=tuple(
            Fact(
                name=f.name,
                value=f.value,
                normalised=f.normalised,
                document=row.sha256,
                page=f.page,
                box=_box(f.box),
                source=Source(f.source),
                confidence=f.confidence,
            )
            for f in facts
        ),
        issues=tuple(
            Issue(
                code=i.code,
                field=i.field,
                severity=Severity(i.severity),
                message=i.message,
                page=i.page,
                box=_box(i.box),
            )
            for i in issues
        ),
        trouble=row.trouble,
    )


def _box(values: list[float] | None) -> Box | None:
    return None if values is None else Box(*values)
