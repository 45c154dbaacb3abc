"""Certificates of correspondents seen in their signed mail, and what a person made of each.

One that was seen waits for a person: whoever signs a mail chooses the certificate it carries. The
DER bytes are kept with their fingerprint, so that what a person confirmed is what is used.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary, UniqueConstraint, update
from sqlmodel import Field, SQLModel, col, select

from storage.db import Instant, Session, insert_new, table_of


class CertificateState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


DECISIONS: dict[CertificateState, frozenset[CertificateState]] = {
    CertificateState.PROPOSED: frozenset({CertificateState.CONFIRMED, CertificateState.REJECTED}),
    CertificateState.CONFIRMED: frozenset({CertificateState.REJECTED}),
    CertificateState.REJECTED: frozenset({CertificateState.CONFIRMED}),
}
"""What a person may make of a certificate in each state."""


class KnownCertificate(SQLModel, table=True):
    """A certificate that names an address. The same one for two addresses is two rows."""

    __tablename__ = "certificates"
    __table_args__ = (UniqueConstraint("address", "fingerprint"),)

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(max_length=320, index=True)
    """Lower case."""
    fingerprint: str = Field(max_length=64)
    """SHA-256 of ``der``, hex."""
    der: bytes = Field(sa_type=LargeBinary)
    subject: str = Field(max_length=200)
    issuer: str = Field(max_length=200)
    not_before: datetime = Field(sa_type=Instant)
    not_after: datetime = Field(sa_type=Instant)
    verdict: str = Field(default="", max_length=20)
    """``signer``: it made the valid signature of the mail it came in; ``carried``: it came along with one,
    and a known authority vouches for it."""
    state: CertificateState = Field(default=CertificateState.PROPOSED, max_length=12, index=True)
    seen_in: str | None = Field(default=None, foreign_key="deliveries.sha256", max_length=64)
    seen_at: datetime = Field(sa_type=Instant)
    decided_by: str | None = Field(default=None, max_length=80)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)


def propose(session: Session, found: KnownCertificate) -> bool:
    """Keep a certificate; ``False`` when this address already has this one, whatever its state."""
    return insert_new(session, table_of(KnownCertificate), found.model_dump(exclude={"id"}))


def get(session: Session, certificate_id: int) -> KnownCertificate | None:
    return session.get(KnownCertificate, certificate_id, populate_existing=True)


def decide(
    session: Session,
    certificate_id: int,
    before: CertificateState,
    after: CertificateState,
    person: str,
    at: datetime,
) -> bool:
    """A person's word on a certificate still in ``before``; ``False`` when it is not there."""
    if after not in DECISIONS[before]:
        return False
    statement = (
        update(KnownCertificate)
        .where(col(KnownCertificate.id) == certificate_id, col(KnownCertificate.state) == before)
        .values(state=after, decided_by=person, decided_at=at)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def usable(session: Session, address: str) -> list[KnownCertificate]:
    """Confirmed certificates of an address, the one that lasts longest first."""
    statement = select(KnownCertificate).where(
        col(KnownCertificate.address) == address.lower(),
        col(KnownCertificate.state) == CertificateState.CONFIRMED,
    )
    return list(
        session.exec(statement.order_by(col(KnownCertificate.not_after).desc(), col(KnownCertificate.id)))
    )


def listed(session: Session, states: Collection[CertificateState], limit: int) -> list[KnownCertificate]:
    """Certificates in these states, the latest seen first."""
    statement = select(KnownCertificate).where(col(KnownCertificate.state).in_(states))
    ordered = statement.order_by(col(KnownCertificate.seen_at).desc(), col(KnownCertificate.id).desc())
    return list(session.exec(ordered.limit(limit)))
