"""What one page shows: everything known of an item, of a case, of a document's visibility.

Nothing here writes. Each verb returns the rows together, in few queries; who may see what is
decided by the caller before anything is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select as sql_select
from sqlmodel import col, or_, select

from storage import audit, successions
from storage.audit import CheckpointRow, Event
from storage.cases import Candidate, Case, CaseDocument, Item, Period
from storage.db import Session
from storage.deadlines import Deadline
from storage.deliveries import Arrival, Delivery
from storage.documents import Document, FactRow, IssueRow
from storage.items import holds
from storage.outbox import OutboxEntry, Receipt


@dataclass(frozen=True, slots=True)
class Paper:
    """A document with what was read in it."""

    document: Document
    facts: tuple[FactRow, ...] = ()
    issues: tuple[IssueRow, ...] = ()
    newer: int | None = None
    """The document that replaces it."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """A letter with the reports that came back about it."""

    letter: OutboxEntry
    receipts: tuple[Receipt, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemSheet:
    item: Item
    delivery: Delivery
    arrivals: tuple[Arrival, ...]
    papers: tuple[Paper, ...]
    case: Case | None
    candidates: tuple[tuple[Candidate, Case], ...]
    letters: tuple[Mailed, ...]
    deadlines: tuple[Deadline, ...]
    elsewhere: tuple[Item, ...]
    """Items of the same mail in other queues."""


@dataclass(frozen=True, slots=True)
class CaseSheet:
    case: Case
    periods: tuple[Period, ...]
    papers: tuple[Paper, ...]
    items: tuple[Item, ...]
    deliveries: tuple[Delivery, ...]
    letters: tuple[Mailed, ...]
    deadlines: tuple[Deadline, ...]
    events: tuple[Event, ...]
    """The events about the case, its mails and its letters, the latest first."""


def item_sheet(session: Session, item_id: int) -> ItemSheet:
    """Everything of an item that exists (the caller has looked at who may read it)."""
    item = session.get_one(Item, item_id)
    delivery = session.get_one(Delivery, item.delivery)
    candidates = session.exec(
        select(Candidate, Case)
        .join(Case, col(Case.id) == col(Candidate.case_id))
        .where(Candidate.item_id == item_id)
        .order_by(col(Candidate.score).desc())
    )
    siblings = session.exec(select(Item).where(Item.delivery == item.delivery).order_by(col(Item.id)))
    return ItemSheet(
        item=item,
        delivery=delivery,
        arrivals=tuple(
            session.exec(select(Arrival).where(Arrival.delivery == item.delivery).order_by(col(Arrival.at)))
        ),
        papers=papers(session, documents_of_item(session, item)),
        case=session.get(Case, item.case_id) if item.case_id is not None else None,
        candidates=tuple((candidate, case) for candidate, case in candidates),
        letters=_about(_letters(session, [item.delivery], None), item.case_id),
        deadlines=tuple(
            due
            for due in _deadlines(session, [item.delivery], item.case_id)
            if due.case_id in {None, item.case_id}
        ),
        elsewhere=tuple(i for i in siblings if i.id != item_id),
    )


def case_sheet(session: Session, reference: str) -> CaseSheet | None:
    """Everything of a case."""
    case = session.exec(select(Case).where(Case.reference == reference)).first()
    if case is None or case.id is None:
        return None
    documents = session.exec(
        select(Document)
        .join(CaseDocument, col(CaseDocument.document_id) == col(Document.id))
        .where(CaseDocument.case_id == case.id)
        .order_by(col(CaseDocument.filed_at), col(Document.position))
    ).all()
    items = tuple(
        session.exec(select(Item).where(Item.case_id == case.id).order_by(col(Item.created_at).desc()))
    )
    mails = {i.delivery for i in items} | {d.delivery for d in documents}
    mails |= {case.opener} if case.opener is not None else set()
    letters = _about(_letters(session, mails, case.id), case.id)
    return CaseSheet(
        case=case,
        periods=tuple(
            session.exec(select(Period).where(Period.case_id == case.id).order_by(col(Period.at)))
        ),
        papers=papers(session, documents),
        items=items,
        deliveries=tuple(
            session.exec(
                select(Delivery)
                .where(col(Delivery.sha256).in_(mails))
                .order_by(col(Delivery.received_at).desc())
            )
        ),
        letters=letters,
        deadlines=tuple(
            due for due in _deadlines(session, mails, case.id) if due.case_id in {None, case.id}
        ),
        events=tuple(
            event
            for event in reversed(audit.events(session, _subjects(case, mails, letters)))
            if event.fields.get("case") in {None, case.reference}  # a shared mail speaks of other cases
        ),
    )


def papers(session: Session, documents: Iterable[Document]) -> tuple[Paper, ...]:
    """Documents with their facts and issues, in the order given."""
    wanted = list(documents)
    ids = [d.id for d in wanted]
    facts: dict[int, list[FactRow]] = {}
    for fact in session.exec(
        select(FactRow).where(col(FactRow.document_id).in_(ids)).order_by(col(FactRow.id))
    ):
        facts.setdefault(fact.document_id, []).append(fact)
    issues: dict[int, list[IssueRow]] = {}
    for issue in session.exec(
        select(IssueRow).where(col(IssueRow.document_id).in_(ids)).order_by(col(IssueRow.id))
    ):
        issues.setdefault(issue.document_id, []).append(issue)
    newer = successions.newer_of(session, wanted)
    return tuple(
        Paper(d, tuple(facts.get(d.id or 0, ())), tuple(issues.get(d.id or 0, ())), newer.get(d.id or 0))
        for d in wanted
    )


def papers_of_delivery(session: Session, delivery: str) -> tuple[Paper, ...]:
    """Every document of a mail with what was read in it, in the order of the mail."""
    return papers(session, _documents_of(session, [delivery]))


def documents_of_item(session: Session, item: Item) -> list[Document]:
    """Documents a piece of work is about: those of its mail, or of the part a person cut from it."""
    return [d for d in _documents_of(session, [item.delivery]) if holds(item, d.position)]


def places_of_documents(session: Session, delivery: str) -> dict[int, set[tuple[str, str]]]:
    """(circuit, queue) of the items that hold each document of a mail, by position.

    Those of the mail that are about it, and those of the case it is filed in: never what only shares its
    mail. A document that no item holds (the envelope of the others) has no place.
    """
    documents = _documents_of(session, [delivery])
    found: dict[int, set[tuple[str, str]]] = {document.position: set() for document in documents}
    for item in session.exec(select(Item).where(Item.delivery == delivery)):
        for position, places in found.items():
            if holds(item, position):
                places.add((item.circuit, item.queue))
    filed = sql_select(col(CaseDocument.document_id), col(Item.circuit), col(Item.queue)).join(
        Item, col(Item.case_id) == col(CaseDocument.case_id)
    )
    positions = {document.id: document.position for document in documents}
    for number, circuit, queue in session.execute(
        filed.where(col(CaseDocument.document_id).in_(positions)).distinct()
    ):
        found[positions[number]].add((circuit, queue))
    return found


def is_shared(session: Session, delivery: str) -> bool:
    """Whether a mail speaks of several people: an item holds a part of it, or it is in two cases."""
    items = session.exec(select(Item).where(Item.delivery == delivery)).all()
    cases = (
        select(CaseDocument.case_id)
        .join(Document, col(Document.id) == col(CaseDocument.document_id))
        .where(Document.delivery == delivery)
        .distinct()
    )
    return any(item.positions is not None for item in items) or len(session.exec(cases).all()) > 1


def places_of_case(session: Session, case_id: int) -> set[tuple[str, str]]:
    """(circuit, queue) of every item of a case; of one that all left, those of the mail that opened it."""
    places = sql_select(col(Item.circuit), col(Item.queue))
    found = session.execute(places.where(col(Item.case_id) == case_id)).all()
    if not found:
        opener = sql_select(col(Case.opened_by_delivery)).where(col(Case.id) == case_id).scalar_subquery()
        found = session.execute(places.where(col(Item.delivery) == opener)).all()
    return {(circuit, queue) for circuit, queue in found}


def same_bytes(session: Session, sha256: str) -> list[Document]:
    """Every document cut from the same bytes (a mixed PDF is several documents of one blob)."""
    return list(session.exec(select(Document).where(Document.sha256 == sha256)))


def journal(session: Session, before: int | None, size: int) -> list[Event]:
    """A page of the whole log, the latest first; ``before`` is the last position seen."""
    return audit.latest(session, before, size)


def last_checkpoint(session: Session) -> CheckpointRow | None:
    return session.exec(select(CheckpointRow).order_by(col(CheckpointRow.size).desc()).limit(1)).first()


def _subjects(case: Case, mails: Iterable[str], letters: Iterable[Mailed]) -> set[str]:
    return {
        f"case:{case.reference}",
        *(f"delivery:{sha}" for sha in mails),
        *(f"outbox:{mailed.letter.message_id}" for mailed in letters),
    }


def _documents_of(session: Session, deliveries: Collection[str]) -> list[Document]:
    return list(
        session.exec(
            select(Document).where(col(Document.delivery).in_(deliveries)).order_by(col(Document.position))
        )
    )


def _about(letters: Iterable[Mailed], case_id: int | None) -> tuple[Mailed, ...]:
    """Letters of this case or of none: an answer about another case of a mail stays with that case."""
    return tuple(mailed for mailed in letters if mailed.letter.case_id in {None, case_id})


def _letters(session: Session, deliveries: Collection[str], case_id: int | None) -> tuple[Mailed, ...]:
    about = col(OutboxEntry.delivery).in_(deliveries)
    statement = select(OutboxEntry).where(
        about if case_id is None else or_(about, col(OutboxEntry.case_id) == case_id)
    )
    letters = list(session.exec(statement.order_by(col(OutboxEntry.created_at).desc())))
    receipts: dict[int, list[Receipt]] = {}
    ids = [letter.id for letter in letters]
    for receipt in session.exec(
        select(Receipt).where(col(Receipt.outbox_id).in_(ids)).order_by(col(Receipt.at))
    ):
        receipts.setdefault(receipt.outbox_id, []).append(receipt)
    return tuple(Mailed(letter, tuple(receipts.get(letter.id or 0, ()))) for letter in letters)


def deadlines_of(session: Session, delivery: str) -> tuple[Deadline, ...]:
    """Due dates one mail started, whatever their state."""
    return _deadlines(session, [delivery], None)


def _deadlines(session: Session, deliveries: Collection[str], case_id: int | None) -> tuple[Deadline, ...]:
    about = col(Deadline.delivery).in_(deliveries)
    statement = select(Deadline).where(
        about if case_id is None else or_(about, col(Deadline.case_id) == case_id)
    )
    return tuple(session.exec(statement.order_by(col(Deadline.due), col(Deadline.id))))
