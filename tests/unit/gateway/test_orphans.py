"""Mails of the vault without a row come back, once, and nothing else does."""

from __future__ import annotations

from datetime import timedelta

from gateway.clock import TurnableClock
from gateway.intake.envelope import Envelope, Note
from gateway.intake.orphans import sweep_orphans
from storage.deliveries import Via
from tests.worlds.reception import ADMINISTRATIVE, MEDICAL, Reception

RAW = b"Subject: orphan\r\n\r\nx\r\n"


def orphan(reception: Reception, raw: bytes = RAW) -> str:
    """What a crash between blob and rows leaves."""
    envelopes = tuple(
        Envelope(Via.SMTP, mailbox, "med@hopital.example", (mailbox,), "192.0.2.7:25")
        for mailbox in (ADMINISTRATIVE, MEDICAL)
    )
    return reception.vault.put(raw, kind="raw", note=Note(reception.clock.now(), envelopes).to_bytes())


def test_an_orphan_comes_back_as_it_arrived(reception: Reception, clock: TurnableClock) -> None:
    sha256 = orphan(reception)
    arrived = clock.now()
    clock.turn(timedelta(hours=1))
    door = reception.door()
    assert sweep_orphans(door, clock.now()) == 1
    (delivery,) = reception.deliveries()
    assert (delivery.sha256, delivery.size, delivery.mailbox) == (sha256, len(RAW), ADMINISTRATIVE)
    assert (delivery.received_at, delivery.envelope_from) == (arrived, "med@hopital.example")
    assert [(a.via, a.mailbox) for a in reception.arrivals()] == [
        (Via.REBUILD, ADMINISTRATIVE),
        (Via.REBUILD, MEDICAL),
    ]
    assert reception.events(sha256) == ["rebuild"]
    assert reception.woken == [sha256]
    assert sweep_orphans(door, clock.now()) == 0
    assert len(reception.arrivals()) == 2


def test_what_has_a_row_or_is_no_mail_is_left_alone(reception: Reception, clock: TurnableClock) -> None:
    door = reception.door()
    door.accept(RAW, Envelope(Via.SMTP, ADMINISTRATIVE, "", (ADMINISTRATIVE,)))
    reception.vault.put(b"a part", kind="part")
    clock.turn(timedelta(hours=1))
    assert sweep_orphans(door, clock.now()) == 0
    assert len(reception.arrivals()) == 1


def test_a_mail_on_its_way_is_no_orphan(reception: Reception, clock: TurnableClock) -> None:
    sha256 = orphan(reception)
    clock.turn(timedelta(hours=1))
    door = reception.door()
    with door.on_the_way(sha256):
        assert sweep_orphans(door, clock.now()) == 0
    assert sweep_orphans(door, clock.now() - timedelta(hours=2)) == 0
    assert sweep_orphans(door, clock.now()) == 1


def test_a_mail_whose_note_says_nothing_comes_back_all_the_same(reception: Reception) -> None:
    sha256 = reception.vault.put(RAW, kind="raw", note=b"?")
    assert sweep_orphans(reception.door(), reception.clock.now()) == 1
    assert [(d.sha256, d.mailbox, d.circuit) for d in reception.deliveries()] == [(sha256, "", "")]


def test_a_damaged_blob_does_not_stop_the_sweep(reception: Reception, clock: TurnableClock) -> None:
    broken = orphan(reception, b"broken")
    whole = orphan(reception, b"whole")
    path = reception.vault.folder / broken[:2] / broken
    path.write_bytes(path.read_bytes()[:-1])
    clock.turn(timedelta(hours=1))
    assert sweep_orphans(reception.door(), clock.now()) == 1
    assert [d.sha256 for d in reception.deliveries()] == [whole]
    assert path.exists()
