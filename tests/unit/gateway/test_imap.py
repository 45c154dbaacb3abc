"""A real Dovecot, watched: everything in the folder is taken once, whatever happens on the way."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from imapclient.exceptions import IMAPClientAbortError

from gateway.clock import TurnableClock
from gateway.intake.imap_box import PIECE, ImapBox
from storage.deliveries import Via
from storage.errors import DatabaseUnavailable
from tests.worlds.dovecot import Dovecot
from tests.worlds.imap_proxy import ImapProxy
from tests.worlds.reception import ADMINISTRATIVE, Reception
from tests.worlds.watched import PROCESSED, mail, reception, scanned, server, watcher

pytestmark = pytest.mark.dovecot

_SECONDS = 30
__all__ = ["reception", "server"]


def test_all_is_taken_then_moved_read_or_not(server: Dovecot, reception: Reception, tmp_path: Path) -> None:
    server.append(mail("one"))
    server.append(mail("two"), flags=(b"\\Seen",))
    one = watcher(reception, server.port, tmp_path)
    assert scanned(one, tmp_path) == 2
    assert sorted(reception.raws()) == sorted([mail("one"), mail("two")])
    assert server.messages() == []
    assert sorted(server.messages(PROCESSED)) == sorted([mail("one"), mail("two")])
    arrival = reception.arrivals()[0]
    assert (arrival.via, arrival.mailbox, arrival.folder) == (Via.IMAP, ADMINISTRATIVE, "INBOX")
    assert arrival.envelope_from == "med@hopital.example"
    assert scanned(one, tmp_path) == 0


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        (b"Return-Path: <>\r\nFrom: a@b.example\r\n", ""),
        (b"From: =?utf-8?q?H=C3=B4pital?= <a@b.example>\r\n", "a@b.example"),
        (b"From: a@b.example\r\n", "a@b.example"),
        (b"To: <>\r\n", ""),
        (b"From: <>\r\n", ""),
    ],
)
def test_envelope_sender(
    server: Dovecot, reception: Reception, tmp_path: Path, head: bytes, sender: str
) -> None:
    server.append(head + b"\r\nx\r\n")
    assert scanned(watcher(reception, server.port, tmp_path), tmp_path) == 1
    assert [a.envelope_from for a in reception.arrivals()] == [sender]


def test_a_large_mail_comes_in_pieces(server: Dovecot, reception: Reception, tmp_path: Path) -> None:
    raws = [mail("large", 3 * PIECE), mail("exact")]
    raws[1] += b"y" * (2 * PIECE - len(raws[1]))
    for raw in raws:
        server.append(raw)
    with ImapBox(watcher(reception, server.port, tmp_path).settings, tmp_path) as box:
        uids = box.refresh().uids
        assert max(len(piece) for piece in box.pieces(uids[0])) == PIECE
    assert scanned(watcher(reception, server.port, tmp_path), tmp_path) == 2
    assert sorted(reception.raws()) == sorted(raws)


def test_accepted_but_not_moved_is_moved_without_being_read_again(
    server: Dovecot, reception: Reception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(mail("one"))
    one = watcher(reception, server.port, tmp_path)

    def crash(_box: ImapBox, _uid: int) -> bool:
        raise IMAPClientAbortError("socket error")

    with monkeypatch.context() as broken:
        broken.setattr(ImapBox, "move", crash)
        with pytest.raises(IMAPClientAbortError):
            scanned(one, tmp_path)
    assert len(server.messages()) == 1
    assert len(reception.arrivals()) == 1
    assert scanned(one, tmp_path) == 0
    assert server.messages() == []
    assert len(reception.arrivals()) == 1


def test_a_mail_that_breaks_waits_and_the_next_goes_on(
    server: Dovecot,
    reception: Reception,
    tmp_path: Path,
    clock: TurnableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("poison", "next"):
        server.append(mail(name))
    one = watcher(reception, server.port, tmp_path)
    whole = ImapBox.pieces

    def pieces(box: ImapBox, uid: int) -> Iterator[bytes]:
        if uid == 1:
            raise ValueError("unreadable")
        return whole(box, uid)

    with monkeypatch.context() as broken:
        broken.setattr(ImapBox, "pieces", pieces)
        assert scanned(one, tmp_path) == 1
        assert len(one.postponed) == 1
        assert reception.raws() == [mail("next")]
        clock.turn(timedelta(seconds=59))
        assert scanned(one, tmp_path) == 0
        clock.turn(timedelta(seconds=2))
        assert scanned(one, tmp_path) == 0
        (waiting,) = one.postponed.values()
        assert waiting.attempts == 2
    clock.turn(timedelta(hours=1))
    assert scanned(one, tmp_path) == 1
    assert one.postponed == {}
    assert len(reception.deliveries()) == 2
    assert server.messages() == []


def test_a_database_away_blames_no_message(
    server: Dovecot, reception: Reception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(mail("one"))
    one = watcher(reception, server.port, tmp_path)
    path = Path(str(reception.database.engine.url.database))
    reception.database.close()
    path.rename(tmp_path / "hidden")
    path.mkdir()
    with pytest.raises(DatabaseUnavailable):
        scanned(one, tmp_path)
    assert one.postponed == {}
    path.rmdir()
    (tmp_path / "hidden").rename(path)
    assert scanned(one, tmp_path) == 1


def test_a_new_uidvalidity_reads_all_again_and_makes_no_new_delivery(
    server: Dovecot, reception: Reception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(mail("one"))
    monkeypatch.setattr(ImapBox, "move", lambda _box, _uid: False)
    with ImapProxy(server.port) as proxy:
        one = watcher(reception, proxy.port, tmp_path)
        assert scanned(one, tmp_path) == 1
        assert scanned(one, tmp_path) == 0
        proxy.validity = 4_000_000_000
        assert scanned(one, tmp_path) == 1
        assert scanned(one, tmp_path) == 0
    assert len(reception.deliveries()) == 1
    assert [a.uidvalidity for a in reception.arrivals()][1] == 4_000_000_000
    assert reception.events(reception.deliveries()[0].sha256) == ["arrival", "duplicate"]


def test_cut_in_the_middle_of_a_mail(server: Dovecot, reception: Reception, tmp_path: Path) -> None:
    server.append(mail("large", 3 * PIECE))
    with ImapProxy(server.port) as proxy:
        one = watcher(reception, proxy.port, tmp_path)
        proxy.cut_after = 2 * PIECE
        with pytest.raises((IMAPClientAbortError, OSError)):
            scanned(one, tmp_path)
        assert reception.deliveries() == []
        assert list(reception.vault.folder.glob("incoming/*")) == []
        proxy.cut_after = None
        assert scanned(one, tmp_path) == 1
    assert reception.raws() == [mail("large", 3 * PIECE)]


def test_the_thread_survives_hang_ups_and_hears_new_mail(
    server: Dovecot, reception: Reception, tmp_path: Path
) -> None:
    heard = threading.Semaphore(0)
    with ImapProxy(server.port) as proxy:
        one = watcher(reception, proxy.port, tmp_path, scan_seconds=1)
        one._door.notify = lambda _sha256: heard.release()
        one.start()
        for round_number in range(3):
            server.append(mail(f"mail {round_number}"))
            assert heard.acquire(timeout=_SECONDS)
            proxy.drop()
        one.stop()
        assert proxy.connections >= 3
    assert len(reception.deliveries()) == 3


def test_idle_wakes_long_before_the_next_scan(
    server: Dovecot, reception: Reception, tmp_path: Path
) -> None:
    heard = threading.Semaphore(0)
    one = watcher(reception, server.port, tmp_path, scan_seconds=1500)
    one._door.notify = lambda _sha256: heard.release()
    server.append(mail("before"))
    one.start()
    assert heard.acquire(timeout=_SECONDS)
    server.append(mail("after"))
    assert heard.acquire(timeout=_SECONDS)
    one.stop()
    assert len(reception.deliveries()) == 2


def test_xoauth2_hands_over_the_token_of_the_file(reception: Reception, tmp_path: Path) -> None:
    one = watcher(reception, 0, tmp_path, auth="xoauth2")
    (tmp_path / "secret").write_text("jeton\n")
    said: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n")
            for line in lines:
                tag, verb, *rest = line.split()
                said.append(b" ".join([verb, *rest]))
                if verb == b"AUTHENTICATE" and len(rest) == 1:
                    client.sendall(b"+ \r\n")
                    said.append(next(lines).strip())
                if verb == b"CAPABILITY":
                    client.sendall(b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\n")
                if verb == b"LOGOUT":
                    client.sendall(b"* BYE\r\n")
                client.sendall(tag + b" OK done\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        settings = one.settings.model_copy(update={"port": listener.getsockname()[1]})
        with ImapBox(settings, tmp_path):
            pass
        thread.join()
    sent = b"".join(said)
    assert base64.b64encode(b"user=cnse\x01auth=Bearer jeton\x01\x01") in sent


def test_stop_without_start(reception: Reception, tmp_path: Path) -> None:
    one = watcher(reception, 1, tmp_path)
    one.stop()
    assert one.scans == 0


def test_a_server_without_move_nor_uidplus_keeps_its_mail(
    server: Dovecot, reception: Reception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(mail("one"))
    one = watcher(reception, server.port, tmp_path)
    with ImapBox(one.settings, tmp_path) as box:
        monkeypatch.setattr(box._client, "has_capability", lambda name: name not in {"MOVE", "UIDPLUS"})
        assert one.scan(box) == 1
        assert one.scan(box) == 0
        assert len(server.messages()) == 1
        monkeypatch.setattr(box._client, "has_capability", lambda name: name != "MOVE")
        assert one.scan(box) == 0
    assert server.messages() == []
    assert server.messages(PROCESSED) == [mail("one")]


def test_a_full_or_forbidden_processed_folder_is_tried_again(
    server: Dovecot, reception: Reception, tmp_path: Path
) -> None:
    server.append(mail("one"))
    one = watcher(reception, server.port, tmp_path, processed_folder="INBOX/*/%")
    assert scanned(one, tmp_path) == 1
    assert one.scans == 1
    assert len(server.messages()) + len(server.messages("INBOX.*.%")) == 1
