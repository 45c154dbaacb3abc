"""Every rule set that was ever in force, by its hash: old decisions stay explainable."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from storage.db import Instant, insert_new, table_of


class RuleSet(SQLModel, table=True):
    """The folder of a circuit as it was; its files are blobs of the vault."""

    __tablename__ = "rule_sets"

    hash: str = Field(primary_key=True, max_length=64)
    """The hash that decisions quote."""
    circuit: str = Field(max_length=80)
    since: datetime = Field(sa_type=Instant)
    """When it was first seen in force."""
    files: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    """SHA-256 of each file, by its path in the folder."""


def add(session: Session, digest: str, circuit: str, since: datetime, files: Mapping[str, str]) -> bool:
    """Keep a rule set; ``False`` when it was already known."""
    row = {"hash": digest, "circuit": circuit, "since": since, "files": dict(files)}
    return insert_new(session, table_of(RuleSet), row)


def known(session: Session, hashes: Collection[str]) -> dict[str, RuleSet]:
    """The rule sets of these hashes that are kept."""
    rows = session.exec(select(RuleSet).where(col(RuleSet.hash).in_(sorted(hashes))))
    return {row.hash: row for row in rows}
