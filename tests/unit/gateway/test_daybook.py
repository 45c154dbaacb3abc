"""Days closed in the log, alarms given once, SMTP sessions counted apart from the rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import delete

from gateway.clock import TurnableClock, paris_date
from gateway.evidence.record import Kind
from gateway.intake.daybook import Daybook, Event
from gateway.settings import Smtp
from storage.balances import Balance, alarms, balances
from storage.db import Session
from storage.deliveries import Arrival
from storage.ledger import Fate, Sighting
from tests.worlds.reception import ADMINISTRATIVE, MAILBOXES, MEDICAL, RawClient, Reception


def told(reception: Reception, action: str) -> list[tuple[str, dict[str, object]]]:
    """Subjects and fields of the LEDGER events of this action, in order."""
    subjects = [f"mailbox:{mailbox}" for mailbox in ("", *MAILBOXES)]
    with reception.database.reading() as session:
        found = reception.recorder.events(session, subjects)
    return [(e.subject, dict(e.fields)) for e in found if e.fields.get("action") == action]


def book(reception: Reception, **words: object) -> Daybook:
    door = reception.door()
    return Daybook(
        reception.database,
        reception.recorder,
        reception.clock,
        MAILBOXES,
        door.tally,
        **words,  # type: ignore[arg-type]
    )


def of_today(reception: Reception) -> dict[str, Balance]:
    today = paris_date(reception.clock.now())
    with reception.database.reading() as session:
        return {found.mailbox: found for found in balances(session, today, today, paris_date)}


def send(client: RawClient, mailbox: str, text: str) -> str:
    client.ask("MAIL FROM:<a@b.example>")
    client.ask(f"RCPT TO:<{mailbox}>")
    client.ask("DATA")
    client.say(text.encode() + b"\r\n.\r\n")
    return client.reply()


def test_sessions_are_counted_and_the_days_closed(reception: Reception, clock: TurnableClock) -> None:
    reception.max_bytes = 500
    with reception.listening(Smtp(port=0, max_bytes=500)) as listener:
        daybook = Daybook(
            reception.database,
            reception.recorder,
            clock,
            MAILBOXES,
            listener._terms.door.tally,
        )
        daybook.once()
        with RawClient(listener.port) as client:
            client.reply()
            client.ask("EHLO a.example")
            assert send(client, ADMINISTRATIVE, "one").startswith("250")
            assert send(client, ADMINISTRATIVE, "one").startswith("250")
            assert send(client, ADMINISTRATIVE, "x\r\n" * 200).startswith("552")
            client.ask("RSET")
            client.ask("MAIL FROM:<a@b.example>")
            assert client.ask("RCPT TO:<nobody@c.example>").startswith("550")
            client.ask("RSET")
            assert client.ask("MAIL FROM:<a@b.example> SIZE=600").startswith("552")
    daybook.once()
    found = of_today(reception)
    one = found[ADMINISTRATIVE]
    assert (one.on_server, one.accepted, one.duplicates, one.refused, one.difference) == (3, 1, 1, 1, 0)
    assert one.reasons == (("552 5.3.4", 1),)
    assert found[""].reasons == (("550 5.1.1", 1), ("552 5.3.4", 1))
    assert found[MEDICAL] == Balance(MEDICAL, one.day)
    assert told(reception, "closed") == []
    clock.turn(timedelta(days=1))
    daybook.once()
    daybook.once()
    closed = told(reception, "closed")
    assert [subject for subject, _ in closed] == [
        "mailbox:",
        f"mailbox:{ADMINISTRATIVE}",
        f"mailbox:{MEDICAL}",
    ]
    assert closed[1][1] == {
        "action": "closed",
        "day": one.day.isoformat(),
        "on_server": 3,
        "accepted": 1,
        "duplicates": 1,
        "refused": 1,
        "still_there": 0,
        "difference": 0,
        "unseen": 0,
        "scans": 0,
        "answers": ["552/5.3.4:1"],
    }
    assert reception.recorder.verify(reception.database).ok


def test_a_mail_told_kept_and_not_here_is_the_difference(
    reception: Reception, clock: TurnableClock
) -> None:
    with reception.listening() as listener:
        with RawClient(listener.port) as client:
            client.reply()
            client.ask("EHLO a.example")
            send(client, ADMINISTRATIVE, "one")
            send(client, ADMINISTRATIVE, "two")
        told_of: list[Balance] = []

        def alert(_session: Session, found: Balance) -> list[Event]:
            told_of.append(found)
            return []

        daybook = Daybook(
            reception.database, reception.recorder, clock, MAILBOXES, listener._terms.door.tally, alert
        )
    with reception.database.transaction() as session:
        session.execute(delete(Arrival).where(Arrival.id == 2))  # type: ignore[arg-type]
    daybook.once()
    daybook.once()
    (given,) = told(reception, "alarm")
    assert (given[1]["on_server"], given[1]["accepted"], given[1]["difference"]) == (2, 1, 1)
    assert [found.difference for found in told_of] == [1]
    with reception.database.reading() as session:
        assert [(day.mailbox, day.alarmed) for day in alarms(session)] == [(ADMINISTRATIVE, 1)]


def test_a_difference_that_goes_away_ends_its_alarm(reception: Reception, clock: TurnableClock) -> None:
    today = paris_date(clock.now())
    lost = Sighting(
        mailbox=MEDICAL,
        folder="INBOX",
        uidvalidity=7,
        uid=1,
        day=today,
        seen_at=clock.now(),
        fate=Fate.GONE,
    )
    with reception.database.transaction() as session:
        session.add(lost)
    daybook = book(reception)
    daybook.once()
    assert len(told(reception, "alarm")) == 1
    with reception.database.transaction() as session:
        session.delete(lost)
    clock.turn(timedelta(days=1))
    daybook.once()
    assert len(told(reception, "cleared")) == 1
    with reception.database.reading() as session:
        assert alarms(session) == []


def test_answers_wait_for_a_database_that_is_away(reception: Reception, clock: TurnableClock) -> None:
    door = reception.door()
    door.tally.refused([MEDICAL], clock.now(), "452 4.3.1 plein")

    class Away(Exception):
        pass

    class Broken:
        def transaction(self) -> object:
            raise Away

    with pytest.raises(Away):
        door.tally.flush(Broken(), reception.recorder)  # type: ignore[arg-type]
    door.tally.flush(reception.database, reception.recorder)
    door.tally.flush(reception.database, reception.recorder)
    with reception.database.reading() as session:
        (told_once,) = reception.recorder.events(session, [f"mailbox:{MEDICAL}"])
    assert (told_once.kind, told_once.fields["code"], told_once.fields["count"]) == (
        Kind.REFUSED,
        "452/4.3.1",
        1,
    )
    assert of_today(reception)[MEDICAL].reasons == (("452 4.3.1", 1),)
