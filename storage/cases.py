"""Cases: one authorisation of care, its periods, its documents, its arrivals in the queues."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.db import Instant


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class PeriodOrigin(StrEnum):
    AUTHORISATION = "authorisation"
    EXTENSION = "extension"


class PeriodStatus(StrEnum):
    """A tacit extension is never GRANTED by itself (domain, 1.3): a person decides."""

    GRANTED = "granted"
    REQUESTED = "requested"
    REFUSED = "refused"


class ItemState(StrEnum):
    NEW = "new"
    TAKEN = "taken"
    WAITING = "waiting"
    DONE = "done"


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
    """Document of that delivery that opened it: one mail may carry two beneficiaries' forms."""
    version: int = 1

    form_reference: str | None = Field(default=None, max_length=80, index=True)
    """Reference of the 301, folded (capitals, no space nor punctuation)."""
    cnas_number: str | None = Field(default=None, max_length=20, index=True)
    patient_name: str | None = Field(default=None, max_length=120, index=True)
    patient_first_names: str | None = Field(default=None, max_length=120)
    patient_birth_date: date | None = Field(default=None, index=True)
    name_key: str | None = Field(default=None, max_length=120, index=True)
    """Consonants of the names, sorted: finds the case whatever the transliteration."""
    establishment_finess: str | None = Field(default=None, max_length=9)
    establishment_name: str | None = Field(default=None, max_length=200)
    caisse: str | None = Field(default=None, max_length=3)
    sender_domain: str | None = Field(default=None, max_length=254)
    """Domain that opened the case; another, unknown domain never joins it by quoting its number."""


class CaseDocument(SQLModel, table=True):
    """A document filed in a case; a document is filed once."""

    __tablename__ = "case_documents"

    document_id: int = Field(foreign_key="documents.id", primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    filed_at: datetime = Field(sa_type=Instant)
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)


class Period(SQLModel, table=True):
    """A period of care asked, granted or refused by one form; never rewritten, only added."""

    __tablename__ = "periods"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    document_id: int = Field(foreign_key="documents.id", unique=True)
    origin: PeriodOrigin = Field(max_length=16)
    status: PeriodStatus = Field(max_length=16)
    starts: date | None = None
    ends: date | None = None
    amount: str | None = Field(default=None, max_length=20)
    at: datetime = Field(sa_type=Instant)


class Item(SQLModel, table=True):
    """One piece of work in one queue: a delivery seen by those who read that queue."""

    __tablename__ = "items"
    __table_args__ = (
        UniqueConstraint("delivery", "queue"),
        # Lists are read by key, state by state: a page costs the same with 50 or 500,000 items.
        Index("ix_items_by_state", "circuit", "queue", "state", "created_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery: str = Field(foreign_key="deliveries.sha256", max_length=64)
    circuit: str = Field(max_length=80)
    queue: str = Field(max_length=40)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    state: ItemState = Field(default=ItemState.NEW, max_length=8, index=True)
    kind: str = Field(max_length=40)
    """Kind of the document that leads the item, or ``question``."""
    title: str = Field(max_length=300)
    """Safe for whoever may see the queue: never medical text."""
    sender: str = Field(default="", max_length=320)
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)
    forward_to: list[str] = Field(default_factory=list, sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)
    taken_by: str | None = Field(default=None, max_length=80)
    version: int = 1


class Candidate(SQLModel, table=True):
    """A case that might be the one of an item, kept for a person to decide."""

    __tablename__ = "candidates"
    __table_args__ = (UniqueConstraint("item_id", "case_id"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="items.id", index=True)
    case_id: int = Field(foreign_key="cases.id")
    score: float
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
