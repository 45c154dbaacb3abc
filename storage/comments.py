"""Internal notes on a piece of work, and who is named in them. Their text is sealed: it may be medical."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import CursorResult, Index, delete, func, update
from sqlmodel import Field, Session, SQLModel, col, select

from storage.db import Instant
from storage.items import Item


class Comment(SQLModel, table=True):
    """One note. Never changed: a further one corrects it."""

    __tablename__ = "comments"

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="items.id", index=True)
    by: str = Field(max_length=80)
    at: datetime = Field(sa_type=Instant)
    text: str
    """Sealed under ``note:<item>:<login>``."""
    confidentiality: str = Field(max_length=16)
    """``medical`` when it was written in a medical queue: the others know that it exists, no more."""


class Mention(SQLModel, table=True):
    """A person named in a note; it waits on their first page until they have seen it."""

    __tablename__ = "mentions"
    __table_args__ = (Index("ix_mentions_unseen", "login", "seen_at"),)

    comment_id: int = Field(primary_key=True, foreign_key="comments.id")
    login: str = Field(primary_key=True, foreign_key="people.login", max_length=80)
    seen_at: datetime | None = Field(default=None, sa_type=Instant)


def add(session: Session, comment: Comment, logins: Collection[str]) -> int:
    """Insert a note with the people it names; its number."""
    session.add(comment)
    session.flush()
    session.add_all(Mention(comment_id=comment.id or 0, login=login) for login in sorted(set(logins)))
    session.flush()
    return comment.id or 0


def of_items(session: Session, item_ids: Collection[int]) -> list[Comment]:
    """Notes of these items, the oldest first."""
    statement = select(Comment).where(col(Comment.item_id).in_(item_ids))
    return list(session.exec(statement.order_by(col(Comment.at), col(Comment.id))))


def named(session: Session, comment_ids: Collection[int]) -> dict[int, list[str]]:
    """Logins named in each of these notes."""
    statement = select(Mention).where(col(Mention.comment_id).in_(comment_ids))
    found: dict[int, list[str]] = {}
    for mention in session.exec(statement.order_by(Mention.login)):
        found.setdefault(mention.comment_id, []).append(mention.login)
    return found


def unseen(session: Session, login: str, limit: int = 20) -> list[tuple[Comment, Item]]:
    """Notes that name a person and that they have not seen, the latest first."""
    statement = (
        select(Comment, Item)
        .join(Mention, col(Mention.comment_id) == col(Comment.id))
        .join(Item, col(Item.id) == col(Comment.item_id))
        .where(Mention.login == login, col(Mention.seen_at).is_(None))
        .order_by(col(Comment.at).desc(), col(Comment.id).desc())
        .limit(limit)
    )
    return [(comment, item) for comment, item in session.exec(statement)]


def see(session: Session, login: str, item_id: int, at: datetime) -> int:
    """A person has seen the notes of an item that name them; how many."""
    here = select(Comment.id).where(Comment.item_id == item_id)
    statement = (
        update(Mention)
        .where(
            col(Mention.login) == login, col(Mention.seen_at).is_(None), col(Mention.comment_id).in_(here)
        )
        .values(seen_at=at)
    )
    result: CursorResult[None] = session.execute(statement)  # type: ignore[assignment]
    return result.rowcount


def waiting_for(session: Session, login: str, item_id: int) -> bool:
    """Whether a note of this item names the person, who has not seen it."""
    statement = (
        select(func.count())
        .select_from(Mention)
        .join(Comment, col(Comment.id) == col(Mention.comment_id))
        .where(Mention.login == login, col(Mention.seen_at).is_(None), Comment.item_id == item_id)
    )
    return bool(session.exec(statement).one())


def forget(session: Session, item_ids: Collection[int]) -> None:
    """Erase the notes of these items at the end of their retention."""
    here = select(Comment.id).where(col(Comment.item_id).in_(item_ids))
    session.execute(delete(Mention).where(col(Mention.comment_id).in_(here)))
    session.execute(delete(Comment).where(col(Comment.item_id).in_(item_ids)))
