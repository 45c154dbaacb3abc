"""Second factors: the sealed TOTP secret of a person, the last step used, hashed recovery codes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, func, update
from sqlmodel import Field, SQLModel, col, select

from storage.db import Instant, Session


class SecondFactor(SQLModel, table=True):
    __tablename__ = "second_factors"

    login: str = Field(primary_key=True, foreign_key="people.login", max_length=80)
    secret: str = Field(max_length=400)
    """Sealed (``storage.secretbox``) under ``totp:<login>``."""
    created_at: datetime = Field(sa_type=Instant)
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    """A first code was given: from then on it is asked at each sign-in."""
    next_secret: str = Field(default="", max_length=400)
    """Sealed; the one being set up in place of ``secret``, which stays in force until its first code."""
    next_at: datetime | None = Field(default=None, sa_type=Instant)
    last_step: int = 0
    """30-second step of the last code accepted: none at or before it is accepted again (RFC 6238, 5.2)."""


class RecoveryCode(SQLModel, table=True):
    __tablename__ = "recovery_codes"

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(foreign_key="people.login", index=True, max_length=80)
    code_hash: str = Field(max_length=64)
    """SHA-256 of a random code of 80 bits."""
    used_at: datetime | None = Field(default=None, sa_type=Instant)


def get(session: Session, login: str) -> SecondFactor | None:
    return session.get(SecondFactor, login)


def confirmed(session: Session, login: str) -> bool:
    found = session.get(SecondFactor, login)
    return found is not None and found.confirmed_at is not None


def holders(session: Session) -> set[str]:
    """Logins whose second factor is in force."""
    return set(session.exec(select(SecondFactor.login).where(col(SecondFactor.confirmed_at).is_not(None))))


def begin(session: Session, login: str, secret: str, at: datetime) -> None:
    """Keep a new secret, not in force until ``confirm``. One in force stays so; one begun is forgotten."""
    if confirmed(session, login):
        waiting = {"next_secret": secret, "next_at": at}
        session.execute(update(SecondFactor).where(col(SecondFactor.login) == login).values(**waiting))
        return
    remove(session, login)
    session.add(SecondFactor(login=login, secret=secret, created_at=at))
    session.flush()


def begun(session: Session, login: str) -> tuple[str, datetime] | None:
    """The sealed secret that waits for its first code, and since when."""
    found = session.get(SecondFactor, login)
    if found is None:
        return None
    if found.confirmed_at is None:
        return found.secret, found.created_at
    return (found.next_secret, found.next_at) if found.next_secret and found.next_at else None


def accept_step(session: Session, login: str, step: int) -> bool:
    """Use up a step: ``False`` when this one or a later one was already used (a replay)."""
    result: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(SecondFactor)
        .where(col(SecondFactor.login) == login, col(SecondFactor.last_step) < step)
        .values(last_step=step)
    )
    return result.rowcount == 1


def confirm(session: Session, login: str, at: datetime, code_hashes: list[str], step: int = 0) -> None:
    """Put the secret that waited in force with its recovery codes, in place of any former ones; ``step``,
    that of its first code, is used up."""
    waited = begun(session, login)
    if waited is None:
        return
    in_force = {"secret": waited[0], "next_secret": "", "next_at": None, "confirmed_at": at}
    mine = col(SecondFactor.login) == login
    session.execute(update(SecondFactor).where(mine).values(**in_force, last_step=step))
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.login) == login))
    session.add_all(RecoveryCode(login=login, code_hash=found) for found in code_hashes)
    session.flush()


def use_recovery(session: Session, login: str, code_hash: str, at: datetime) -> bool:
    """Use up a recovery code; ``False`` when it is not one, or was used."""
    result: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(RecoveryCode)
        .where(
            col(RecoveryCode.login) == login,
            col(RecoveryCode.code_hash) == code_hash,
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=at)
    )
    return result.rowcount >= 1


def recovery_left(session: Session, login: str) -> int:
    statement = select(func.count()).where(
        col(RecoveryCode.login) == login, col(RecoveryCode.used_at).is_(None)
    )
    return session.exec(statement).one()


def remove(session: Session, login: str) -> bool:
    """Forget the second factor and its codes; ``False`` when there was none."""
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.login) == login))
    result: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        delete(SecondFactor).where(col(SecondFactor.login) == login)
    )
    session.flush()
    session.expire_all()
    return result.rowcount == 1
