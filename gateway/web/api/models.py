"""What the API answers: names in English as on the command line, sentences in French."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Queue(Said):
    """A queue this person reads, with its counters."""

    circuit: str
    name: str
    title: str
    confidentiality: str
    caisse: str | None
    new: int
    taken: int
    waiting: int
    mine: int
    overdue: int
    due_this_week: int


class Queues(Said):
    queues: list[Queue]


class Due(Said):
    """A due date. ``confirmed`` is false while no text confirms the delay."""

    id: int
    kind: str
    title: str
    due: date
    state: str
    confirmed: bool
    basis: str
    explanation: list[str]
    case: str | None


class Dues(Said):
    deadlines: list[Due]
    next: str | None


class Line(Said):
    """An item in a list."""

    id: int
    circuit: str
    queue: str
    state: str
    kind: str
    kind_title: str
    title: str
    sender: str
    received_at: datetime
    taken_by: str | None
    version: int
    case: str | None
    next_due: date | None


class Lines(Said):
    items: list[Line]
    next: str | None


class FieldRead(Said):
    """One value read on a document, with where it comes from; ``id`` is what ``choose`` asks for."""

    id: int
    name: str
    label: str
    value: str
    normalised: str | None
    page: int | None
    source: str
    confidence: float
    person: str | None
    conflict: bool


class IssueFound(Said):
    severity: str
    message: str
    page: int | None


class TypeGiven(Said):
    """A person's word about the type of a document, and what the machine had read."""

    by: str
    at: datetime
    read_kind: str
    read_confidentiality: str


class Document(Said):
    """A document. When ``open`` is false the class closes its content: no name, no field, no issue.

    ``unread``: fields of the type a person gave that nothing read; ``fields/{name}`` takes their values.
    """

    id: int
    open: bool
    kind: str
    title: str
    name: str | None
    confidentiality: str
    pages: int | None
    sha256: str
    size: int | None
    media_type: str | None
    score: float | None
    fields: list[FieldRead]
    issues: list[IssueFound]
    given: TypeGiven | None
    unread: list[str]


class Candidate(Said):
    """A case that may be the one of an item, when this person reads it."""

    case: str
    score: float
    reasons: list[str]


class Letter(Said):
    """A letter that leaves or left, with what came back about it."""

    id: int
    letter: str
    subject: str
    mailbox: str
    recipient: str
    state: str
    created_at: datetime
    sent_at: datetime | None
    receipts: list[ReceiptSeen]


class ReceiptSeen(Said):
    action: str
    at: datetime


class Letters(Said):
    letters: list[Letter]


class Door(Said):
    """Where an item may be sent: ``name`` is what ``reroute`` asks for."""

    name: str
    title: str
    outside: bool


class Joined(Said):
    """A split or a merge that stands: ``id`` is what ``undo`` asks for."""

    id: int
    kind: str
    other: int


class Item(Line):
    """An item in full, as this person may see it. ``actions``: the verbs they may follow now."""

    lease_until: datetime | None
    wake_on: date | None
    doors: list[Door]
    joined: list[Joined]

    mailbox: str
    delivery: str
    security: list[str]
    reasons: list[str]
    forward_to: list[str]
    documents: list[Document]
    candidates: list[Candidate]
    letters: list[Letter]
    deadlines: list[Due]
    actions: list[str]


class PeriodSeen(Said):
    origin: str
    status: str
    starts: date | None
    ends: date | None
    amount: str | None


class CaseLine(Said):
    reference: str
    circuit: str
    state: str
    opened_at: datetime
    beneficiary: str
    birth_date: date | None
    cnas_number: str | None
    establishment_finess: str | None
    establishment: str | None
    caisse: str | None


class Cases(Said):
    cases: list[CaseLine]
    next: str | None


class Case(CaseLine):
    """A case in full: its periods, its documents, the items of the queues this person reads."""

    version: int
    periods: list[PeriodSeen]
    documents: list[Document]
    items: list[Line]
    deadlines: list[Due]
    letters: list[Letter]


class Found(Said):
    """What answers a search, the surest first."""

    cases: list[CaseLine]
    items: list[Line]
    near_items: list[int] = []
    """Those of ``items`` that only sound or look like what was asked."""
    more: bool = False
    """Others answer, or may answer: a longer word, or the file of the search, has them."""


class ContestationSeen(Said):
    reference: str
    circuit: str
    state: str
    version: int
    received_at: datetime
    claim_reference: str | None
    beneficiary: str
    establishment: str | None
    starts: date | None
    ends: date | None
    amount: str | None
    reason: str
    case: str | None
    outcome: str | None


class Contestations(Said):
    contestations: list[ContestationSeen]
    next: str | None


class SetAside(Said):
    """A message that stopped on its way."""

    delivery: str
    mailbox: str
    received_at: datetime
    set_aside_at: datetime | None
    step: str | None
    reason: str | None
    releases: int


class SetAsides(Said):
    deliveries: list[SetAside]
    next: str | None


class EventSeen(Said):
    """An event of the log: what happened to what, never a document."""

    position: int
    at: datetime
    kind: str
    subject: str
    sentence: str
    detail: str
    person: str | None


class Events(Said):
    size: int
    root: str
    events: list[EventSeen]
    next: str | None


class Done(Said):
    """What an action changed. Nothing personal: this answer is kept under its key."""

    done: str
    item: int | None = None
    other: int | None = None
    """The item that a split made."""
    state: str | None = None
    version: int | None = None
    case: str | None = None
    delivery: str | None = None
    contestation: str | None = None
    view: int | None = None
    hold: int | None = None


class NoteSeen(Said):
    """A note; ``text`` is ``null`` where its words are covered by the class of its queue."""

    by: str
    at: datetime
    text: str | None
    named: list[str]


class Notes(Said):
    notes: list[NoteSeen]


class ProblemSeen(Said):
    """Problem details (RFC 9457). ``type`` is stable, ``detail`` is a French sentence."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Wrong] = []


class Wrong(Said):
    field: str
    detail: str


Letter.model_rebuild()
ProblemSeen.model_rebuild()
