"""Who and how much, before a message is taken."""

from __future__ import annotations

import pytest

from gateway.intake.screening import Announced, Refusal, Screen, announced

BOX = "cnse-admin@caisse.example"


def reply_of(refused: pytest.ExceptionInfo[Refusal]) -> str:
    reply = refused.value.reply
    assert reply.isascii(), "a client without SMTPUTF8 reads ASCII only"
    return reply[:9]


@pytest.mark.parametrize(
    ("argument", "address", "options"),
    [
        ("FROM:<a@b.example>", "a@b.example", {}),
        ("from: <a@b.example> size=12 BODY=8BITMIME", "a@b.example", {"SIZE": "12", "BODY": "8BITMIME"}),
        ("FROM:<>", "", {}),
        ("FROM:<@relay.example,@other.example:a@b.example>", "a@b.example", {}),
        ('FROM:<"a b\\" c"@b.example>', '"a b\\" c"@b.example', {}),
        ("FROM:<éloïse@hôpital.example> SMTPUTF8", "éloïse@hôpital.example", {"SMTPUTF8": ""}),
        ("FROM:<a+b=c@[192.0.2.1]>", "a+b=c@[192.0.2.1]", {}),
        ("FROM:<postmaster>", "postmaster", {}),
    ],
)
def test_announced(argument: str, address: str, options: dict[str, str]) -> None:
    assert announced(argument, "FROM:") == Announced(address, options)


@pytest.mark.parametrize(
    ("argument", "reply"),
    [
        (None, "501 5.5.4"),
        ("", "501 5.5.4"),
        ("TO:<a@b.example>", "501 5.5.4"),
        ("FROM:a@b.example", "553 5.1.3"),
        ("FROM:<a@b.example", "553 5.1.3"),
        ("FROM:<a b@c.example>", "553 5.1.3"),
        ("FROM:<a@b@c.example>", "553 5.1.3"),
        ("FROM:<a\x7fb@c.example>", "553 5.1.3"),
        (f"FROM:<{'a' * 330}@b.example>", "553 5.1.3"),
    ],
)
def test_not_announced(argument: str | None, reply: str) -> None:
    with pytest.raises(Refusal) as refused:
        announced(argument, "FROM:")
    assert reply_of(refused) == reply


@pytest.mark.parametrize(
    ("options", "reply"),
    [
        ({"SIZE": "1001"}, "552 5.3.4"),
        ({"SIZE": "9" * 30}, "501 5.5.4"),
        ({"SIZE": "-1"}, "501 5.5.4"),
        ({"SIZE": "²"}, "501 5.5.4"),
        ({"BODY": "BINARYMIME"}, "501 5.5.4"),
        ({"RET": "FULL"}, "555 5.5.4"),
        ({"SMTPUTF8": "1"}, "501 5.5.4"),
    ],
)
def test_sender_refused(options: dict[str, str], reply: str) -> None:
    with pytest.raises(Refusal) as refused:
        Screen([BOX], 1000).sender(Announced("a@b.example", options))
    assert reply_of(refused) == reply


def test_international_sender_needs_the_extension() -> None:
    screen = Screen([BOX], 1000)
    with pytest.raises(Refusal) as refused:
        screen.sender(Announced("é@b.example", {}))
    assert reply_of(refused) == "553 5.1.3"
    assert screen.sender(Announced("é@b.example", {"SMTPUTF8": ""}))
    assert not screen.sender(Announced("a@b.example", {"SIZE": "1000"}))


def test_recipient_is_a_configured_mailbox_whatever_its_case() -> None:
    screen = Screen([BOX], 1000)
    assert screen.recipient(Announced("CNSE-Admin@Caisse.Example", {}), []) == BOX


@pytest.mark.parametrize("address", ["", "postmaster", "x@caisse.example", "cnse-admin@elsewhere.example"])
def test_other_recipients_are_refused_in_french_and_english(address: str) -> None:
    with pytest.raises(Refusal, match=r"^550 5\.1\.1 Destinataire inconnu .* / Unknown recipient$"):
        Screen([BOX], 1000).recipient(Announced(address, {}), [])


def test_recipients_have_a_ceiling() -> None:
    with pytest.raises(Refusal) as refused:
        Screen([BOX], 1000).recipient(Announced(BOX, {}), [BOX] * 100)
    assert reply_of(refused) == "452 4.5.3"
