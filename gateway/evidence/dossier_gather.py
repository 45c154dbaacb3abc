"""What goes into the evidence file of a case, and what stays out of it with the reason why.

Two lines are never crossed: the content of a medical document is given only when asked for by somebody who
may (decision 4), and what a shared mail says of another case is not told. An event that names another case
is given sealed: its place in the log is proved, its content is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.circuits.decision import MailKind
from gateway.evidence.record import Kind
from storage import dossier
from storage.audit import CheckpointRow
from storage.cases import Case
from storage.db import Session
from storage.deliveries import Delivery
from storage.documents import Document
from storage.dossier import Holding, Sealed
from storage.outbox import OutboxEntry
from storage.proofs import InclusionProof, Tree
from storage.stamps import StampRow

EXPORTED = "exported"
"""Outcome of the ACCESS events that an export records."""
MEDICAL = "pièce couverte par le secret médical"
MEDICAL_LETTER = "lettre couverte par le secret médical"
UNREAD = "message qui porte une pièce médicale ou pas encore classée"
SHARED = "porte aussi sur un autre dossier"
ERASED = "effacé au terme de sa conservation"

_DECORATION = "decoration"
_EXTENSIONS = {
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/xml": "xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "text/plain": "txt",
    "text/xml": "xml",
}
_REPORTS = {MailKind.DELIVERY_REPORT.value, MailKind.READ_RECEIPT.value}


@dataclass(frozen=True, slots=True)
class Gathered:
    """One case in one snapshot of the log."""

    holding: Holding
    events: tuple[Sealed, ...]
    silent: frozenset[int]
    """Positions of the events given sealed only."""
    checkpoints: tuple[CheckpointRow, ...]
    """Smallest first; the last one covers every event, and every proof leads to it."""
    proofs: dict[int, InclusionProof]
    consistency: dict[int, tuple[bytes, ...]]
    """By size of an earlier checkpoint: the proof that the last one continues it."""
    mails: dict[str, str | None]
    """SHA-256 of each mail, and why it is withheld (``None``: given)."""
    documents: dict[str, str | None]
    """SHA-256 of each document, and why it is withheld."""
    letters: dict[str, str | None] = field(default_factory=dict)
    """SHA-256 of each letter, and why it is withheld."""
    stamps: tuple[StampRow, ...] = ()
    """Time stamps of a third party about these checkpoints."""

    @property
    def last(self) -> CheckpointRow:
        return self.checkpoints[-1]

    def file_of(self, sha256: str) -> str:
        """Where a document lies in the evidence file."""
        types = (d.media_type for d in self.holding.documents if d.sha256 == sha256)
        return f"documents/{sha256}.{_EXTENSIONS.get(next(types), 'bin')}"

    def opened(self) -> list[Document]:
        """Medical documents whose content is given, as such or inside their mail: each is a reading."""
        return [
            document
            for document in self.holding.documents
            if document.sha256 in self.holding.medical
            and (self.documents.get(document.sha256) is None or self.mails[document.delivery] is None)
        ]


def gather(session: Session, case: Case, *, medical: bool) -> Gathered | None:
    """Everything about ``case``; ``None`` when the log must be sealed first."""
    held = dossier.holding(session, case)
    events = tuple(event for event in dossier.events(session, _subjects(held)) if not _of_export(event))
    covering = dossier.covering(session, [event.position for event in events])
    if not covering:
        return None
    checkpoints, stamps = dossier.dated(session, covering)
    tree, size = Tree(session), checkpoints[-1].size
    return Gathered(
        holding=held,
        events=events,
        silent=frozenset(event.position for event in events if _is_silent(event, held)),
        checkpoints=checkpoints,
        proofs={event.position: tree.inclusion(event.position, size) for event in events},
        consistency={row.size: tree.consistency(row.size, size) for row in checkpoints[:-1]},
        mails={mail.sha256: _why_not_mail(held, mail, medical) for mail in held.deliveries},
        documents=_why_not_documents(held, medical),
        letters={one.raw_sha256: _why_not_letter(held, one, medical) for one in held.letters},
        stamps=stamps,
    )


def _subjects(held: Holding) -> set[str]:
    """What the events of this case are about, as the recorder writes it."""
    subjects = {f"case:{held.case.reference}"}
    subjects |= {f"delivery:{mail.sha256}" for mail in held.deliveries}
    subjects |= {f"outbox:{letter.message_id}"[:120] for letter in held.letters}
    return subjects | {f"deadline:{deadline.id}" for deadline in held.deadlines}


def _of_export(event: Sealed) -> bool:
    """Exports leave their trace in the log, not in the next export: the same state gives the same bytes."""
    if event.kind == Kind.EXPORT:
        return True
    return event.kind == Kind.ACCESS and event.fields.get("outcome") == EXPORTED


def _is_silent(event: Sealed, held: Holding) -> bool:
    fields = event.fields
    if event.erased:
        return True
    if fields.get("case") not in {None, held.case.id, held.case.reference}:
        return True
    foreign = [d for d in held.documents if d.id in held.elsewhere]
    document = fields.get("document")
    named = document if isinstance(document, (str, int)) else None
    return (
        named in {d.sha256 for d in foreign}
        or (event.subject, named) in {(f"delivery:{d.delivery}", d.position) for d in foreign}
        or fields.get("deadline") in held.other_deadlines
        or fields.get("item") in held.other_items
    )


def _why_not_mail(held: Holding, mail: Delivery, medical: bool) -> str | None:
    if mail.sha256 in held.erased:
        return ERASED
    documents = [document for document in held.documents if document.delivery == mail.sha256]
    if any(document.id in held.elsewhere for document in documents):
        return SHARED
    if medical:
        return None
    if mail.kind in _REPORTS and all(document.kind == _DECORATION for document in documents):
        return None  # nothing but the words of a mail server about a letter of ours
    if documents and not any(document.sha256 in held.medical for document in documents):
        return None
    return UNREAD


def _why_not_documents(held: Holding, medical: bool) -> dict[str, str | None]:
    foreign = {document.sha256 for document in held.documents if document.id in held.elsewhere}
    ours = sorted({document.sha256 for document in held.documents if document.id not in held.elsewhere})
    return {sha256: _why_not_document(held, sha256, foreign, medical) for sha256 in ours}


def _why_not_document(held: Holding, sha256: str, foreign: set[str], medical: bool) -> str | None:
    if sha256 in held.erased:
        return ERASED
    if sha256 in foreign:
        return SHARED
    return MEDICAL if sha256 in held.medical and not medical else None


def _why_not_letter(held: Holding, letter: OutboxEntry, medical: bool) -> str | None:
    if letter.raw_sha256 in held.erased:
        return ERASED
    return MEDICAL_LETTER if letter.id in held.secret_letters and not medical else None


def documents_of(held: Holding, mails: Sequence[str]) -> list[Document]:
    """The documents of these mails that are not another case's, in the order of the mails."""
    return [
        document
        for mail in mails
        for document in held.documents
        if document.delivery == mail and document.id not in held.elsewhere
    ]
