"""The bytes that leave, judged by the standard library's reader and by ``openssl cms``."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Literal

import pytest

from gateway.errors import Refused
from gateway.outbound.compose import Attached, Draft
from gateway.outbound.protect import Protection
from gateway.outbound.protect import protect as protected
from tests.builders import pki
from tests.builders.seen import AT, HOSPITAL, MAILBOX, circuit

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3
TEXT = (
    "Madame, Monsieur,\n\nReçu : l'attestation — « 12 € ».\n.\nFrom ici\n"
    + "long " * 60
    + "\nespace final \n"
)


def protect(*arguments: Any, **options: Any) -> bytes:
    return protected(*arguments, **options).raw


def _draft(**changes: object) -> Draft:
    mailbox = circuit().mailbox(MAILBOX)
    assert mailbox is not None
    made = Draft(
        circuit="essai",
        letter="accuse",
        mailbox=replace(mailbox, label="Pôle « conventions », Vannes"),
        recipient=HOSPITAL,
        subject="Accusé de réception du 23 novembre – dossier PSR-2026-00001 – à compléter",
        text=TEXT,
        message_id="<abc@cnse.example>",
        at=AT,
        delivery="a" * 64,
        attached=(Attached("cadre-1.png", PNG),),
        in_reply_to="<m1@chu.example>",
        references=("<m0@chu.example>", "<m1@chu.example>"),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def _read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_an_unsigned_letter_reads_back_whole() -> None:
    raw = protect(_draft(), None)
    message = _read(raw)
    assert message["Subject"].startswith("Accusé de réception du 23 novembre – dossier")
    assert message["From"].addresses[0].display_name == "Pôle « conventions », Vannes"
    assert (message["To"], message["Message-ID"]) == (HOSPITAL, "<abc@cnse.example>")
    assert message["Date"].datetime == AT
    assert (message["In-Reply-To"], message["References"]) == (
        "<m1@chu.example>",
        "<m0@chu.example> <m1@chu.example>",
    )
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    text, picture = message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(picture, EmailMessage)
    assert text.get_content_type() == "text/plain"
    assert text.get_content().replace("\r\n", "\n") == TEXT
    assert (picture.get_content_type(), picture.get_filename()) == ("image/png", "cadre-1.png")
    assert picture.get_content() == PNG
    assert message["MIME-Version"] == "1.0"
    assert [n for n, _ in message.items() if n == "MIME-Version"] == ["MIME-Version"]


@pytest.mark.parametrize("attached", [(), (Attached("cadre-1.png", PNG),)])
def test_lines_are_crlf_seven_bit_and_short(attached: tuple[Attached, ...]) -> None:
    identity = pki.create(AT).issue(MAILBOX).identity
    for raw in (protect(_draft(attached=attached), None), protect(_draft(attached=attached), identity)):
        assert raw.isascii()
        lines = raw.split(b"\r\n")
        assert all(b"\n" not in line and b"\r" not in line for line in lines)
        assert max(map(len, lines)) <= 998
        assert raw.endswith(b"\r\n")


def test_the_same_draft_gives_the_same_bytes() -> None:
    assert protect(_draft(), None) == protect(_draft(), None)


def test_a_reminder_asks_for_a_reading_receipt_an_answer_does_not() -> None:
    ours = _read(protect(_draft(answers=False), None))
    assert (ours["Auto-Submitted"], ours["Disposition-Notification-To"]) == ("auto-generated", MAILBOX)
    assert _read(protect(_draft(), None))["Disposition-Notification-To"] is None


def test_a_strangers_identifier_never_becomes_a_header() -> None:
    hostile = "<m@chu.example>\r\nBcc: victime@ailleurs.example"
    message = _read(
        protect(_draft(in_reply_to=hostile, references=(hostile, "<ok@chu.example>", "x y")), None)
    )
    assert message["Bcc"] is None
    assert message["References"] == "<ok@chu.example>"


@pytest.mark.parametrize("kind", ["rsa", "p256"])
@pytest.mark.parametrize("attached", [(), (Attached("cadre-1.png", PNG),)])
def test_openssl_verifies_the_signature_and_finds_the_text(
    tmp_path: Path, kind: str, attached: tuple[Attached, ...]
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    authority = pki.create(AT)
    issued = authority.issue(MAILBOX, kind=kind)
    raw = protect(_draft(attached=attached), issued.identity, authority.chain)
    (tmp_path / "mail.eml").write_bytes(raw)
    (tmp_path / "root.pem").write_bytes(authority.root.pem)

    def verify(name: str) -> subprocess.CompletedProcess[bytes]:
        when = str(int(AT.timestamp()))
        command = ["openssl", "cms", "-verify", "-in", name, "-CAfile", "root.pem", "-attime", when]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)

    judged = verify("mail.eml")
    assert judged.returncode == 0, judged.stderr
    inner = _read(judged.stdout)
    body = inner.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    assert body.get_content().replace("\r\n", "\n") == TEXT
    (tmp_path / "changed.eml").write_bytes(raw.replace(b"Madame", b"Madamf"))
    assert verify("changed.eml").returncode != 0


def test_a_certificate_out_of_its_dates_signs_nothing() -> None:
    authority = pki.create(AT)
    old = authority.issue(MAILBOX, not_before=AT - timedelta(days=90), not_after=AT - timedelta(days=1))
    assert protect(_draft(), old.identity) == protect(_draft(), None)


def test_a_key_that_cannot_sign_is_refused() -> None:
    with pytest.raises(Refused, match="courbe elliptique"):
        protect(_draft(), pki.create(AT).issue(MAILBOX, kind="ed25519").identity)


def test_an_address_is_never_encoded_and_a_name_is() -> None:
    domain = protect(_draft(recipient="bureau@hôpital.example", recipient_name="Hôpital du Léman"), None)
    heads = domain.partition(b"\r\n\r\n")[0]
    assert b"<bureau@xn--hpital-ixa.example>" in heads
    assert heads.isascii()
    assert _read(domain)["To"].addresses[0].display_name == "Hôpital du Léman"
    local = protect(_draft(recipient="rené@chu.example"), None)
    assert "To: rené@chu.example\r\n".encode() in local


def test_text_and_page_are_one_alternative() -> None:
    page = '<!DOCTYPE html><html lang="fr"><h1>Reçu</h1></html>'
    message = _read(protect(_draft(html=page, attached=()), None))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("kind", ["rsa", "p256"])
@pytest.mark.parametrize("cipher", ["aes256-cbc", "aes256-gcm"])
@pytest.mark.parametrize("transport", ["oaep", "pkcs1v15"])
def test_openssl_opens_what_is_encrypted_then_verifies_it(
    tmp_path: Path,
    kind: str,
    cipher: Literal["aes256-cbc", "aes256-gcm"],
    transport: Literal["oaep", "pkcs1v15"],
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    authority = pki.create(AT)
    issued, reader = authority.issue(MAILBOX, kind=kind), authority.issue(HOSPITAL, kind=kind)
    made = protected(
        _draft(), issued.identity, authority.chain, reader.der, cipher=cipher, transport=transport
    )
    assert made.protection is Protection.ENCRYPTED
    assert b"Madame" not in made.raw
    (tmp_path / "mail.eml").write_bytes(made.raw)
    (tmp_path / "root.pem").write_bytes(authority.root.pem)
    when = str(int(AT.timestamp()))
    for name, one in (("reader", reader), ("writer", issued)):
        (tmp_path / f"{name}.pem").write_bytes(one.pem)
        command = ["openssl", "cms", "-decrypt", "-in", "mail.eml", "-recip", f"{name}.pem"]
        opened = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        assert opened.returncode == 0, opened.stderr
        (tmp_path / "inner.eml").write_bytes(opened.stdout)
        command = ["openssl", "cms", "-verify", "-in", "inner.eml", "-CAfile", "root.pem", "-attime", when]
        judged = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        assert judged.returncode == 0, judged.stderr
        body = _read(judged.stdout).get_body(("plain",))
        assert isinstance(body, EmailMessage)
        assert body.get_content().replace("\r\n", "\n") == TEXT
