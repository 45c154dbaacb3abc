"""What a machine proposes and a person decides: silence taken for acceptance, with its proof bundle."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint, update
from sqlmodel import Field, Session, SQLModel, col, select

from storage.db import Instant, insert_new, table_of


class ProposalState(StrEnum):
    """``a`` proposed to accepted, ``b`` proposed to rejected, ``c`` proposed or accepted to superseded,
    ``d`` superseded to proposed: what had withdrawn it is itself withdrawn."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


ARROWS: dict[ProposalState, frozenset[ProposalState]] = {
    ProposalState.PROPOSED: frozenset(
        {ProposalState.ACCEPTED, ProposalState.REJECTED, ProposalState.SUPERSEDED}
    ),
    ProposalState.ACCEPTED: frozenset({ProposalState.SUPERSEDED}),
    ProposalState.REJECTED: frozenset(),
    ProposalState.SUPERSEDED: frozenset({ProposalState.PROPOSED}),
}


class Proposal(SQLModel, table=True):
    """One proposal about one missed due date. It changes no right: only a person's decision does."""

    __tablename__ = "proposals"
    __table_args__ = (UniqueConstraint("kind", "deadline_id", "due"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    deadline_id: int = Field(foreign_key="deadlines.id", index=True)
    kind: str = Field(max_length=40)
    """``tacit-acceptance``."""
    queue: str = Field(max_length=40)
    """Queue whose readers decide."""
    due: date
    computed_at: datetime = Field(sa_type=Instant)
    bundle: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """The proof: request, letters with their receipts, computation; identifiers and dates, no content."""
    state: ProposalState = Field(default=ProposalState.PROPOSED, max_length=12, index=True)
    decided_by: str | None = Field(default=None, max_length=80)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, max_length=500)
    """Why the person decided so, in their words."""
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)
    superseded_by: str | None = Field(default=None, max_length=200)
    """What came instead (French): an express refusal, an express acceptance, a new due date."""
    superseding_delivery: str | None = Field(default=None, max_length=64)


def add(session: Session, proposal: Proposal) -> Proposal | None:
    """Propose; ``None`` when this was already proposed about this due date."""
    if not insert_new(session, table_of(Proposal), proposal.model_dump(exclude={"id"})):
        return None
    there = select(Proposal).where(
        col(Proposal.kind) == proposal.kind,
        col(Proposal.deadline_id) == proposal.deadline_id,
        col(Proposal.due) == proposal.due,
    )
    return session.exec(there).one()


def get(session: Session, proposal_id: int) -> Proposal | None:
    return session.get(Proposal, proposal_id, populate_existing=True)


def of_case(session: Session, case_id: int) -> list[Proposal]:
    """Proposals of a case, the latest first."""
    statement = select(Proposal).where(col(Proposal.case_id) == case_id)
    return list(session.exec(statement.order_by(col(Proposal.id).desc())))


def of_deadline(session: Session, deadline_id: int) -> list[Proposal]:
    """Proposals about one due date, in the order they were made."""
    statement = select(Proposal).where(col(Proposal.deadline_id) == deadline_id)
    return list(session.exec(statement.order_by(col(Proposal.id))))


def in_states(session: Session, states: Collection[ProposalState]) -> list[Proposal]:
    """Every proposal in one of these states, oldest first."""
    statement = select(Proposal).where(col(Proposal.state).in_(states))
    return list(session.exec(statement.order_by(col(Proposal.id))))


def move(session: Session, proposal: Proposal, after: ProposalState, **columns: Any) -> bool:
    """Follow one arrow of ``ARROWS`` from the state the caller saw; ``False`` when it is not there."""
    before = proposal.state
    if after not in ARROWS[before]:
        return False
    statement = (
        update(Proposal)
        .where(col(Proposal.id) == proposal.id, col(Proposal.state) == before)
        .values(state=after, **columns)
    )
    done = bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]
    session.refresh(proposal)
    return done
