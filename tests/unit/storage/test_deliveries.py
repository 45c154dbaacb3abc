"""Deliveries: identity by content, one move at a time, set aside and released."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from gateway.clock import TurnableClock
from storage import deliveries
from storage.db import Database
from storage.deliveries import Arrival, Delivery, DeliveryState, Via


def _delivery(clock: TurnableClock, text: str = "un", **columns: Any) -> Delivery:
    values: dict[str, Any] = {
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "size": len(text),
        "state": DeliveryState.RECEIVED,
        "received_at": clock.now(),
        "mailbox": "soins@exemple.fr",
        "envelope_from": "hopital@exemple.dz",
        "circuit": "soins-programmes-algerie",
    }
    return Delivery(**(values | columns))


def _arrival(clock: TurnableClock, delivery: Delivery, **columns: Any) -> Arrival:
    values: dict[str, Any] = {
        "delivery": delivery.sha256,
        "via": Via.SMTP,
        "mailbox": delivery.mailbox,
        "at": clock.now(),
        "envelope_from": delivery.envelope_from,
        "recipients": [delivery.mailbox],
    }
    return Arrival(**(values | columns))


def test_the_same_bytes_are_one_delivery(database: Database, clock: TurnableClock) -> None:
    with database.transaction() as session:
        assert deliveries.insert(session, _delivery(clock))
        assert not deliveries.insert(session, _delivery(clock, mailbox="autre@exemple.fr"))
    with database.transaction() as session:
        assert not deliveries.insert(session, _delivery(clock))
    with database.reading() as session:
        kept = deliveries.get(session, _delivery(clock).sha256)
    assert kept is not None
    assert kept.mailbox == "soins@exemple.fr"
    assert kept.received_at == clock.now()
    assert kept.state is DeliveryState.RECEIVED


def test_an_imap_message_arrives_once_and_smtp_each_time(database: Database, clock: TurnableClock) -> None:
    delivery = _delivery(clock)
    imap: dict[str, Any] = {
        "via": Via.IMAP,
        "folder": "INBOX",
        "uidvalidity": 4_294_967_295,
        "uid": 4_000_000_000,
    }
    with database.transaction() as session:
        deliveries.insert(session, delivery)
        assert deliveries.add_arrival(session, _arrival(clock, delivery, **imap))
        assert not deliveries.add_arrival(session, _arrival(clock, delivery, **imap))
        assert deliveries.add_arrival(session, _arrival(clock, delivery, **(imap | {"uidvalidity": 2})))
        assert deliveries.add_arrival(session, _arrival(clock, delivery))
        assert deliveries.add_arrival(session, _arrival(clock, delivery))
    with database.reading() as session:
        found = deliveries.arrivals(session, delivery.sha256)
    assert [arrival.via for arrival in found] == [Via.IMAP, Via.IMAP, Via.SMTP, Via.SMTP]
    assert found[0].uidvalidity == 4_294_967_295


def test_a_move_asks_where_the_delivery_stands(database: Database, clock: TurnableClock) -> None:
    delivery = _delivery(clock)
    sha = delivery.sha256
    with database.transaction() as session:
        deliveries.insert(session, delivery)
        received, opened = DeliveryState.RECEIVED, DeliveryState.OPENED
        assert deliveries.move(session, sha, received, opened, opened_sha256="b" * 64, security={"a": [1]})
        assert not deliveries.move(session, sha, received, opened)
    with database.reading() as session:
        moved = deliveries.get(session, sha)
    assert moved is not None
    assert (moved.state, moved.opened_sha256, moved.security) == (opened, "b" * 64, {"a": [1]})


def test_set_aside_then_released_to_the_same_step(database: Database, clock: TurnableClock) -> None:
    delivery = _delivery(clock, state=DeliveryState.UNPACKED)
    sha = delivery.sha256
    with database.transaction() as session:
        deliveries.insert(session, delivery)
        assert not deliveries.release(session, sha, clock.now())
        assert deliveries.set_aside(
            session, sha, DeliveryState.UNPACKED, "read", "Page illisible.", clock.now()
        )
        assert not deliveries.set_aside(
            session, sha, DeliveryState.UNPACKED, "read", "Encore.", clock.now()
        )
    with database.reading() as session:
        aside = deliveries.get(session, sha)
        assert aside is not None
        assert (aside.state, aside.set_aside_step) == (DeliveryState.SET_ASIDE, "read")
        assert aside.set_aside_reason == "Page illisible."
        assert deliveries.unfinished(session) == []
    clock.turn(timedelta(hours=1))
    with database.transaction() as session:
        assert deliveries.release(session, sha, clock.now())
    with database.reading() as session:
        back = deliveries.get(session, sha)
        assert back is not None
        assert (back.state, back.releases, back.released_at) == (DeliveryState.UNPACKED, 1, clock.now())
        assert back.set_aside_reason is None
        assert deliveries.unfinished(session) == [sha]


def test_found_by_a_prefix_that_only_one_has(database: Database, clock: TurnableClock) -> None:
    one = _delivery(clock, sha256="abcdef0" + "1" * 57)
    two = _delivery(clock, sha256="abcdef0" + "2" * 57)
    with database.transaction() as session:
        deliveries.insert(session, one)
        deliveries.insert(session, two)
    with database.reading() as session:
        found = deliveries.get(session, "abcdef01")
        assert found is not None
        assert found.sha256 == one.sha256
        assert deliveries.get(session, "abcdef0") is None
        assert deliveries.get(session, "abcde") is None
        assert deliveries.get(session, "%%%%%%%") is None


def test_lists_and_counts(database: Database, clock: TurnableClock) -> None:
    with database.transaction() as session:
        for number in range(3):
            deliveries.insert(session, _delivery(clock, f"mail {number}"))
            clock.turn(timedelta(minutes=1))
        deliveries.insert(session, _delivery(clock, "fini", state=DeliveryState.SCHEDULED))
    with database.reading() as session:
        listed = deliveries.list_state(session, [DeliveryState.RECEIVED], limit=2)
        counted = deliveries.counts(session)
        assert len(deliveries.unfinished(session)) == 3
    assert [row.received_at for row in listed] == sorted(row.received_at for row in listed)
    assert len(listed) == 2
    assert counted[DeliveryState.RECEIVED] == 3
    assert counted[DeliveryState.SCHEDULED] == 1
    assert counted[DeliveryState.SET_ASIDE] == 0


def test_text_no_database_can_hold_is_made_storable(database: Database, clock: TurnableClock) -> None:
    delivery = _delivery(clock, subject="Devis\x00 \ud83d urgent")
    with database.transaction() as session:
        deliveries.insert(session, delivery)
    with database.reading() as session:
        kept = deliveries.get(session, delivery.sha256)
    assert kept is not None
    assert kept.subject == "Devis\ufffd \ufffd urgent"


def test_a_mail_without_its_key_is_sent_back_to_its_start(database: Database, clock: TurnableClock) -> None:
    ended: dict[str, Any] = {"state": DeliveryState.SCHEDULED}
    shut = _delivery(clock, "fermé", security={"decryption": "no-key"}, mailbox="Soins@Exemple.fr", **ended)
    others = [
        _delivery(clock, "ouvert", security={"decryption": "ok"}, **ended),
        _delivery(clock, "jamais ouvert", **ended),
        _delivery(clock, "ailleurs", security={"decryption": "no-key"}, mailbox="x@exemple.fr", **ended),
        _delivery(clock, "en route", security={"decryption": "no-key"}, state=DeliveryState.READ),
    ]
    with database.transaction() as session:
        for delivery in (shut, *others):
            deliveries.insert(session, delivery)
    with database.transaction() as session:
        assert deliveries.locked(session, "soins@exemple.fr") == [shut.sha256]
        assert deliveries.reopen(session, shut.sha256, clock.now())
        assert not deliveries.reopen(session, shut.sha256, clock.now())
    with database.reading() as session:
        back = deliveries.get(session, shut.sha256)
        assert deliveries.locked(session, "soins@exemple.fr") == []
    assert back is not None
    assert (back.state, back.releases, back.released_at) == (DeliveryState.RECEIVED, 1, clock.now())
