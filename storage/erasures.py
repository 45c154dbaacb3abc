"""What was erased at the end of its retention, and the erasing of rows: columns are emptied, rows stay.

A row keeps its number, its kind, its dates and the SHA-256 of what it was about: enough to say that
something was there and was erased, nothing of what it said. Blobs are the caller's, after the commit.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import JSON, UniqueConstraint, update
from sqlmodel import Field, SQLModel, col, delete, select

from storage import comments, findable, handwritten, leftovers, registrations, reviews, tallies, unlocked
from storage.cases import Case, CaseDocument, Item
from storage.contestations import Contestation, ContestationList, UnreadLine
from storage.db import Instant, Session, insert_new, table_of
from storage.deadlines import Deadline
from storage.deliveries import Arrival, Delivery
from storage.documents import Document, FactRow, IssueRow
from storage.judgments import Judgment
from storage.outbox import OutboxEntry, Receipt

ERASED = "(effacé)"
GONE = "Pièce effacée au terme de sa conservation ; il n’en reste que le type, la date et l’empreinte."
_CHUNK = 500


class Erasure(SQLModel, table=True):
    """One erasure that was carried out. ``certificate`` is its signed text."""

    __tablename__ = "erasures"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    person: str = Field(max_length=80)
    certificate: str = ""


class ErasedRow(SQLModel, table=True):
    """One thing erased: ``kind`` is ``document``, ``mail``, ``letter``, ``case`` or ``events``."""

    __tablename__ = "erased_rows"
    __table_args__ = (UniqueConstraint("kind", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    erasure_id: int = Field(foreign_key="erasures.id", index=True)
    kind: str = Field(max_length=12)
    key: str = Field(max_length=120)
    blobs: list[str] = Field(default_factory=list, sa_type=JSON)
    """SHA-256 of the blobs to remove: they are named here before they are, so that a crash is made good."""


def begin(session: Session, erasure: Erasure) -> int:
    """Insert an erasure and return its number."""
    session.add(erasure)
    session.flush()
    return erasure.id or 0


def mark(session: Session, row: ErasedRow) -> bool:
    """Note one thing as erased; ``False`` when it already was."""
    return insert_new(session, table_of(ErasedRow), row.model_dump(exclude={"id"}))


def certify(session: Session, erasure_id: int, certificate: str) -> None:
    session.execute(update(Erasure).where(col(Erasure.id) == erasure_id).values(certificate=certificate))


def keys(session: Session, kind: str) -> set[str]:
    """Keys of everything of this kind that was erased."""
    return set(session.exec(select(ErasedRow.key).where(col(ErasedRow.kind) == kind)))


def of_case(session: Session, reference: str) -> Erasure | None:
    """The erasure of what names a person in this case, the last of a case; ``None`` when it is whole."""
    statement = (
        select(Erasure)
        .join(ErasedRow, col(ErasedRow.erasure_id) == col(Erasure.id))
        .where(col(ErasedRow.kind) == "case", col(ErasedRow.key) == reference)
    )
    return session.exec(statement).first()


def certificate(session: Session, erasure_id: int) -> Erasure | None:
    """One erasure by its number, with its signed text."""
    return session.get(Erasure, erasure_id) if 0 < erasure_id < 2**31 else None


def erased_bytes(
    session: Session,
    mails: Collection[str],
    documents: Collection[Document],
    letters: Collection[OutboxEntry],
) -> frozenset[str]:
    """SHA-256 of those of these mails, documents and letters that were erased.

    Bytes that another mail or case still uses stay in the vault, but are no longer of this one.
    """
    gone = {
        kind: _among(session, kind, keys_)
        for kind, keys_ in (
            ("mail", set(mails)),
            ("document", {str(one.id) for one in documents}),
            ("letter", {str(one.id) for one in letters}),
        )
    }
    return frozenset(
        {
            *gone["mail"],
            *(one.sha256 for one in documents if str(one.id) in gone["document"]),
            *(one.raw_sha256 for one in letters if str(one.id) in gone["letter"]),
        }
    )


def _among(session: Session, kind: str, wanted: Collection[str]) -> set[str]:
    """Those of these keys that were erased."""
    found: set[str] = set()
    names = sorted(wanted)
    for at in range(0, len(names), _CHUNK):
        statement = select(ErasedRow.key).where(
            col(ErasedRow.kind) == kind, col(ErasedRow.key).in_(names[at : at + _CHUNK])
        )
        found |= set(session.exec(statement))
    return found


def named_blobs(session: Session) -> set[str]:
    """Every blob that an erasure named."""
    found: set[str] = set()
    for blobs in session.exec(select(ErasedRow.blobs)):
        found.update(blobs)
    return found


def documents_of_case(session: Session, case_id: int) -> list[Document]:
    """Documents filed in a case, and those of its mails filed nowhere.

    What a mail shared with another case holds beside goes with the last of the two.
    """
    filed = list(
        session.exec(
            select(Document)
            .join(CaseDocument, col(CaseDocument.document_id) == col(Document.id))
            .where(col(CaseDocument.case_id) == case_id)
        )
    )
    mails = {d.delivery for d in filed}
    mails |= set(session.exec(select(Item.delivery).where(col(Item.case_id) == case_id)))
    case = session.get(Case, case_id)
    mails |= {case.opened_by_delivery} if case else set()
    gone = _erased_cases(session)
    own = {mail for mail, homes in cases_of_mails(session, mails).items() if homes - gone <= {case_id}}
    homed = select(CaseDocument.document_id)
    loose = select(Document).where(col(Document.delivery).in_(own), col(Document.id).not_in(homed))
    return sorted({d.id: d for d in (*filed, *session.exec(loose))}.values(), key=lambda d: d.id or 0)


def finished_lists(session: Session, case_id: int) -> list[str]:
    """Mails of contestations about this case whose every contestation is about a case already erased."""
    mails = set(session.exec(select(Contestation.delivery).where(col(Contestation.case_id) == case_id)))
    gone = {*_erased_cases(session), case_id}
    finished = []
    for mail in sorted(mails - keys(session, "mail")):
        homes = session.exec(select(Contestation.case_id).where(col(Contestation.delivery) == mail)).all()
        others = cases_of_mails(session, [mail])[mail]
        if all(home in gone for home in homes) and others <= gone:
            finished.append(mail)
    return finished


def _erased_cases(session: Session) -> set[int]:
    erased = keys(session, "case")
    rows = session.exec(select(Case.id, Case.reference).where(col(Case.reference).in_(erased)))
    return {number for number, _ in rows if number is not None}


def cases_of_mails(session: Session, mails: Collection[str]) -> dict[str, set[int]]:
    """For each mail, every case a document, an item, a contestation or an opening ties it to."""
    found: dict[str, set[int]] = {sha: set() for sha in mails}
    ties = (
        select(Document.delivery, CaseDocument.case_id)
        .join(CaseDocument, col(CaseDocument.document_id) == col(Document.id))
        .where(col(Document.delivery).in_(mails)),
        select(Item.delivery, Item.case_id).where(col(Item.delivery).in_(mails)),
        select(Case.opened_by_delivery, Case.id).where(col(Case.opened_by_delivery).in_(mails)),
        select(Contestation.delivery, Contestation.case_id).where(col(Contestation.delivery).in_(mails)),
        select(OutboxEntry.delivery, OutboxEntry.case_id).where(col(OutboxEntry.delivery).in_(mails)),
    )
    for statement in ties:
        for mail, case_id in session.exec(statement):
            if mail is not None and case_id is not None:
                found[mail].add(case_id)
    return found


def erase_document(session: Session, document: Document) -> list[str]:
    """Empty a document: what was read in it goes, its kind, class, pages and hash stay. Its blobs."""
    issues = session.exec(select(IssueRow).where(col(IssueRow.document_id) == document.id)).all()
    blobs = [document.sha256, *(i.picture_sha256 for i in issues if i.picture_sha256)]
    if not _held_elsewhere(session, document):
        blobs += unlocked.forget(session, document.sha256)
    session.exec(delete(FactRow).where(col(FactRow.document_id) == document.id))
    session.exec(delete(IssueRow).where(col(IssueRow.document_id) == document.id))
    reviews.erase(session, document.id or 0)
    tallies.hold(session)
    findable.forget_document(session, document.id or 0)
    document.name, document.path, document.meta, document.reasons = ERASED, "", {}, []
    document.trouble = GONE
    session.add(document)
    session.flush()
    return blobs


def _held_elsewhere(session: Session, document: Document) -> bool:
    """Whether another document of the same bytes was not erased."""
    statement = select(Document.id).where(
        col(Document.sha256) == document.sha256, col(Document.id) != document.id
    )
    others = {str(number) for number in session.exec(statement)}
    return bool(others - _among(session, "document", others))


def erase_mail(session: Session, sha256: str) -> list[str]:
    """Empty a mail: who wrote, to whom, about what. Its blobs: as received, and as opened."""
    mail = session.get(Delivery, sha256)
    if mail is None:
        return []
    blobs = [sha256, *([mail.opened_sha256] if mail.opened_sha256 else [])]
    mail.envelope_from, mail.sender, mail.recipients, mail.subject = "", None, [], None
    mail.message_id, mail.mail, mail.decision, mail.security = None, None, None, None
    mail.set_aside_reason = None
    session.add(mail)
    arrivals = update(Arrival).where(col(Arrival.delivery) == sha256)
    session.execute(arrivals.values(envelope_from="", recipients=[], peer=""))
    items = update(Item).where(col(Item.delivery) == sha256)
    session.execute(items.values(title=ERASED, sender="", reasons=[]))
    tallies.hold(session)
    findable.of_delivery(session, sha256)
    comments.forget(
        session, [i.id or 0 for i in session.exec(select(Item).where(col(Item.delivery) == sha256))]
    )
    blobs += leftovers.of_mail(session, sha256)
    for found in session.exec(select(ContestationList).where(col(ContestationList.delivery) == sha256)):
        lines = update(UnreadLine).where(col(UnreadLine.list_id) == found.id)
        session.execute(lines.values(cells=[]))
    session.flush()
    return blobs


def erase_letter(session: Session, letter: OutboxEntry) -> list[str]:
    """Empty a letter: to whom, about what, what came back. Its blob."""
    letter.recipient, letter.subject, letter.last_reply = "", ERASED, None
    handwritten.erase(session, letter.id or 0)
    leftovers.of_letter(session, letter)
    session.add(letter)
    session.execute(update(Receipt).where(col(Receipt.outbox_id) == letter.id).values(detail=""))
    session.flush()
    return [letter.raw_sha256]


def erase_identity(session: Session, case_id: int) -> list[str]:
    """Empty what names a person in a case and its contestations. Blobs of the evidence files given."""
    nobody = {
        "form_reference": None,
        "cnas_number": None,
        "patient_name": None,
        "patient_first_names": None,
        "patient_birth_date": None,
        "name_key": None,
        "sender_domain": None,
    }
    session.execute(update(Case).where(col(Case.id) == case_id).values(**nobody))
    registrations.erase(session, case_id)
    leftovers.of_case(session, case_id)
    tallies.hold(session)
    findable.of_case(session, case_id)
    comments.forget(
        session, [i.id or 0 for i in session.exec(select(Item).where(col(Item.case_id) == case_id))]
    )
    session.execute(update(Deadline).where(col(Deadline.case_id) == case_id).values(explanation=[]))
    blobs: list[str] = []
    for found in session.exec(select(Contestation).where(col(Contestation.case_id) == case_id)):
        blobs += [found.evidence_sha256] if found.evidence_sha256 else []
        found.claim_reference = found.last_name = found.first_names = found.cnas_number = None
        found.birth_date = found.form_reference = found.evidence_sha256 = None
        found.reason_text, found.argument, found.doubts = "", "", []
        session.add(found)
    session.flush()
    return blobs


def letters_of_case(session: Session, case_id: int) -> list[OutboxEntry]:
    statement = select(OutboxEntry).where(col(OutboxEntry.case_id) == case_id)
    return list(session.exec(statement.order_by(col(OutboxEntry.id))))


def still_used(session: Session, blobs: Collection[str]) -> set[str]:
    """Those of these blobs that something not erased still names."""
    gone = {kind: keys(session, kind) for kind in ("document", "mail", "letter")}
    used: set[str] = set()
    wanted = sorted(set(blobs))
    for at in range(0, len(wanted), _CHUNK):
        some = wanted[at : at + _CHUNK]
        for number, sha256 in session.exec(
            select(Document.id, Document.sha256).where(col(Document.sha256).in_(some))
        ):
            used |= {sha256} if str(number) not in gone["document"] else set()
        for raw, opened in session.exec(
            select(Delivery.sha256, Delivery.opened_sha256).where(
                col(Delivery.sha256).in_(some) | col(Delivery.opened_sha256).in_(some)
            )
        ):
            used |= {raw, opened or raw} if raw not in gone["mail"] else set()
        for number, sha256 in session.exec(
            select(OutboxEntry.id, OutboxEntry.raw_sha256).where(col(OutboxEntry.raw_sha256).in_(some))
        ):
            used |= {sha256} if str(number) not in gone["letter"] else set()
        named = (IssueRow.picture_sha256, Contestation.evidence_sha256, Judgment.sha256)
        for column in (col(one) for one in named):
            used |= {sha for sha in session.exec(select(column).where(column.in_(some))) if sha}
    return used & set(wanted)


def documents_of_mail(session: Session, sha256: str) -> list[Document]:
    statement = select(Document).where(col(Document.delivery) == sha256)
    return list(session.exec(statement.order_by(col(Document.position))))


def subjects_of_case(session: Session, case_id: int, reference: str) -> set[str]:
    """Subjects of the entries of the log about a case; a mail shared with another case is not of them."""
    mails = {document.delivery for document in documents_of_case(session, case_id)}
    mails |= set(session.exec(select(Item.delivery).where(col(Item.case_id) == case_id)))
    homes = cases_of_mails(session, mails)
    letters = letters_of_case(session, case_id)
    due = session.exec(select(Deadline.id).where(col(Deadline.case_id) == case_id))
    return {
        f"case:{reference}",
        *(f"delivery:{mail}" for mail in mails if homes[mail] <= {case_id}),
        *(f"outbox:{letter.message_id}"[:120] for letter in letters),
        *(f"deadline:{number}" for number in due),
    }
