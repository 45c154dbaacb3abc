"""Cases: one authorisation of care, its periods, its documents.

The pieces of work of a case are in ``storage.items``, its periods in ``storage.periods``; their names are
given here too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, UniqueConstraint, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from storage import items as work
from storage.db import Instant, insert_new, table_of
from storage.documents import Document
from storage.items import (
    Candidate,
    Item,
    ItemState,
    add_candidate,
    add_item,
    candidates,
    change_item,
    item,
    items_of,
)
from storage.periods import (
    Period,
    PeriodOrigin,
    PeriodStatus,
    add_period,
    correct_period,
    period_of_document,
    periods,
    periods_of_document,
    restore,
    strike,
)

__all__ = [
    "Candidate",
    "Case",
    "CaseDocument",
    "CaseState",
    "Counter",
    "Item",
    "ItemState",
    "Period",
    "PeriodOrigin",
    "PeriodStatus",
    "add_candidate",
    "add_item",
    "add_period",
    "by_id",
    "candidates",
    "case_of_document",
    "change_item",
    "complete",
    "correct",
    "correct_period",
    "documents",
    "file_document",
    "forget_opener",
    "get",
    "item",
    "items_of",
    "lock_circuit",
    "move",
    "next_reference",
    "of_delivery",
    "open_case",
    "period_of_document",
    "periods",
    "periods_of_document",
    "possible",
    "reference_of_delivery",
    "restore",
    "strike",
    "unfile",
]


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Counter(SQLModel, table=True):
    """The last number given in a series (``PSR-2026``); its row lock orders those who ask."""

    __tablename__ = "counters"

    name: str = Field(primary_key=True, max_length=80)
    value: int = 0


class Case(SQLModel, table=True):
    """One file of one beneficiary. ``reference`` is what people quote (``PSR-2026-00042``)."""

    __tablename__ = "cases"
    __table_args__ = (UniqueConstraint("opened_by_delivery", "opened_by_position"),)

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(unique=True, max_length=32)
    circuit: str = Field(max_length=80, index=True)
    state: CaseState = Field(default=CaseState.OPEN, max_length=8)
    opened_at: datetime = Field(sa_type=Instant)
    opened_by_delivery: str = Field(foreign_key="deliveries.sha256", max_length=64, index=True)
    opened_by_position: int = 0
    """Document of that delivery that opened it: one mail may carry two beneficiaries' forms.

    Negative once a person took that document out: it may open another.
    """
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    """When a person closed it; nothing while it is open."""
    version: int = 1

    form_reference: str | None = Field(default=None, max_length=80, index=True)
    """Reference of the 301, folded (capitals, no space nor punctuation)."""
    cnas_number: str | None = Field(default=None, max_length=20, index=True)
    patient_name: str | None = Field(default=None, max_length=120, index=True)
    patient_first_names: str | None = Field(default=None, max_length=120)
    patient_birth_date: date | None = Field(default=None, index=True)
    name_key: str | None = Field(default=None, max_length=120, index=True)
    """Consonants of the names, sorted: finds the case whatever the transliteration."""
    establishment_finess: str | None = Field(default=None, max_length=9, index=True)
    establishment_name: str | None = Field(default=None, max_length=200)
    caisse: str | None = Field(default=None, max_length=3)
    sender_domain: str | None = Field(default=None, max_length=254)
    """Domain that opened the case; another, unknown domain never joins it by quoting its number."""

    @property
    def opener(self) -> str | None:
        """The mail that opened it, unless its document left since: it speaks of another case by now."""
        return self.opened_by_delivery if self.opened_by_position >= 0 else None


class CaseDocument(SQLModel, table=True):
    """A document filed in a case; a document is filed once."""

    __tablename__ = "case_documents"

    document_id: int = Field(foreign_key="documents.id", primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    filed_at: datetime = Field(sa_type=Instant)
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)


def lock_circuit(session: Session, circuit: str) -> None:
    """Hold the circuit until the transaction ends: two mails of one file are never filed at once.

    Without it two copies of a form that arrive together would each see no case, and open two.
    """
    _bump(session, f"circuit:{circuit}")


def next_reference(session: Session, prefix: str, year: int) -> str:
    """The next case reference, ``<prefix>-<year>-<5 digits>``; a rolled back one is given again."""
    return f"{prefix}-{year}-{_bump(session, f'{prefix}-{year}'):05d}"


def _bump(session: Session, name: str) -> int:
    insert_new(session, table_of(Counter), {"name": name, "value": 0})
    statement = (
        update(Counter)
        .where(col(Counter.name) == name)
        .values(value=col(Counter.value) + 1)
        .returning(col(Counter.value))
        .execution_options(synchronize_session=False)
    )
    return int(session.execute(statement).scalar_one())


def open_case(session: Session, case: Case) -> Case:
    """Insert a case, or give back the one that the same document of the same delivery opened."""
    insert_new(session, table_of(Case), case.model_dump(exclude={"id"}))
    opened = select(Case).where(
        col(Case.opened_by_delivery) == case.opened_by_delivery,
        col(Case.opened_by_position) == case.opened_by_position,
    )
    return session.exec(opened).one()


def get(session: Session, reference: str) -> Case | None:
    """The case people quote by ``reference``, whatever its capitals."""
    return session.exec(select(Case).where(col(Case.reference) == reference.strip().upper())).first()


def by_id(session: Session, case_id: int) -> Case | None:
    return session.get(Case, case_id)


def of_delivery(session: Session, sha256: str) -> list[Case]:
    """Cases in which a document of this delivery is filed, oldest case first."""
    statement = (
        select(Case)
        .join(CaseDocument, col(CaseDocument.case_id) == col(Case.id))
        .join(Document, col(Document.id) == col(CaseDocument.document_id))
        .where(col(Document.delivery) == sha256)
        .distinct()
        .order_by(col(Case.id))
    )
    return list(session.exec(statement))


def reference_of_delivery(session: Session, sha256: str) -> str | None:
    """Reference of the first case this delivery's documents are filed in."""
    found = of_delivery(session, sha256)
    return found[0].reference if found else None


def possible(
    session: Session,
    circuit: str,
    *,
    references: Collection[str] = (),
    form_reference: str | None = None,
    cnas_number: str | None = None,
    birth_date: date | None = None,
    name_key: str | None = None,
    limit: int = 200,
) -> list[Case]:
    """Cases of ``circuit`` that share at least one identifier with what was read, by indexed columns."""
    clauses: list[ColumnElement[bool]] = []
    if references:
        clauses.append(col(Case.reference).in_(references))
    for column, value in (
        (col(Case.form_reference), form_reference),
        (col(Case.cnas_number), cnas_number),
        (col(Case.patient_birth_date), birth_date),
        (col(Case.name_key), name_key),
    ):
        if value:
            clauses.append(column == value)
    if not clauses:
        return []
    statement = (
        select(Case)
        .where(col(Case.circuit) == circuit, or_(*clauses))
        .order_by(col(Case.id).desc())
        .limit(limit)
    )
    return list(session.exec(statement))


def complete(session: Session, case_id: int, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Fill the columns of a case that are still empty; what is known is never overwritten.

    Returns the names of the columns filled.
    """
    case = session.get(Case, case_id, populate_existing=True)
    if case is None:
        return ()
    filled = {k: v for k, v in values.items() if v is not None and getattr(case, k) is None}
    if filled:
        statement = (
            update(Case)
            .where(col(Case.id) == case_id, col(Case.version) == case.version)
            .values(**filled, version=case.version + 1)
        )
        if session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]
            return ()
        session.refresh(case)
        work.follow_case(session, case_id)
    return tuple(sorted(filled))


def correct(session: Session, case_id: int, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Write what people corrected over what the case says; items and the index follow.

    Returns the names of the columns that changed. Hold the circuit: two corrections do not cross.
    """
    case = session.get(Case, case_id, populate_existing=True)
    changed = {k: v for k, v in values.items() if case is not None and getattr(case, k) != v}
    if case is None or not changed:
        return ()
    statement = update(Case).where(col(Case.id) == case_id).values(**changed, version=case.version + 1)
    session.execute(statement)
    session.refresh(case)
    work.follow_case(session, case_id)
    return tuple(sorted(changed))


def move(session: Session, case: Case, after: CaseState, at: datetime | None) -> bool:
    """Close or reopen a case as its author saw it; ``False`` when it changed meanwhile."""
    statement = (
        update(Case)
        .where(col(Case.id) == case.id, col(Case.version) == case.version, col(Case.state) == case.state)
        .values(state=after, closed_at=at, version=case.version + 1)
        .execution_options(synchronize_session=False)
    )
    moved = bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]
    session.refresh(case)
    return moved


def file_document(
    session: Session, document_id: int, case_id: int, at: datetime, reasons: Sequence[str]
) -> bool:
    """Put a document in a case; ``False`` when it is already filed, there or elsewhere."""
    values = {"document_id": document_id, "case_id": case_id, "filed_at": at, "reasons": list(reasons)}
    return insert_new(session, table_of(CaseDocument), values)


def unfile(session: Session, document_ids: Collection[int], case_id: int) -> list[int]:
    """Take documents out of a case, for the person who cuts their mail in two; those that were there."""
    here = select(CaseDocument).where(
        col(CaseDocument.document_id).in_(document_ids), CaseDocument.case_id == case_id
    )
    found = list(session.exec(here))
    for row in found:
        session.delete(row)
    session.flush()
    return sorted(row.document_id for row in found)


def forget_opener(session: Session, case: Case) -> None:
    """The document that opened a case left it: from now on it may open another."""
    statement = update(Case).where(col(Case.id) == case.id).values(opened_by_position=-(case.id or 0))
    session.execute(statement)
    session.refresh(case)


def documents(session: Session, case_id: int) -> list[Document]:
    """Documents of a case, in the order they were filed."""
    statement = (
        select(Document)
        .join(CaseDocument, col(CaseDocument.document_id) == col(Document.id))
        .where(col(CaseDocument.case_id) == case_id)
        .order_by(col(CaseDocument.filed_at), col(Document.id))
    )
    return list(session.exec(statement))


def case_of_document(session: Session, document_id: int) -> int | None:
    """Number of the case a document is filed in."""
    filed = session.get(CaseDocument, document_id)
    return filed.case_id if filed else None
