"""What each answer of the outgoing server means for the letter, and what is asked of it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import SystemClock
from gateway.outbound.send import Permanent, SendError, Smarthost, Temporary, Unanswered
from gateway.settings import Outgoing
from tests.worlds.ports import free_port
from tests.worlds.reception import write_tls
from tests.worlds.smtp_peer import SmtpPeer

BOX = "cnse-admin@caisse.example"
HOSPITAL = "bureau@hopital.example"
LETTER = b"Subject: Accus\r\n\r\n.Bonjour\r\n..\r\n"


def smarthost(port: int, root: Path = Path(), **settings: Any) -> Smarthost:
    return Smarthost(Outgoing.model_validate({"port": port, **settings}), root)


@pytest.fixture
def server_tls(tmp_path: Path) -> ssl.SSLContext:
    write_tls(tmp_path, SystemClock().now())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    return context


def test_the_letter_leaves_byte_for_byte_with_reports_asked_for() -> None:
    with SmtpPeer() as peer:
        sent = smarthost(peer.port).send(LETTER, BOX, HOSPITAL, "lettre+1")
    assert sent.reply == "250 2.0.0 queued as 42"
    assert sent.reported
    (message,) = peer.messages
    assert message.content == LETTER
    assert message.commands[1:3] == [
        f"mail FROM:<{BOX}> SIZE={len(LETTER)} RET=HDRS ENVID=lettre+2B1",
        f"rcpt TO:<{HOSPITAL}> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{HOSPITAL}",
    ]


@pytest.mark.parametrize(
    ("notify", "asked"), [((), "NEVER"), (("failure",), "FAILURE"), (("failure", "delay"), "FAILURE,DELAY")]
)
def test_reports_are_asked_as_the_settings_say(notify: tuple[str, ...], asked: str) -> None:
    with SmtpPeer() as peer:
        sent = smarthost(peer.port, notify=notify, report_content="full").send(LETTER, BOX, HOSPITAL, "x")
    mail, rcpt = peer.messages[0].commands[1:3]
    assert f" NOTIFY={asked} " in rcpt
    assert " RET=FULL " in mail
    assert sent.reported is bool(notify)


def test_without_extensions_the_commands_are_bare() -> None:
    with SmtpPeer(features=()) as peer:
        sent = smarthost(peer.port).send(LETTER, BOX, HOSPITAL, "lettre-1")
    assert not sent.reported
    assert peer.messages[0].commands[1:3] == [f"mail FROM:<{BOX}>", f"rcpt TO:<{HOSPITAL}>"]


def test_a_null_reverse_path_asks_for_no_report() -> None:
    with SmtpPeer() as peer:
        assert not smarthost(peer.port).send(LETTER, "", HOSPITAL, "x").reported
    assert peer.messages[0].commands[1].startswith("mail FROM:<>")
    assert "RET" not in peer.messages[0].commands[1]


@pytest.mark.parametrize(
    ("answers", "hang_up", "error", "reply"),
    [
        ({"RCPT": "550 5.1.1 no such user"}, (), Permanent, "550 5.1.1 no such user"),
        ({"MAIL": "553 5.1.8 bad sender"}, (), Permanent, "553"),
        ({"END": "554 5.6.0 not this"}, (), Permanent, "554"),
        ({"DATA": "554 no"}, (), Permanent, "554"),
        ({"RCPT": "450 4.2.0 later"}, (), Temporary, "450 4.2.0 later"),
        ({"END": "452 4.3.1 full"}, (), Temporary, "452"),
        ({"CONNECT": "554 not here"}, (), Temporary, "554"),
        ({"CONNECT": "421 busy"}, (), Temporary, "421"),
        ({"EHLO": "550 no", "HELO": "550 no"}, (), Temporary, "550"),
        ({}, ("CONNECT",), Temporary, "SMTPServerDisconnected"),
        ({}, ("RCPT",), Temporary, "SMTPServerDisconnected"),
        ({}, ("END",), Temporary, "SMTPServerDisconnected"),
    ],
)
def test_what_an_answer_means(
    answers: dict[str, str], hang_up: tuple[str, ...], error: type[SendError], reply: str
) -> None:
    with SmtpPeer(answers, hang_up=hang_up) as peer, pytest.raises(error) as refused:
        smarthost(peer.port).send(LETTER, BOX, HOSPITAL)
    assert refused.value.reply.startswith(reply)
    assert "gardée" in refused.value.public
    assert peer.messages == []


@pytest.mark.parametrize("silent", [{"hang_up": ("END",)}, {"mute": ("END",)}], ids=["cut", "mute"])
def test_without_an_answer_to_the_whole_content_nobody_knows(silent: dict[str, Any]) -> None:
    with SmtpPeer(**silent) as peer, pytest.raises(Unanswered):
        smarthost(peer.port, final_seconds=0.2).send(LETTER, BOX, HOSPITAL)


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_server_that_says_nothing_before_the_content_has_no_letter(verb: str) -> None:
    with SmtpPeer(mute=(verb,)) as peer, pytest.raises(Temporary) as late:
        smarthost(peer.port, reply_seconds=0.2).send(LETTER, BOX, HOSPITAL)
    assert not isinstance(late.value, Unanswered)
    assert peer.messages == []


def test_a_server_that_speaks_drop_by_drop_is_cut() -> None:
    """Each line comes in time and the reply never ends: the whole attempt has a limit of its own."""
    with SmtpPeer(endless=("EHLO",)) as peer, pytest.raises(Temporary):
        smarthost(peer.port, attempt_seconds=0.3).send(LETTER, BOX, HOSPITAL)


@pytest.mark.parametrize(
    ("answers", "about"),
    [({"RCPT": "550 5.1.1 no"}, "recipient"), ({"MAIL": "550 5.1.8 no"}, ""), ({"END": "554 no"}, "")],
)
def test_a_refusal_says_whether_it_is_about_the_recipient(answers: dict[str, str], about: str) -> None:
    with SmtpPeer(answers) as peer, pytest.raises(Permanent) as refused:
        smarthost(peer.port).send(LETTER, BOX, HOSPITAL)
    assert refused.value.about == about


def test_nobody_there_is_temporary() -> None:
    with pytest.raises(Temporary):
        smarthost(free_port()).send(LETTER, BOX, HOSPITAL)


def test_a_server_that_leaves_without_goodbye_has_taken_the_letter() -> None:
    with SmtpPeer(hang_up=("QUIT",)) as peer:
        assert smarthost(peer.port).send(LETTER, BOX, HOSPITAL).reply.startswith("250")


@pytest.mark.parametrize(
    ("features", "raw", "recipient", "reply"),
    [
        ((), b"\xc3\xa9\r\n", HOSPITAL, "554 5.6.3"),
        (("8BITMIME",), b"x\r\n", "é@hopital.example", "550 5.6.7"),
        (("SIZE 10",), LETTER, HOSPITAL, "552"),
        ((), b"lone\nbreak\r\n", HOSPITAL, "lone CR or LF"),
        ((), b"x\r\n.\r", HOSPITAL, "lone CR or LF"),
        ((), LETTER, "a@b.example>\r\nRCPT TO:<c@d.example", "address refused"),
    ],
)
def test_what_cannot_be_sent_as_it_is(
    features: tuple[str, ...], raw: bytes, recipient: str, reply: str
) -> None:
    with SmtpPeer(features=features) as peer, pytest.raises(Permanent) as refused:
        smarthost(peer.port).send(raw, BOX, recipient)
    assert refused.value.reply.startswith(reply)
    assert peer.messages == []
    assert not any(command.startswith("RCPT") for command in peer.commands)


def test_international_letter() -> None:
    with SmtpPeer() as peer:
        smarthost(peer.port).send(b"\xc3\xa9\r\n", BOX, "éloïse@hopital.example")
    assert "BODY=8BITMIME" in peer.messages[0].commands[1]
    assert "SMTPUTF8" in peer.messages[0].commands[1]
    assert "éloïse" in peer.messages[0].commands[2]


def test_opportunistic_tls_is_used_when_offered(server_tls: ssl.SSLContext) -> None:
    with SmtpPeer(tls=server_tls) as peer:
        smarthost(peer.port).send(LETTER, BOX, HOSPITAL)
        smarthost(peer.port, starttls="never").send(LETTER, BOX, HOSPITAL)
    assert [message.tls for message in peer.messages] == [True, False]


def test_required_tls_is_verified_and_never_given_up(server_tls: ssl.SSLContext) -> None:
    with SmtpPeer(tls=server_tls) as peer, pytest.raises(Temporary, match="elle est gardée") as unknown:
        smarthost(peer.port, starttls="required").send(LETTER, BOX, HOSPITAL)
    assert "CERTIFICATE_VERIFY_FAILED" in unknown.value.reply
    with SmtpPeer() as plain, pytest.raises(Temporary):
        smarthost(plain.port, starttls="required").send(LETTER, BOX, HOSPITAL)
    assert peer.messages == plain.messages == []


def test_a_password_goes_over_tls_only(server_tls: ssl.SSLContext, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mot de passe\n")
    settings = {"username": "passerelle", "secret_file": "secret"}
    with SmtpPeer(tls=server_tls, features=("AUTH PLAIN",)) as peer:
        smarthost(peer.port, tmp_path, **settings).send(LETTER, BOX, HOSPITAL)
    assert any(command.startswith("AUTH PLAIN") for command in peer.commands)
    with SmtpPeer(features=("AUTH PLAIN",)) as plain, pytest.raises(Temporary) as refused:
        smarthost(plain.port, tmp_path, **settings).send(LETTER, BOX, HOSPITAL)
    assert "not sent in clear" in refused.value.reply
    assert not any(command.startswith("AUTH") for command in plain.commands)


def test_a_wrong_password_can_be_repaired(server_tls: ssl.SSLContext, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("faux")
    answers = {"AUTH": "535 5.7.8 no"}
    with SmtpPeer(answers, tls=server_tls, features=("AUTH PLAIN",)) as peer, pytest.raises(Temporary):
        smarthost(peer.port, tmp_path, username="u", secret_file="secret").send(LETTER, BOX, HOSPITAL)


def test_a_destination_that_requires_tls_waits_for_it_and_the_others_do_not() -> None:
    with SmtpPeer() as peer:
        host = Smarthost(Outgoing(port=peer.port, starttls="never"), Path(), ["secret.example"])
        with pytest.raises(Temporary):
            host.send(b"Subject: a\r\n\r\nb\r\n", "", "a@Secret.example")
        assert peer.messages == []
        host.send(b"Subject: a\r\n\r\nb\r\n", "", "a@autre.example")
        assert len(peer.messages) == 1
