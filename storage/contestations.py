"""Contested claims: their lists, one contestation a claim, candidates, rows nobody could read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import JSON, Index, UniqueConstraint, func, or_, update
from sqlalchemy import select as sql_select
from sqlmodel import Field, SQLModel, col, select

from storage.cases import Case
from storage.db import Instant, Session, insert_new, table_of
from storage.deadlines import Deadline
from storage.outbox import OutboxEntry

_DIGITS = 6
"""Digits under which a number is no beneficiary's."""


class ContestationState(StrEnum):
    """Where a contestation stands; ``gateway/contestations/transitions.py`` holds the arrows."""

    RECEIVED = "received"
    MATCHED = "matched"
    TO_COMPLETE = "to-complete"
    WAITING = "waiting"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    DISPUTE = "dispute"
    COMMISSION = "commission"
    EXPERTISE = "expertise"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a contestation ended, or what was decided of it."""

    WON = "won"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


class Cause(StrEnum):
    """Why an accepted contestation was: only the hospital's fault opens a recovery (circular, §6)."""

    HOSPITAL = "hospital"
    OTHER = "other"


class ContestationList(SQLModel, table=True):
    """One document that carries claims, read once. ``trouble`` says why when it could not be read."""

    __tablename__ = "contestation_lists"

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="documents.id", unique=True)
    delivery: str = Field(foreign_key="deliveries.sha256", max_length=64, index=True)
    circuit: str = Field(max_length=80)
    read_at: datetime = Field(sa_type=Instant)
    trouble: str | None = None


class UnreadLine(SQLModel, table=True):
    """A row of a list that is no claim, as it was, with the reason why (French)."""

    __tablename__ = "contestation_lines"
    __table_args__ = (UniqueConstraint("list_id", "place"),)

    id: int | None = Field(default=None, primary_key=True)
    list_id: int = Field(foreign_key="contestation_lists.id", index=True)
    place: str = Field(max_length=200)
    cells: list[str] = Field(default_factory=list, sa_type=JSON)
    why: str = Field(max_length=300)


class Contestation(SQLModel, table=True):
    """One contested claim. ``reference`` is what people quote (``CTN-2026-00012``)."""

    __tablename__ = "contestations"
    __table_args__ = (
        UniqueConstraint("list_id", "place"),
        Index("ix_contestations_by_state", "circuit", "state", "received_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(unique=True, max_length=32)
    circuit: str = Field(max_length=80)
    list_id: int = Field(foreign_key="contestation_lists.id", index=True)
    delivery: str = Field(foreign_key="deliveries.sha256", max_length=64, index=True)
    place: str = Field(max_length=200)
    received_at: datetime = Field(sa_type=Instant)
    state: ContestationState = Field(default=ContestationState.RECEIVED, max_length=16)
    version: int = 1
    changed_at: datetime = Field(sa_type=Instant)

    claim_reference: str | None = Field(default=None, max_length=80, index=True)
    last_name: str | None = Field(default=None, max_length=120)
    first_names: str | None = Field(default=None, max_length=120)
    birth_date: date | None = None
    cnas_number: str | None = Field(default=None, max_length=40)
    form_reference: str | None = Field(default=None, max_length=80)
    establishment: str | None = Field(default=None, max_length=200)
    starts: date | None = None
    ends: date | None = None
    amount: str | None = Field(default=None, max_length=20)
    """Euros with a point."""
    reason: str = Field(max_length=20)
    reason_text: str = Field(default="", max_length=300)
    doubts: list[str] = Field(default_factory=list, sa_type=JSON)

    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    match_reasons: list[str] = Field(default_factory=list, sa_type=JSON)
    earlier: str | None = Field(default=None, max_length=32)
    """Reference of the contestation of the same claim that came first."""
    outcome: Outcome | None = Field(default=None, max_length=12)
    cause: Cause | None = Field(default=None, max_length=12)
    argument: str = Field(default="", max_length=4000)
    """What a person wrote for the commission; administrative, never medical."""
    evidence_sha256: str | None = Field(default=None, max_length=64)
    """Blob of the evidence file given with the answer."""
    evidence_size: int | None = None

    paid_on: date | None = None
    notified_on: date | None = None


class ContestationCandidate(SQLModel, table=True):
    """A case that might be the one of a claim, kept for a person to decide."""

    __tablename__ = "contestation_candidates"
    __table_args__ = (UniqueConstraint("contestation_id", "case_id"),)

    id: int | None = Field(default=None, primary_key=True)
    contestation_id: int = Field(foreign_key="contestations.id", index=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    score: float
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)


def add_list(session: Session, found: ContestationList) -> ContestationList | None:
    """Insert a list; ``None`` when its document was already read."""
    if not insert_new(session, table_of(ContestationList), found.model_dump(exclude={"id"})):
        return None
    wanted = col(ContestationList.document_id) == found.document_id
    return session.exec(select(ContestationList).where(wanted)).one()


def add_line(session: Session, line: UnreadLine) -> bool:
    return insert_new(session, table_of(UnreadLine), line.model_dump(exclude={"id"}))


def add(session: Session, made: Contestation) -> Contestation:
    """Insert one contestation; its id is set on return."""
    session.add(made)
    session.flush()
    return made


def add_candidate(session: Session, candidate: ContestationCandidate) -> bool:
    return insert_new(session, table_of(ContestationCandidate), candidate.model_dump(exclude={"id"}))


def get(session: Session, reference: str) -> Contestation | None:
    """The contestation people quote by ``reference``, whatever its capitals."""
    wanted = col(Contestation.reference) == reference.strip().upper()
    statement = select(Contestation).where(wanted)
    return session.exec(statement, execution_options={"populate_existing": True}).first()


def change(
    session: Session, contestation_id: int, version: int, at: datetime, columns: Mapping[str, Any]
) -> bool:
    """Change a contestation that is still at ``version``; ``False`` when someone changed it meanwhile."""
    session.flush()
    statement = (
        update(Contestation)
        .where(col(Contestation.id) == contestation_id, col(Contestation.version) == version)
        .values(version=version + 1, changed_at=at, **columns)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def candidates(session: Session, contestation_id: int) -> list[tuple[ContestationCandidate, Case]]:
    """Candidate cases, the likeliest first."""
    statement = (
        select(ContestationCandidate, Case)
        .join(Case, col(Case.id) == col(ContestationCandidate.case_id))
        .where(col(ContestationCandidate.contestation_id) == contestation_id)
        .order_by(col(ContestationCandidate.score).desc(), col(ContestationCandidate.id))
    )
    return list(session.exec(statement))


def of_case(session: Session, case_id: int) -> list[Contestation]:
    """Contestations of one case, oldest first."""
    statement = select(Contestation).where(col(Contestation.case_id) == case_id)
    return list(session.exec(statement.order_by(col(Contestation.id))))


def of_delivery(session: Session, sha256: str) -> list[Contestation]:
    """Contestations a mail brought, in its order."""
    statement = select(Contestation).where(col(Contestation.delivery) == sha256)
    return list(session.exec(statement.order_by(col(Contestation.id))))


def lists_of(session: Session, sha256: str) -> list[ContestationList]:
    """Lists a mail brought."""
    statement = select(ContestationList).where(col(ContestationList.delivery) == sha256)
    return list(session.exec(statement.order_by(col(ContestationList.id))))


def lines_of(session: Session, list_ids: Collection[int]) -> list[UnreadLine]:
    """Rows of these lists that nobody could read as claims."""
    statement = select(UnreadLine).where(col(UnreadLine.list_id).in_(list_ids))
    return list(session.exec(statement.order_by(col(UnreadLine.id))))


def same_claim(session: Session, made: Contestation) -> Contestation | None:
    """The first contestation of the same claim of the same case, when this one is not the first."""
    if made.case_id is None or not made.claim_reference:
        return None
    statement = select(Contestation).where(
        col(Contestation.circuit) == made.circuit,
        col(Contestation.case_id) == made.case_id,
        col(Contestation.claim_reference) == made.claim_reference,
        col(Contestation.id) != made.id,
    )
    return session.exec(statement.order_by(col(Contestation.id))).first()


def page(
    session: Session,
    circuits: Collection[str],
    states: Collection[ContestationState],
    *,
    reason: str | None = None,
    caisses: Collection[str] | None = None,
    after: int | None = None,
    size: int = 50,
) -> list[tuple[Contestation, Case | None]]:
    """Contestations in these states, the oldest number first, with their cases.

    ``caisses``: only those whose case is of one of these caisses.
    """
    statement = (
        select(Contestation, Case)
        .join(Case, col(Case.id) == col(Contestation.case_id), isouter=caisses is None)
        .where(col(Contestation.circuit).in_(circuits), col(Contestation.state).in_(states))
    )
    if reason is not None:
        statement = statement.where(col(Contestation.reason) == reason)
    if caisses is not None:
        statement = statement.where(
            col(Case.caisse).in_(caisses), col(Contestation.cause) == Cause.HOSPITAL
        )
    if after is not None:
        statement = statement.where(col(Contestation.id) > after)
    return list(session.exec(statement.order_by(col(Contestation.id)).limit(size)))


def search(
    session: Session,
    words: str,
    circuits: Collection[str],
    *,
    cases: Collection[int] = (),
    caisses: Collection[str] | None = None,
    size: int = 20,
) -> list[tuple[Contestation, Case | None]]:
    """Contestations that answer ``words`` by a reference, a number or a name, or about one of ``cases``.

    The youngest first. ``caisses``: as in ``page``.
    """
    said = " ".join(words.split())
    digits = "".join(filter(str.isdigit, said))
    which = [
        col(Contestation.reference) == said.upper(),
        col(Contestation.claim_reference).icontains(said, autoescape=True),
        col(Contestation.form_reference).icontains(said, autoescape=True),
        col(Contestation.last_name).icontains(said, autoescape=True),
        col(Contestation.case_id).in_(cases),
    ]
    if len(digits) >= _DIGITS and digits == said.replace(" ", ""):
        which.append(func.replace(col(Contestation.cnas_number), " ", "") == digits)
    statement = (
        select(Contestation, Case)
        .join(Case, col(Case.id) == col(Contestation.case_id), isouter=caisses is None)
        .where(col(Contestation.circuit).in_(circuits), or_(*which))
    )
    if caisses is not None:
        statement = statement.where(
            col(Case.caisse).in_(caisses), col(Contestation.cause) == Cause.HOSPITAL
        )
    return list(session.exec(statement.order_by(col(Contestation.id).desc()).limit(size)))


def counts(session: Session, circuits: Collection[str]) -> dict[ContestationState, int]:
    """How many stand in each state."""
    statement = (
        select(Contestation.state, func.count())
        .where(col(Contestation.circuit).in_(circuits))
        .group_by(col(Contestation.state))
    )
    return {ContestationState(state): int(number) for state, number in session.exec(statement)}


def waiting_in_cases(session: Session, case_ids: Sequence[int]) -> list[Contestation]:
    """Contestations of these cases that a new document may complete."""
    states = (ContestationState.MATCHED, ContestationState.TO_COMPLETE, ContestationState.WAITING)
    statement = select(Contestation).where(
        col(Contestation.case_id).in_(case_ids), col(Contestation.state).in_(states)
    )
    return list(session.exec(statement.order_by(col(Contestation.id))))


def letters(session: Session, case_id: int, names: Collection[str]) -> list[OutboxEntry]:
    """The letters of these names about a case, oldest first."""
    statement = select(OutboxEntry).where(
        col(OutboxEntry.case_id) == case_id, col(OutboxEntry.letter).in_(names)
    )
    return list(session.exec(statement.order_by(col(OutboxEntry.id))))


def due_dates(session: Session, found: Contestation) -> list[Deadline]:
    """Due dates about one contestation: those its mail started, and its own requests and recovery."""
    own = or_(
        col(Deadline.origin).startswith(f"contestation:{found.reference}:", autoescape=True),
        col(Deadline.origin).startswith(f"recovery:{found.reference}:", autoescape=True),
    )
    statement = select(Deadline).where(or_(col(Deadline.delivery) == found.delivery, own))
    return list(session.exec(statement.order_by(col(Deadline.due), col(Deadline.id))))


class Figure(NamedTuple):
    """One contestation as figures count it."""

    reason: str
    state: ContestationState
    outcome: Outcome | None
    establishment: str | None
    received_at: datetime
    amount: str | None


def figure_rows(session: Session, circuits: Collection[str]) -> list[Figure]:
    """Every contestation of these circuits, with the establishment of its case, else the list's."""
    statement = (
        sql_select(
            col(Contestation.reason),
            col(Contestation.state),
            col(Contestation.outcome),
            func.coalesce(col(Case.establishment_name), col(Contestation.establishment)),
            col(Contestation.received_at),
            col(Contestation.amount),
        )
        .join(Case, col(Case.id) == col(Contestation.case_id), isouter=True)
        .where(col(Contestation.circuit).in_(circuits))
        .order_by(col(Contestation.id))
    )
    return [
        Figure(
            reason,
            ContestationState(state),
            Outcome(outcome) if outcome else None,
            establishment,
            received_at,
            amount,
        )
        for reason, state, outcome, establishment, received_at, amount in session.execute(statement)
    ]
