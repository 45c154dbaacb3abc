"""The door: durable and registered, or nothing; the same bytes are one delivery."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from gateway.intake.accept import Door, Envelope, TooBig
from storage.deliveries import DeliveryState, Via
from storage.errors import DatabaseUnavailable, VaultFull, VaultReadOnly
from tests.worlds.reception import ADMINISTRATIVE, CIRCUIT, MEDICAL, Reception

RAW = b"From: medecin@hopital.example\r\nSubject: SE 352\r\n\r\nBonjour\r\n"
SHA = hashlib.sha256(RAW).hexdigest()


def envelope(mailbox: str = ADMINISTRATIVE, via: Via = Via.SMTP, uid: int | None = None) -> Envelope:
    folder, validity = ("INBOX", 12) if uid is not None else (None, None)
    return Envelope(
        via, mailbox, "medecin@hopital.example", (mailbox,), "192.0.2.7:4025", folder, validity, uid
    )


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


def test_empty_mail_is_kept(sqlite_reception: Reception) -> None:
    accepted = sqlite_reception.door().accept(b"", envelope())
    assert sqlite_reception.vault.get(accepted.sha256) == b""


def test_pieces_and_abort(sqlite_reception: Reception) -> None:
    acceptance = sqlite_reception.door().open(envelope())
    acceptance.write(RAW[:10])
    acceptance.abort()
    acceptance.abort()
    assert sqlite_reception.deliveries() == []
    acceptance = sqlite_reception.door().open(envelope())
    for start in range(0, len(RAW), 7):
        acceptance.write(RAW[start : start + 7])
    assert acceptance.commit().sha256 == SHA
    acceptance.abort()
    assert sqlite_reception.vault.get(SHA) == RAW


def test_a_peer_has_a_ceiling_a_mailbox_has_none(sqlite_reception: Reception) -> None:
    sqlite_reception.max_bytes = 20
    with pytest.raises(TooBig, match="rien n'a été gardé"):
        sqlite_reception.door().accept(RAW, envelope())
    assert list(sqlite_reception.vault.list()) == []
    assert sqlite_reception.door().accept(RAW, envelope(via=Via.IMAP, uid=1)).sha256 == SHA


def test_a_mailbox_of_no_circuit_is_taken_without_one(sqlite_reception: Reception) -> None:
    sqlite_reception.door().accept(RAW, envelope("stranger@caisse.example", Via.FILE))
    assert [d.circuit for d in sqlite_reception.deliveries()] == [""]


def test_somebody_who_cannot_be_woken_changes_nothing(sqlite_reception: Reception) -> None:
    def broken(_sha256: str) -> None:
        raise RuntimeError

    door = sqlite_reception.door()
    door.notify = broken
    assert door.accept(RAW, envelope()).sha256 == SHA


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]


@pytest.mark.parametrize(
    ("code", "error"), [(errno.ENOSPC, VaultFull), (errno.EDQUOT, VaultFull), (errno.EROFS, VaultReadOnly)]
)
def test_a_full_or_read_only_disk_keeps_nothing_and_the_next_mail_passes(
    sqlite_reception: Reception, monkeypatch: pytest.MonkeyPatch, code: int, error: type[Exception]
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    door = sqlite_reception.door()
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(error):
            door.accept(RAW, envelope())
    assert sqlite_reception.deliveries() == []
    assert files(sqlite_reception.vault.folder) == []
    assert sqlite_reception.woken == []
    assert not door.accept(RAW, envelope()).duplicate


def test_a_database_that_goes_away_and_comes_back(sqlite_reception: Reception, tmp_path: Path) -> None:
    door = sqlite_reception.door()
    path = Path(str(sqlite_reception.database.engine.url.database))
    hidden = tmp_path / "elsewhere"
    sqlite_reception.database.close()
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
    assert len(sqlite_reception.deliveries()) == 1


def test_a_door_needs_an_envelope(sqlite_reception: Reception) -> None:
    with pytest.raises(ValueError, match="at least one mailbox"):
        sqlite_reception.door().open()


def test_under_way_only_between_blob_and_rows(sqlite_reception: Reception) -> None:
    door: Door = sqlite_reception.door()
    seen = []
    door.notify = lambda sha256: seen.append(door.under_way(sha256))
    door.accept(RAW, envelope())
    assert seen == [False]
    with door.on_the_way(SHA), door.on_the_way(SHA):
        assert door.under_way(SHA)
    assert not door.under_way(SHA)
