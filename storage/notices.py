"""What a person is told on their pages until they have seen it: who may now open what they may open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Field, SQLModel, col, select

from storage.db import Instant, Session


class Notice(SQLModel, table=True):
    __tablename__ = "notices"

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(foreign_key="people.login", index=True, max_length=80)
    """Who is told."""
    action: str = Field(max_length=40)
    about: str = Field(max_length=80)
    by: str = Field(max_length=80)
    at: datetime = Field(sa_type=Instant)
    seen_at: datetime | None = Field(default=None, sa_type=Instant)


def tell(
    session: Session, logins: Iterable[str], *, action: str, about: str, by: str, at: datetime
) -> None:
    """Tell each of ``logins`` that ``by`` did ``action`` to the account ``about``."""
    session.add_all(Notice(login=login, action=action, about=about, by=by, at=at) for login in logins)
    session.flush()


def unseen(session: Session, login: str) -> list[Notice]:
    """What this person has not said to have seen, the oldest first."""
    statement = select(Notice).where(Notice.login == login, col(Notice.seen_at).is_(None))
    return list(session.exec(statement.order_by(col(Notice.id))))


def see(session: Session, login: str, last: int, at: datetime) -> None:
    """This person has seen what was told up to the notice ``last``."""
    mine = (col(Notice.login) == login, col(Notice.seen_at).is_(None), col(Notice.id) <= last)
    session.execute(update(Notice).where(*mine).values(seen_at=at))
