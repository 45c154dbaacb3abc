"""The listener: isolation, memory, sessions, TLS, faults below it, and real senders before it."""

from __future__ import annotations

import errno
import os
import resource
import smtplib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.errors import Unavailable
from gateway.intake.smtp import SmtpListener
from gateway.settings import Smtp
from storage.deliveries import Via
from tests.worlds import postfix
from tests.worlds.needed import needed
from tests.worlds.postfix import Postfix
from tests.worlds.reception import ADMINISTRATIVE, MAILBOXES, MEDICAL, RawClient, Reception, write_tls
from tests.worlds.smtp_peer import SmtpPeer
from tests.worlds.watched import reception

__all__ = ["reception"]

SENDER = "medecin@hopital.example"
RAW = b"Subject: SE 352\r\n\r\nBonjour\r\n"


@pytest.fixture
def listener(reception: Reception) -> Iterator[SmtpListener]:
    with reception.listening() as listener:
        yield listener


def greeted(client: RawClient) -> None:
    assert client.reply().startswith("220")
    assert client.ask("EHLO mta.hopital.example").startswith("250")


def deliver(client: RawClient, raw: bytes, mailbox: str = ADMINISTRATIVE) -> str:
    """One message as far as the answer to its end."""
    assert client.ask(f"MAIL FROM:<{SENDER}>").startswith("250")
    assert client.ask(f"RCPT TO:<{mailbox}>").startswith("250")
    assert client.ask("DATA").startswith("354")
    client.say(raw + b".\r\n")
    return client.reply()


def test_the_arrival_says_how_the_mail_came(reception: Reception, listener: SmtpListener) -> None:
    with smtplib.SMTP("127.0.0.1", listener.port) as client:
        assert client.sendmail(SENDER, [ADMINISTRATIVE, MEDICAL], RAW) == {}
    assert reception.raws() == [RAW]
    assert [(a.via, a.mailbox, a.envelope_from) for a in reception.arrivals()] == [
        (Via.SMTP, ADMINISTRATIVE, SENDER),
        (Via.SMTP, MEDICAL, SENDER),
    ]
    assert all(a.peer.startswith("127.0.0.1:") for a in reception.arrivals())
    assert all(a.recipients == list(MAILBOXES) for a in reception.arrivals())


def test_the_bytes_kept_are_the_bytes_sent_at_every_size(
    reception: Reception, listener: SmtpListener
) -> None:
    sizes = [0, 1, 127, 128 * 1024, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 1_000_000]
    sent = {b"%d\r\n" % size + b".x\r\n" + b"y" * size + b"\r\n" for size in sizes}
    with smtplib.SMTP("127.0.0.1", listener.port) as client:
        for raw in sent:
            client.sendmail(SENDER, [ADMINISTRATIVE], raw)
    assert set(reception.raws()) == sent


@pytest.mark.parametrize(
    ("code", "size", "answer"),
    [
        (errno.ENOSPC, 10, "452 4.3.1"),
        (errno.ENOSPC, 600_000, "452 4.3.1"),
        (errno.EROFS, 10, "451 4.3.0"),
        (errno.EIO, 600_000, "451 4.3.0"),
    ],
)
def test_a_disk_that_fails_is_told_and_forgotten(
    reception: Reception,
    listener: SmtpListener,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    size: int,
    answer: str,
) -> None:
    def failing(_descriptor: int, _data: object) -> int:
        raise OSError(code, os.strerror(code))

    with RawClient(listener.port) as client:
        greeted(client)
        with monkeypatch.context() as broken:
            broken.setattr(os, "write", failing)
            assert deliver(client, b"x" * size + b"\r\n").startswith(answer)
        assert reception.deliveries() == []
        assert deliver(client, RAW).startswith("250")
    assert reception.raws() == [RAW]
    kept = [path for path in reception.vault.folder.rglob("*") if path.is_file() and path.name != ".lock"]
    assert len(kept) == 1


def test_a_database_that_went_away(reception: Reception, listener: SmtpListener, tmp_path: Path) -> None:
    path = Path(str(reception.database.engine.url.database))
    with RawClient(listener.port) as client:
        greeted(client)
        reception.database.close()
        path.rename(tmp_path / "hidden")
        path.mkdir()
        assert deliver(client, RAW).startswith("451 4.3.0")
        path.rmdir()
        (tmp_path / "hidden").rename(path)
        assert deliver(client, RAW).startswith("250")
    assert len(reception.deliveries()) == 1


def test_sessions_have_a_ceiling(reception: Reception) -> None:
    with (
        reception.listening(Smtp(port=0, max_sessions=2)) as listener,
        RawClient(listener.port) as one,
        RawClient(listener.port) as two,
    ):
        greeted(one)
        greeted(two)
        with RawClient(listener.port) as three:
            assert three.reply().startswith("421 4.7.0")
            assert three.reply() == ""
        assert one.ask("QUIT").startswith("221")
        assert one.reply() == ""
        assert deliver(two, RAW).startswith("250")


def test_a_silent_client_is_sent_away(reception: Reception) -> None:
    settings = Smtp(port=0, idle_seconds=1)
    with reception.listening(settings) as listener, RawClient(listener.port) as client:
        assert client.reply().startswith("220")
        assert client.reply().startswith("421 4.4.2")
        assert client.reply() == ""


def test_a_message_that_never_ends_runs_out_of_time(reception: Reception) -> None:
    settings = Smtp(port=0, data_seconds=1)
    with reception.listening(settings) as listener, RawClient(listener.port) as client:
        greeted(client)
        client.ask(f"MAIL FROM:<{SENDER}>")
        client.ask(f"RCPT TO:<{ADMINISTRATIVE}>")
        assert client.ask("DATA").startswith("354")
        client.say(b"x" * 400_000)
        assert client.reply().startswith("421 4.4.2")
    assert reception.deliveries() == []
    assert list(reception.vault.list()) == []


def test_stopping_lets_a_message_reach_its_answer(reception: Reception) -> None:
    listener = SmtpListener(Smtp(port=0), reception.door(), MAILBOXES)
    listener.start()
    with RawClient(listener.port) as busy, RawClient(listener.port) as idle:
        greeted(busy)
        greeted(idle)
        busy.ask(f"MAIL FROM:<{SENDER}>")
        busy.ask(f"RCPT TO:<{ADMINISTRATIVE}>")
        assert busy.ask("DATA").startswith("354")
        stopper = threading.Thread(target=listener.stop)
        stopper.start()
        assert idle.reply().startswith("421 4.3.2")
        busy.say(RAW + b".\r\n")
        assert busy.reply().startswith("250")
        assert busy.reply().startswith("421 4.3.2")
        stopper.join()
    assert reception.raws() == [RAW]
    listener.stop()


def test_a_port_that_is_taken(reception: Reception, listener: SmtpListener) -> None:
    other = SmtpListener(Smtp(port=listener.port), reception.door(), MAILBOXES)
    with pytest.raises(Unavailable, match="n'est pas libre"):
        other.start()


def test_client_certificate_is_checked_and_told(reception: Reception, tmp_path: Path) -> None:
    write_tls(tmp_path, SystemClock().now())
    server = Path("server.pem")
    settings = Smtp(port=0, certificate=server, client_ca=Path("ca.pem"), require_starttls=True)
    context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    without = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    without.maximum_version = ssl.TLSVersion.TLSv1_2  # in 1.3 the client hears of it only later
    with reception.listening(settings, tmp_path) as listener:
        with RawClient(listener.port) as client:
            greeted(client)
            assert client.ask("STARTTLS").startswith("220")
            with pytest.raises(OSError):  # noqa: PT011 (the alert, or the hang-up behind it)
                client.secure(without)
        context.load_cert_chain(tmp_path / "client.pem")
        with RawClient(listener.port) as client:
            greeted(client)
            assert client.ask("STARTTLS").startswith("220")
            client.secure(context)
            assert client.ask("EHLO mta.hopital.example").startswith("250")
            assert deliver(client, RAW).startswith("250")
    (arrival,) = reception.arrivals()
    assert "TLSv1.3" in arrival.peer
    assert "mta.hopital.example" in arrival.peer


def test_fifty_large_messages_together_stay_small_in_memory(reception: Reception) -> None:
    reception.max_bytes = 30_000_000
    line = b"A" * 76 + b"\r\n"
    body = line * 3800
    with reception.listening(Smtp(port=0)) as listener:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        def send(number: int) -> str:
            with RawClient(listener.port) as client:
                greeted(client)
                client.ask(f"MAIL FROM:<{SENDER}>")
                client.ask(f"RCPT TO:<{ADMINISTRATIVE}>")
                client.ask("DATA")
                client.say(b"Subject: %d\r\n\r\n" % number)
                for _ in range(20):
                    client.say(body)
                client.say(b".\r\n")
                return client.reply()

        answers: list[str] = []
        threads = [
            threading.Thread(target=lambda n=number: answers.append(send(n))) for number in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [answer[:3] for answer in answers] == ["250"] * 20
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 20 * 3_000_000, "twenty messages of 6 MB must not sit in memory"
    assert len(reception.deliveries()) == 20


@pytest.mark.postfix
@pytest.mark.parametrize("lmtp", [False, True], ids=["smtp", "lmtp"])
def test_a_real_postfix_relays_to_us(reception: Reception, lmtp: bool) -> None:
    needed(postfix.missing())
    settings = Smtp(port=0, protocol="lmtp" if lmtp else "smtp")
    with reception.listening(settings) as listener, Postfix(listener.port, lmtp=lmtp) as relay:
        with smtplib.SMTP("127.0.0.1", relay.port) as client:
            client.sendmail(SENDER, [ADMINISTRATIVE, MEDICAL], RAW)
        relay.wait_for("status=sent", 2)
    assert len(reception.deliveries()) == 1
    assert sorted(a.mailbox for a in reception.arrivals()) == sorted(MAILBOXES)
    assert reception.raws()[0].endswith(b"\r\n\r\nBonjour\r\n")
    assert b"Received: " in reception.raws()[0], "the relay's trace, not ours"
    assert reception.raws()[0].count(b"Received: ") == 1


@pytest.mark.postfix
def test_a_bounce_of_our_own_letter_comes_back_as_a_real_report(reception: Reception) -> None:
    needed(postfix.missing())
    letter = b"Message-ID: <lettre-1@caisse.example>\r\nSubject: Accus\r\n\r\nx\r\n"
    with (
        reception.listening() as listener,
        SmtpPeer({"RCPT": "550 5.1.1 no such user"}) as hospital,
        Postfix(listener.port, routes={"hopital.example": hospital.port}) as relay,
    ):
        with smtplib.SMTP("127.0.0.1", relay.port) as client:
            client.ehlo()
            client.mail(ADMINISTRATIVE, ["RET=HDRS", "ENVID=lettre-1"])
            client.rcpt("inconnu@hopital.example", ["NOTIFY=SUCCESS,FAILURE,DELAY"])
            client.data(letter)
        relay.wait_for("status=sent", 1)
    (raw,) = reception.raws()
    (arrival,) = reception.arrivals()
    assert (arrival.mailbox, arrival.envelope_from) == (ADMINISTRATIVE, "")
    for expected in (
        b"report-type=delivery-status",
        b"Original-Envelope-Id: lettre-1",
        b"Action: failed",
        b"Status: 5.1.1",
        b"Message-ID: <lettre-1@caisse.example>",
    ):
        assert expected in raw
