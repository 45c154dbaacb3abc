"""The door: durable and registered, or nothing; the same bytes are one delivery."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from gateway.clock import TurnableClock
from gateway.evidence.record import Recorder
from gateway.intake.accept import Door, Envelope, TooBig
from storage.db import Database
from storage.deliveries import DeliveryState, Via
from storage.errors import DatabaseUnavailable, VaultFull, VaultReadOnly
from storage.vault import Vault
from tests.worlds.reception import ADMINISTRATIVE, CIRCUIT, MEDICAL, Reception

RAW = b"From: medecin@hopital.example\r\nSubject: SE 352\r\n\r\nBonjour\r\n"
SHA = hashlib.sha256(RAW).hexdigest()


def envelope(mailbox: str = ADMINISTRATIVE, via: Via = Via.SMTP, uid: int | None = None) -> Envelope:
    folder, validity = ("INBOX", 12) if uid is not None else (None, None)
    return Envelope(
        via, mailbox, "medecin@hopital.example", (mailbox,), "192.0.2.7:4025", folder, validity, uid
    )


@pytest.fixture
def reception(database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock) -> Reception:
    return Reception(database, vault, recorder, clock)


@pytest.fixture
def on_sqlite(
    sqlite_database: Database, vault: Vault, recorder: Recorder, clock: TurnableClock
) -> Reception:
    return Reception(sqlite_database, vault, recorder, clock)


def test_bytes_rows_and_evidence(reception: Reception) -> None:
    accepted = reception.door().accept(RAW, envelope())
    assert (accepted.sha256, accepted.duplicate) == (SHA, False)
    assert reception.vault.get(SHA) == RAW
    (delivery,) = reception.deliveries()
    assert delivery.state is DeliveryState.RECEIVED
    assert (delivery.mailbox, delivery.circuit, delivery.size) == (ADMINISTRATIVE, CIRCUIT, len(RAW))
    assert delivery.received_at == reception.clock.now()
    (arrival,) = reception.arrivals()
    assert (arrival.delivery, arrival.via, arrival.peer) == (SHA, Via.SMTP, "192.0.2.7:4025")
    assert reception.events(SHA) == ["arrival"]
    assert reception.woken == [SHA]
    assert reception.recorder.verify(reception.database).ok


def test_same_bytes_on_another_mailbox_are_a_second_arrival(reception: Reception) -> None:
    door = reception.door()
    door.accept(RAW, envelope())
    assert door.accept(RAW, envelope(MEDICAL)).duplicate
    assert [d.mailbox for d in reception.deliveries()] == [ADMINISTRATIVE]
    assert [a.mailbox for a in reception.arrivals()] == [ADMINISTRATIVE, MEDICAL]
    assert reception.events(SHA) == ["arrival", "duplicate"]


def test_one_transaction_for_two_mailboxes_is_one_arrival_each(reception: Reception) -> None:
    accepted = reception.door().accept(RAW, envelope(), envelope(MEDICAL))
    assert not accepted.duplicate
    assert len(reception.deliveries()) == 1
    assert [a.mailbox for a in reception.arrivals()] == [ADMINISTRATIVE, MEDICAL]
    assert reception.events(SHA) == ["arrival"]


def test_an_imap_message_seen_again_adds_nothing(reception: Reception) -> None:
    door = reception.door()
    door.accept(RAW, envelope(via=Via.IMAP, uid=5))
    assert door.accept(RAW, envelope(via=Via.IMAP, uid=5)).duplicate
    assert len(reception.arrivals()) == 1
    assert reception.events(SHA) == ["arrival"]
    door.accept(RAW, envelope(via=Via.IMAP, uid=6))
    assert len(reception.arrivals()) == 2
    assert reception.events(SHA) == ["arrival", "duplicate"]


def test_empty_mail_is_kept(on_sqlite: Reception) -> None:
    accepted = on_sqlite.door().accept(b"", envelope())
    assert on_sqlite.vault.get(accepted.sha256) == b""


def test_pieces_and_abort(on_sqlite: Reception) -> None:
    acceptance = on_sqlite.door().open(envelope())
    acceptance.write(RAW[:10])
    acceptance.abort()
    acceptance.abort()
    assert on_sqlite.deliveries() == []
    acceptance = on_sqlite.door().open(envelope())
    for start in range(0, len(RAW), 7):
        acceptance.write(RAW[start : start + 7])
    assert acceptance.commit().sha256 == SHA
    acceptance.abort()
    assert on_sqlite.vault.get(SHA) == RAW


def test_a_peer_has_a_ceiling_a_mailbox_has_none(on_sqlite: Reception) -> None:
    on_sqlite.max_bytes = 20
    with pytest.raises(TooBig, match="rien n'a été gardé"):
        on_sqlite.door().accept(RAW, envelope())
    assert list(on_sqlite.vault.list()) == []
    assert on_sqlite.door().accept(RAW, envelope(via=Via.IMAP, uid=1)).sha256 == SHA


def test_a_mailbox_of_no_circuit_is_taken_without_one(on_sqlite: Reception) -> None:
    on_sqlite.door().accept(RAW, envelope("stranger@caisse.example", Via.FILE))
    assert [d.circuit for d in on_sqlite.deliveries()] == [""]


def test_somebody_who_cannot_be_woken_changes_nothing(on_sqlite: Reception) -> None:
    def broken(_sha256: str) -> None:
        raise RuntimeError

    door = on_sqlite.door()
    door.notify = broken
    assert door.accept(RAW, envelope()).sha256 == SHA


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]


@pytest.mark.parametrize(
    ("code", "error"), [(errno.ENOSPC, VaultFull), (errno.EDQUOT, VaultFull), (errno.EROFS, VaultReadOnly)]
)
def test_a_full_or_read_only_disk_keeps_nothing_and_the_next_mail_passes(
    on_sqlite: Reception, monkeypatch: pytest.MonkeyPatch, code: int, error: type[Exception]
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    door = on_sqlite.door()
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(error):
            door.accept(RAW, envelope())
    assert on_sqlite.deliveries() == []
    assert files(on_sqlite.vault.folder) == []
    assert on_sqlite.woken == []
    assert not door.accept(RAW, envelope()).duplicate


def test_a_database_that_goes_away_and_comes_back(on_sqlite: Reception, tmp_path: Path) -> None:
    door = on_sqlite.door()
    path = Path(str(on_sqlite.database.engine.url.database))
    hidden = tmp_path / "elsewhere"
    on_sqlite.database.close()
    for suffix in ("", "-wal", "-shm"):
        if (part := Path(f"{path}{suffix}")).exists():
            part.rename(f"{hidden}{suffix}")
    path.mkdir()
    with pytest.raises(DatabaseUnavailable):
        door.accept(RAW, envelope())
    path.rmdir()
    hidden.rename(path)
    accepted = door.accept(RAW, envelope())
    assert not accepted.duplicate
    assert len(on_sqlite.deliveries()) == 1


def test_a_door_needs_an_envelope(on_sqlite: Reception) -> None:
    with pytest.raises(ValueError, match="at least one mailbox"):
        on_sqlite.door().open()


def test_under_way_only_between_blob_and_rows(on_sqlite: Reception) -> None:
    door: Door = on_sqlite.door()
    seen = []
    door.notify = lambda sha256: seen.append(door.under_way(sha256))
    door.accept(RAW, envelope())
    assert seen == [False]
    with door.on_the_way(SHA), door.on_the_way(SHA):
        assert door.under_way(SHA)
    assert not door.under_way(SHA)
