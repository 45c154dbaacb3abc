"""People who use the web pages, and their sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from storage.db import Instant


class Person(SQLModel, table=True):
    __tablename__ = "people"

    login: str = Field(primary_key=True, max_length=80)
    name: str = Field(max_length=120)
    password_hash: str = Field(max_length=300)
    """argon2id."""
    roles: list[str] = Field(default_factory=list, sa_type=JSON)
    """``cnse-admin``, ``cnse-medical``, ``cpam:<code>``, ``supervisor``, ``auditor``, ``admin``."""
    active: bool = True
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=Instant)


class WebSession(SQLModel, table=True):
    __tablename__ = "web_sessions"

    token_hash: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the cookie's random token: the table alone opens nothing."""
    login: str = Field(foreign_key="people.login", index=True, max_length=80)
    csrf: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
