"""A person says what a document is: its kind, and the class the circuit gives that kind.

Raising to medical takes effect in the same transaction on everything that shows the same content (the same
pages in any mail, the file they lie in, the words of the mail) and takes its words out of the search.
Lowering opens the document and its copies, never what another person closed or a machine read elsewhere as
medical. What the machine had read stays beside, and can be given back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.circuits.model import Circuit
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from storage import doctypes, findable, sheets
from storage.db import Session
from storage.documents import ADMINISTRATIVE, Document
from storage.erasures import GONE

Event = tuple[Kind, str, Mapping[str, Any]]

MEDICAL = "medical"
PARTS = frozenset({"cover-note", "decoration"})
"""Parts of a mail that are no kind of a circuit: a person who keeps one as it is says it is not medical."""
_DECORATION = "decoration"
CHANGED = "Une autre personne vient de changer ce document ; rien n'a été changé : relisez la page."
SAME = "Ce type n'existe pas, ou c'est déjà le sien ; rien n'a été changé."
UNSAID = "Personne n'a changé le type de ce document ; rien n'a été changé."


def class_of(circuit: Circuit, kind: str) -> str:
    """The class the circuit gives a kind; a kind it does not know is medical."""
    if kind in PARTS:
        return ADMINISTRATIVE
    rule = next((rule for rule in circuit.kinds if rule.name == kind), None)
    return rule.confidentiality if rule is not None else MEDICAL


def wanted(circuit: Circuit, document: Document, kind: str | None) -> tuple[str | None, str]:
    """Kind and class the document would have; ``None`` asks for what the machine read.

    Raises ``Refused`` when the kind does not exist here, or changes nothing.
    """
    if kind is None:
        if document.sorted_by is None:
            raise Refused(UNSAID)
        return document.read_kind, document.read_confidentiality or document.confidentiality
    own = kind in PARTS and kind in {document.kind, document.read_kind}
    if not own and kind not in circuit.kind_titles:
        raise Refused(SAME)
    given = kind, class_of(circuit, kind)
    if given == (document.kind, document.confidentiality):
        raise Refused(SAME)
    return given


def lowers(document: Document, confidentiality: str) -> bool:
    """Whether more people could open the document: only who can open it may say so."""
    return document.confidentiality != ADMINISTRATIVE and confidentiality == ADMINISTRATIVE


def leading(documents: Sequence[Document], kind: str) -> Document | None:
    """The document a piece of work of this kind is about: its only one, else the first of its kind."""
    papers = [d for d in documents if d.kind not in PARTS]
    if len(papers) == 1:
        return papers[0]
    return next((d for d in papers if d.kind == kind), None)


def give(
    session: Session, circuit: Circuit, document: Document, kind: str | None, by: str, at: datetime
) -> list[Event]:
    """Give a document its type, ``None`` for what the machine read; what to record, the document first.

    The caller has looked at who may. Raises ``NotFound`` for an erased one, ``Refused``.
    """
    if document.trouble == GONE:
        raise NotFound(GONE)
    new_kind, new_class = wanted(circuit, document, kind)
    before = document.kind, document.confidentiality
    opened = lowers(document, new_class)
    if kind is None:
        done = doctypes.restore(session, document)
    else:
        done = doctypes.give(session, document, new_kind, new_class, by, at)
    if not done:
        raise Refused(CHANGED)
    told = [_told(document, before, "given" if kind is not None else "withdrawn", by)]
    if new_class != ADMINISTRATIVE:
        told += _close(session, document, by, at)
    elif opened:
        told += _open(session, document, before, by, at)
    return told


def _close(session: Session, document: Document, by: str, at: datetime) -> list[Event]:
    """Close everything that shows what ``document`` shows, and forget its words."""
    around = [r for r in doctypes.beside(session, document) if r.confidentiality == ADMINISTRATIVE]
    told = [_followed(session, row, document.confidentiality, by, at) for row in around]
    for row in (document, *around):
        findable.forget_document(session, row.id or 0)
    return told


def _open(
    session: Session, document: Document, before: tuple[str | None, str], by: str, at: datetime
) -> list[Event]:
    """Open the same pages wherever nobody said otherwise; the index then says what may be found."""
    others = [row for row in sheets.same_bytes(session, document.sha256) if row.id != document.id]
    opened = [row for row in others if _is_copy(row, document, before[0])]
    left = [row for row in others if row not in opened and row.kind != _DECORATION]
    if all(row.confidentiality == ADMINISTRATIVE for row in left):
        opened += [row for row in others if row.kind == _DECORATION and lowers(row, ADMINISTRATIVE)]
    told = [_followed(session, row, ADMINISTRATIVE, by, at) for row in opened]
    mails = sorted({document.delivery, *(row.delivery for row in opened)})
    words = [row for mail in mails for row in doctypes.closed_words(session, mail)]
    told += [_restored(session, row, by) for row in words]
    for mail in mails:
        findable.of_delivery(session, mail)
    return told


def _is_copy(row: Document, document: Document, kind: str | None) -> bool:
    """The same pages, medical for the same reason: read as the same kind, or closed with another copy."""
    if not lowers(row, ADMINISTRATIVE) or row.kind == _DECORATION:
        return False
    if (row.first_page, row.pages) != (document.first_page, document.pages):
        return False
    return row.kind == kind if row.sorted_by is None else row.kind == row.read_kind


def _followed(session: Session, row: Document, confidentiality: str, by: str, at: datetime) -> Event:
    """Give a row the class of the document that a person spoke of; its kind stays."""
    before = row.kind, row.confidentiality
    if not doctypes.give(session, row, row.kind, confidentiality, by, at):
        raise Refused(CHANGED)
    return _told(row, before, "followed", by)


def _restored(session: Session, row: Document, by: str) -> Event:
    before = row.kind, row.confidentiality
    if not doctypes.restore(session, row):
        raise Refused(CHANGED)
    return _told(row, before, "followed", by)


def _told(document: Document, before: tuple[str | None, str], action: str, by: str) -> Event:
    fields = {
        "action": action,
        "document": document.sha256,
        "position": document.position,
        "old_kind": before[0],
        "kind": document.kind,
        "old_confidentiality": before[1],
        "confidentiality": document.confidentiality,
        "by": by,
    }
    return Kind.DOCUMENT_SORTED, f"delivery:{document.delivery}", fields
