"""One-time links on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage import invitations, people
from storage.db import Database
from storage.invitations import Invitation
from storage.people import Person

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _of(name: str) -> Invitation:
    return Invitation(
        token_hash=name, login="agathe", created_by="adam", created_at=AT, expires_at=AT + HOUR
    )


def test_a_link_opens_until_used_or_replaced_or_out_of_time(database: Database) -> None:
    with database.transaction() as session:
        people.add(session, Person(login="agathe", name="Agathe"))
        invitations.invite(session, _of("a"))
        assert invitations.open_for(session, "a", AT) == "agathe"
        assert invitations.open_for(session, "a", AT + HOUR) is None
        assert invitations.open_for(session, "b", AT) is None
        invitations.invite(session, _of("b"))
        session.expire_all()
        assert invitations.open_for(session, "a", AT) is None
        assert not invitations.use(session, "b", AT + HOUR)
        assert invitations.use(session, "b", AT)
        assert not invitations.use(session, "b", AT)
        session.expire_all()
        assert invitations.open_for(session, "b", AT) is None
