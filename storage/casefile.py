"""Everything about one case, as plain values: documents are named, never opened."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from storage.cases import Case, CaseDocument, Period
from storage.deadlines import Deadline
from storage.documents import Document
from storage.outbox import OutboxEntry

_LONGEST_NUMBER = 9
"""Digits of a case number: more would not fit the column, and PostgreSQL would say so rudely."""


def casefile(session: Session, reference: str) -> dict[str, Any] | None:
    """The case of this reference (or number) with periods, documents, deadlines and letters."""
    wanted = col(Case.reference) == reference.upper()
    if reference.isdecimal() and len(reference) <= _LONGEST_NUMBER:
        wanted = col(Case.id) == int(reference)
    case = session.exec(select(Case).where(wanted)).first()
    if case is None or case.id is None:
        return None
    return {
        **case.model_dump(mode="json", exclude={"version"}),
        "periods": [
            period.model_dump(
                mode="json", include={"origin", "status", "starts", "ends", "amount", "document_id"}
            )
            for period in session.exec(
                select(Period).where(col(Period.case_id) == case.id).order_by(col(Period.id))
            )
        ],
        "documents": _documents(session, case.id),
        "deadlines": [
            deadline.model_dump(
                mode="json", include={"kind", "title", "due", "basis", "status", "state", "explanation"}
            )
            for deadline in session.exec(
                select(Deadline).where(col(Deadline.case_id) == case.id).order_by(col(Deadline.due))
            )
        ],
        "letters": [
            entry.model_dump(
                mode="json", include={"letter", "recipient", "subject", "state", "created_at", "sent_at"}
            )
            for entry in session.exec(
                select(OutboxEntry).where(col(OutboxEntry.case_id) == case.id).order_by(col(OutboxEntry.id))
            )
        ],
    }


def _documents(session: Session, case_id: int) -> list[dict[str, Any]]:
    query = (
        select(Document, CaseDocument)
        .join(CaseDocument, col(CaseDocument.document_id) == col(Document.id))
        .where(col(CaseDocument.case_id) == case_id)
        .order_by(col(CaseDocument.filed_at), col(Document.id))
    )
    return [
        {
            **document.model_dump(
                mode="json",
                include={"id", "delivery", "kind", "pages", "confidentiality", "sha256", "media_type"},
            ),
            "filed_at": filed.filed_at.isoformat(),
            "reasons": filed.reasons,
        }
        for document, filed in session.exec(query)
    ]
