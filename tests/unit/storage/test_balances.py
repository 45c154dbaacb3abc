"""What a mailbox received on a day and what became of it, on both databases."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta

from storage import balances, ledger
from storage.balances import TAKEN, Balance
from storage.db import Database
from storage.deliveries import Via
from storage.ledger import Fate, Sighting
from storage.reception import ArrivalSeen, Reception, receive

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = AT.date()
BOX, OTHER = "cnse-admin@caisse.example", "cnse-medical@caisse.example"


def day_of(at: datetime) -> date:
    return at.date()


def mail(name: str, *seen: ArrivalSeen, at: datetime = AT) -> Reception:
    return Reception(hashlib.sha256(name.encode()).hexdigest(), 10, at, "c", seen)


def by_smtp(mailbox: str = BOX) -> ArrivalSeen:
    return ArrivalSeen(Via.SMTP, mailbox, "a@b.example", (mailbox,), "p", None, None, None)


def by_imap(uid: int, validity: int = 7) -> ArrivalSeen:
    return ArrivalSeen(Via.IMAP, BOX, "a@b.example", (BOX,), "p", "INBOX", validity, uid)


def sighting(uid: int, validity: int = 7, mark: str = "", at: datetime = AT) -> Sighting:
    return Sighting(
        mailbox=BOX,
        folder="INBOX",
        uidvalidity=validity,
        uid=uid,
        day=at.date(),
        seen_at=at,
        mark=mark,
    )


def of_day(database: Database, on: date = DAY, mailbox: str | None = None) -> list[Balance]:
    with database.reading() as session:
        return balances.balances(session, on, on, day_of, mailbox)


def test_senders_and_folders_add_up(database: Database) -> None:
    with database.transaction() as session:
        receive(session, [mail("a", by_smtp(), by_smtp(OTHER)), mail("b", by_imap(1))])
        receive(session, [mail("a", by_smtp())])
        receive(session, [mail("late", by_smtp(), at=AT + timedelta(days=1))])
        ledger.add_seen(session, [sighting(1), sighting(2), sighting(1)])
        ledger.settle(session, BOX, "INBOX", 7, [1, 2])
        balances.add_answers(session, {(BOX, DAY, TAKEN): 2, (BOX, DAY, "552 5.3.4"): 3})
        balances.add_answers(session, {(BOX, DAY, "552 5.3.4"): 1, (OTHER, DAY, TAKEN): 1})
        balances.heard(session, BOX, DAY, scans=1, unseen=2)
        balances.heard(session, BOX, DAY, scans=1)
    one, other = of_day(database)
    assert (one.mailbox, one.on_server, one.accepted, one.duplicates) == (BOX, 8, 2, 1)
    assert (one.refused, one.still_there, one.difference) == (4, 1, 0)
    assert (one.reasons, one.scans, one.unseen) == ((("552 5.3.4", 4),), 2, 2)
    assert (other.on_server, other.accepted, other.difference) == (1, 1, 0)
    assert of_day(database, mailbox=OTHER) == [other]
    assert [found.on_server for found in of_day(database, DAY + timedelta(days=1))] == [1]


def test_told_that_it_is_kept_and_not_here(database: Database) -> None:
    with database.transaction() as session:
        receive(session, [mail("a", by_smtp())])
        balances.add_answers(session, {(BOX, DAY, TAKEN): 3})
    (one,) = of_day(database)
    assert (one.on_server, one.accepted, one.difference) == (3, 1, 2)


def test_kept_and_nobody_told_is_no_difference(database: Database) -> None:
    with database.transaction() as session:
        receive(session, [mail("a", by_smtp())])
    (one,) = of_day(database)
    assert (one.on_server, one.accepted, one.difference) == (1, 1, 0)


def test_a_message_gone_then_found_again_counts_once(database: Database) -> None:
    later = AT + timedelta(days=1)
    with database.transaction() as session:
        ledger.add_seen(session, [sighting(1, mark="m"), sighting(2, mark="n")])
        ledger.settle(session, BOX, "INBOX", 7, [])
    assert [found.difference for found in of_day(database)] == [2]
    with database.transaction() as session:
        ledger.add_seen(session, [sighting(5, mark="m", at=later)])
        receive(session, [mail("a", by_imap(5), at=later)])
        ledger.settle(session, BOX, "INBOX", 7, [5])
    (first,) = of_day(database)
    assert (first.on_server, first.accepted, first.difference) == (2, 1, 1)
    assert of_day(database, later.date()) == []


def test_two_gone_messages_of_one_mark_do_not_excuse_each_other(database: Database) -> None:
    with database.transaction() as session:
        ledger.add_seen(session, [sighting(1, mark="m"), sighting(2, mark="m")])
        ledger.settle(session, BOX, "INBOX", 7, [])
    assert [found.difference for found in of_day(database)] == [2]


def test_a_refused_message_keeps_its_reason_until_it_is_accepted(database: Database) -> None:
    with database.transaction() as session:
        ledger.add_seen(session, [sighting(1)])
        ledger.refuse(session, BOX, "INBOX", 7, 1, "ValueError")
        ledger.settle(session, BOX, "INBOX", 7, [1])
    (one,) = of_day(database)
    assert (one.refused, one.still_there, one.reasons) == (1, 0, (("ValueError", 1),))
    with database.transaction() as session:
        receive(session, [mail("a", by_imap(1))])
        ledger.settle(session, BOX, "INBOX", 7, [])
        ledger.refuse(session, BOX, "INBOX", 7, 1, "too late")
    (one,) = of_day(database)
    assert (one.accepted, one.refused, one.reasons) == (1, 0, ())


def test_a_blob_put_back_ends_a_message_that_had_gone(database: Database) -> None:
    put_back = ArrivalSeen(Via.REBUILD, BOX, "a@b.example", (BOX,), "p", "INBOX", 7, 1)
    with database.transaction() as session:
        ledger.add_seen(session, [sighting(1)])
        ledger.settle(session, BOX, "INBOX", 7, [])
        receive(session, [mail("a", put_back)])
        ledger.settle(session, BOX, "INBOX", 7, [])
    assert [(found.accepted, found.difference) for found in of_day(database)] == [(1, 0)]


def test_days_are_closed_once_and_alarms_given_once(database: Database) -> None:
    with database.transaction() as session:
        balances.heard(session, BOX, DAY)
        balances.heard(session, OTHER, DAY + timedelta(days=1))
        assert balances.unsigned(session, DAY + timedelta(days=1)) == [(BOX, DAY)]
        one = Balance(BOX, DAY, 3, 2)
        assert balances.sign(session, one, AT, 41)
        assert not balances.sign(session, one, AT, 42)
        assert balances.unsigned(session, DAY + timedelta(days=1)) == []
        assert not balances.alarm(session, BOX, DAY, 0)
        assert balances.alarm(session, BOX, DAY, 1)
        assert not balances.alarm(session, BOX, DAY, 1)
        assert [row.alarmed for row in balances.alarms(session)] == [1]
        assert balances.alarm(session, BOX, DAY, 0)
        assert balances.alarms(session) == []
    (found,) = of_day(database)
    assert (found.position, found.signed_at, found.signed_difference) == (41, AT, 1)


def test_the_ends_of_the_calendar_can_be_asked(database: Database) -> None:
    with database.reading() as session:
        assert balances.balances(session, date.min, date.max, day_of) == []


def test_what_a_folder_says_going_back(database: Database) -> None:
    with database.transaction() as session:
        said = [(7, 10), (7, 12), (7, 0), (7, 11), (7, 11), (9, 3), (8, 3)]
        rows = [ledger.open_folder(session, BOX, "INBOX", v, n, AT) for v, n in said]
        assert [(row.uidvalidity, row.restored) for row in rows] == [
            (7, 0),
            (7, 0),
            (7, 0),
            (7, 1),
            (7, 1),
            (9, 1),
            (8, 2),
        ]
        again = ledger.restart_folder(session, BOX, "INBOX")
        assert ledger.generation_of(again) == 8 + (3 << 32)
    with database.reading() as session:
        kept = ledger.folder(session, BOX, "INBOX")
        assert kept is not None
        assert (kept.uidvalidity, kept.uidnext, kept.restored) == (8, 3, 3)
        assert ledger.seen(session, BOX, "INBOX", 7) == set()


def test_fates_are_words_that_stay() -> None:
    assert [str(fate) for fate in Fate] == ["waiting", "refused", "accepted", "duplicate", "gone"]
