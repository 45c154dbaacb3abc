"""What each verdict on a signature stands on: certificates, CRLs and OCSP answers, in the vault.

A row says that these bytes served to judge that mail; it is written once and never changed, so that a
verdict can be judged again years later on the very same evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint, func
from sqlmodel import Field, Session, SQLModel, col, select

from storage.db import Instant, insert_new, table_of


class Role(StrEnum):
    """What the bytes are in the judgment."""

    SIGNER = "signer"
    INTERMEDIATE = "intermediate"
    ROOT = "root"
    CRL = "crl"
    OCSP = "ocsp"


class Source(StrEnum):
    """Where the bytes came from."""

    MESSAGE = "message"
    DIRECTORY = "directory"
    SUPPLIED = "supplied"
    """The folders of the settings."""
    FETCHED = "fetched"


class Judgment(SQLModel, table=True):
    """One piece of evidence of one mail."""

    __tablename__ = "judgments"
    __table_args__ = (UniqueConstraint("delivery", "place", "role", "sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    delivery: str = Field(foreign_key="deliveries.sha256", index=True, max_length=64)
    place: str = Field(default="", max_length=400)
    """Empty for the layers around the whole mail, else the path of the secure mail nested in it."""
    role: str = Field(max_length=12)
    sha256: str = Field(max_length=64, index=True)
    """The blob of the vault: DER."""
    source: str = Field(max_length=9)
    url: str | None = None
    """Where it was fetched."""
    this_update: datetime | None = Field(default=None, sa_type=Instant)
    next_update: datetime | None = Field(default=None, sa_type=Instant)
    judged_at: datetime = Field(sa_type=Instant)
    """When it first served; the verdict itself is for the time of arrival."""


def add(session: Session, rows: Iterable[Judgment]) -> int:
    """Keep these rows; those already kept stay as they are. Returns how many are new."""
    return sum(insert_new(session, table_of(Judgment), row.model_dump(exclude={"id"})) for row in rows)


def of_delivery(session: Session, sha256: str) -> list[Judgment]:
    """The evidence of one mail, in the order it was used."""
    statement = select(Judgment).where(col(Judgment.delivery) == sha256).order_by(col(Judgment.id))
    return list(session.exec(statement))


def uses(session: Session, sha256: str) -> int:
    """How many mails stand on this blob: it is erased only with the last of them."""
    statement = select(func.count(func.distinct(col(Judgment.delivery)))).where(
        col(Judgment.sha256) == sha256
    )
    return session.exec(statement).one()
