"""The type a person gives to a document, and what must then be as secret as it is.

The class belongs to the bytes, the kind to the document: once a person says that pages are medical, the
same pages are in every mail, with the file that holds them and the words of the mail that brought them.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select, update

from storage.cases import Case, CaseDocument
from storage.documents import (
    ADMINISTRATIVE,
    Document,
    follows_its_mail,
    is_mail_words,
    of_delivery,
    overlap,
)
from storage.items import Item


def give(
    session: Session, document: Document, kind: str | None, confidentiality: str, by: str, at: datetime
) -> bool:
    """Write the type a person gives, keeping what was read; ``False`` when the row changed meanwhile."""
    first = document.sorted_by is None
    return _write(
        session,
        document,
        kind=kind,
        confidentiality=confidentiality,
        sorted_by=by,
        sorted_at=at,
        read_kind=document.kind if first else document.read_kind,
        read_confidentiality=document.confidentiality if first else document.read_confidentiality,
    )


def restore(session: Session, document: Document) -> bool:
    """Go back to what the machine read; ``False`` when nobody had said otherwise, or the row changed."""
    if document.sorted_by is None:
        return False
    return _write(
        session,
        document,
        kind=document.read_kind,
        confidentiality=document.read_confidentiality or document.confidentiality,
        sorted_by=None,
        sorted_at=None,
        read_kind=None,
        read_confidentiality=None,
    )


def beside(session: Session, document: Document) -> list[Document]:
    """What shows the content of ``document``: its pages in any mail, the files they were taken from, and,
    when it is not itself the words of a mail, the words of the mails that brought them."""
    same = select(Document).where(col(Document.sha256) == document.sha256)
    pages = [row for row in session.exec(same) if overlap(row, document)]
    found = {row.id: row for row in pages}
    for page in pages:
        for row in of_delivery(session, page.delivery):
            holds = bool(row.path) and page.path.startswith(row.path + "/")
            if holds or (is_mail_words(row) and not is_mail_words(document)):
                found[row.id] = row
    found.pop(document.id, None)
    return [found[key] for key in sorted(found, key=lambda key: key or 0)]


def closed_words(session: Session, delivery: str) -> list[Document]:
    """Words of a mail read as administrative, closed with a document beside them that is open again."""
    rows = of_delivery(session, delivery)
    if any(row.confidentiality != ADMINISTRATIVE and not is_mail_words(row) for row in rows):
        return []
    return [
        row
        for row in rows
        if row.confidentiality != ADMINISTRATIVE
        and row.read_confidentiality == ADMINISTRATIVE
        and follows_its_mail(row)
    ]


def closed_since_read(session: Session, case: Case) -> bool:
    """Whether a person closed something of the mails of a case that was open before: what was made of it
    then, and kept, shows it."""
    filed = select(CaseDocument.document_id).where(CaseDocument.case_id == case.id)
    mails = set(session.exec(select(Document.delivery).where(col(Document.id).in_(filed))))
    mails |= set(session.exec(select(Item.delivery).where(Item.case_id == case.id)))
    closed = select(Document.id).where(
        col(Document.delivery).in_({*mails, case.opener} - {None}),
        col(Document.read_confidentiality) == ADMINISTRATIVE,
        col(Document.confidentiality) != ADMINISTRATIVE,
    )
    return session.exec(closed.limit(1)).first() is not None


def _write(session: Session, document: Document, **columns: object) -> bool:
    """Change the row while it still says what its reader saw; the object is then as the row."""
    session.flush()
    seen = (
        col(Document.id) == document.id,
        col(Document.kind).is_not_distinct_from(document.kind),
        col(Document.confidentiality) == document.confidentiality,
        col(Document.sorted_at).is_not_distinct_from(document.sorted_at),
    )
    changed = session.execute(
        update(Document).where(*seen).values(**columns).execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    session.refresh(document)
    return True
