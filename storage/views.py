"""Views of the queues that people keep: a name for the filters and the order of a list."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint, delete
from sqlmodel import Field, Session, SQLModel, col, or_, select

from storage.db import Instant

MOST = 30
"""Views one person keeps; a further one is refused."""


class View(SQLModel, table=True):
    """One view of one queue. ``query`` is the query of its address, so that it opens by a plain link."""

    __tablename__ = "views"
    __table_args__ = (UniqueConstraint("owner", "queue", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    owner: str = Field(foreign_key="people.login", index=True, max_length=80)
    queue: str = Field(max_length=40, index=True)
    name: str = Field(max_length=60)
    query: str = Field(max_length=500)
    shared: bool = False
    """Shown to everyone who reads the queue."""
    created_at: datetime = Field(sa_type=Instant)


def keep(session: Session, view: View) -> bool:
    """Keep a view; one of the same name and queue is replaced. ``False`` when the person has too many."""
    same = select(View).where(View.owner == view.owner, View.queue == view.queue, View.name == view.name)
    known = session.exec(same).first()
    if known is None:
        mine = session.exec(select(View.id).where(View.owner == view.owner)).all()
        if len(mine) >= MOST:
            return False
        session.add(view)
    else:
        known.query, known.shared = view.query, view.shared
        session.add(known)
    session.flush()
    return True


def of_queue(session: Session, queue: str, login: str) -> list[View]:
    """A person's views of a queue and those shared with its readers, by name."""
    statement = select(View).where(View.queue == queue, or_(View.owner == login, col(View.shared)))
    return list(session.exec(statement.order_by(View.name, col(View.id))))


def of_person(session: Session, login: str) -> list[View]:
    """Every view a person keeps, by queue then name."""
    statement = select(View).where(View.owner == login)
    return list(session.exec(statement.order_by(View.queue, View.name)))


def get(session: Session, view_id: int) -> View | None:
    return session.get(View, view_id)


def drop(session: Session, view_id: int) -> None:
    session.execute(delete(View).where(col(View.id) == view_id))
