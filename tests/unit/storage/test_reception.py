"""The rows of many mails at once are those ``deliveries`` writes one by one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from storage import deliveries
from storage.db import Database
from storage.deliveries import Arrival, Delivery, DeliveryState, Via
from storage.reception import ArrivalSeen, Received, Reception, counted_uids, known, receive

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BOX = "cnse-admin@caisse.example"


def sha(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def seen(uid: int | None = None, via: Via = Via.IMAP, validity: int = 7) -> ArrivalSeen:
    return ArrivalSeen(via, BOX, "a@b.example", (BOX,), "p", "INBOX", validity if uid else None, uid)


def mail(name: str, *arrivals: ArrivalSeen) -> Reception:
    return Reception(sha(name), 12, AT, "c", arrivals or (seen(via=Via.SMTP),))


def test_the_same_rows_as_one_by_one(database: Database) -> None:
    with database.transaction() as session:
        receive(session, [mail("many")])
        single = Delivery(
            sha256=sha("one"),
            size=12,
            state=DeliveryState.RECEIVED,
            received_at=AT,
            mailbox=BOX,
            envelope_from="a@b.example",
            circuit="c",
        )
        deliveries.insert(session, single)
        deliveries.add_arrival(
            session,
            Arrival(
                delivery=sha("one"),
                via=Via.SMTP,
                mailbox=BOX,
                at=AT,
                envelope_from="a@b.example",
                recipients=[BOX],
                peer="p",
                folder="INBOX",
            ),
        )
    with database.reading() as session:
        first, second = (deliveries.get(session, sha(name)) for name in ("many", "one"))
        assert first is not None
        assert second is not None
        assert first.model_dump(exclude={"sha256"}) == second.model_dump(exclude={"sha256"})
        (a,), (b,) = (deliveries.arrivals(session, sha(name)) for name in ("many", "one"))
        assert a.model_dump(exclude={"id", "delivery"}) == b.model_dump(exclude={"id", "delivery"})


def test_answers_in_the_order_of_the_question(database: Database) -> None:
    with database.transaction() as session:
        receive(session, [mail("old", seen(1))])
    with database.transaction() as session:
        answers = receive(
            session,
            [mail("new"), mail("old", seen(1), seen(2)), mail("new"), mail("other", seen(2), seen(3))],
        )
    assert answers == [
        Received(True, (True,)),
        Received(False, (False, True)),
        Received(False, (True,)),
        Received(True, (False, True)),
    ]


def test_known(database: Database) -> None:
    with database.transaction() as session:
        receive(session, [mail("a"), mail("b")])
        assert known(session, [sha("a"), sha("x")]) == {sha("a")}
        assert known(session, []) == set()


def test_uids_count_only_under_their_uidvalidity(database: Database) -> None:
    with database.transaction() as session:
        receive(
            session,
            [mail("a", seen(1), seen(2)), mail("b", seen(3, Via.REBUILD)), mail("c", seen(9, validity=8))],
        )
        assert counted_uids(session, BOX, "INBOX", 7).keys() == {1, 2, 3}
        assert counted_uids(session, BOX, "INBOX", 8).keys() == {9}
        assert counted_uids(session, BOX, "Archive", 7) == {}
