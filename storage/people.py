"""People who use the web pages: who they are, their roles, whether they may come in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, or_, update
from sqlmodel import Field, SQLModel, col, select

from storage.db import Instant, Session


class Person(SQLModel, table=True):
    __tablename__ = "people"

    login: str = Field(primary_key=True, max_length=80)
    name: str = Field(max_length=120)
    password_hash: str = Field(default="", max_length=300)
    """argon2id; empty: no local password (single sign-on, or not chosen yet)."""
    email: str | None = Field(default=None, index=True, max_length=200)
    """Case-folded; how an identity provider's account is recognised."""
    roles: list[str] = Field(default_factory=list, sa_type=JSON)
    """``cnse-admin``, ``cnse-medical``, ``cpam:<code>``, ``supervisor``, ``auditor``, ``admin``."""
    active: bool = True
    program: bool = False
    """An account of a program: it has tokens, nobody signs in with it."""
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=Instant)


def add(session: Session, person: Person) -> bool:
    """Insert or replace a person by login; ``True`` when another password replaced the former one (the
    caller then ends the open sessions)."""
    known = session.get(Person, person.login)
    replaced = known is not None and known.password_hash != person.password_hash
    session.merge(person)
    session.flush()
    return replaced


def get(session: Session, login: str) -> Person | None:
    return session.get(Person, login)


def everyone(session: Session) -> list[Person]:
    return list(session.exec(select(Person).order_by(Person.login)))


def names(session: Session) -> dict[str, str]:
    """The name of everybody who ever had an account here, closed ones included, by login."""
    return dict(session.exec(select(Person.login, Person.name)).all())


def with_email(session: Session, email: str) -> Person | None:
    """The one person of an address, whatever its case; ``None`` when nobody or several have it."""
    found = list(session.exec(select(Person).where(Person.email == folded(email)).limit(2)))
    return found[0] if len(found) == 1 else None


def folded(email: str | None) -> str | None:
    """An address as it is kept and compared."""
    return (email or "").strip().casefold() or None


def set_roles(session: Session, login: str, roles: list[str]) -> None:
    session.execute(update(Person).where(col(Person.login) == login).values(roles=roles))


def set_active(session: Session, login: str, *, active: bool) -> None:
    session.execute(update(Person).where(col(Person.login) == login).values(active=active))


def set_password(session: Session, login: str, password_hash: str) -> None:
    """Replace the password's hash; an empty one closes the door of the local password."""
    session.execute(
        update(Person)
        .where(col(Person.login) == login)
        .values(password_hash=password_hash, failures=0, locked_until=None)
    )


def set_identity(session: Session, login: str, name: str, email: str | None) -> None:
    session.execute(update(Person).where(col(Person.login) == login).values(name=name, email=folded(email)))


def count_attempt(session: Session, login: str, at: datetime) -> int | None:
    """Count one attempt on an open account that does not wait, before it is judged; returns the attempts
    since the last success, ``None`` when the account is closed or waits.

    One statement, whose row stays locked until the commit: attempts made side by side pass one by one, and
    each sees the wait that the one before has begun.
    """
    waits_no_more = or_(col(Person.locked_until).is_(None), col(Person.locked_until) <= at)
    counted = (
        update(Person)
        .where(col(Person.login) == login, col(Person.active), waits_no_more)
        .values(failures=col(Person.failures) + 1)
        .returning(col(Person.failures))
        .execution_options(synchronize_session=False)
    )
    found: int | None = session.execute(counted).scalar_one_or_none()
    return found


def lock(session: Session, login: str, until: datetime | None) -> None:
    """Refuse every attempt before ``until``."""
    session.execute(update(Person).where(col(Person.login) == login).values(locked_until=until))


def forgive(session: Session, login: str) -> None:
    """A password was right: attempts start again from zero."""
    session.execute(update(Person).where(col(Person.login) == login).values(failures=0, locked_until=None))
