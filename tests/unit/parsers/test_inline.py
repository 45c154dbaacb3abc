"""Files written in the text of a mail, PGP named, and mails whose lines end by a lone CR."""

from __future__ import annotations

import binascii

import pytest

from parsers.inline import pgp, take_out
from parsers.mime import line_ends, parse
from parsers.smime.model import Signature
from parsers.unpack import Unpacked, unpack
from tests.builders import mime, smime
from tests.builders.mime import Attachment
from tests.builders.secure import ENTITY, authority, mail, read, sender

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 20 + b"\n%%EOF\n"


def uu(content: bytes, name: str = "rapport.pdf", end: str = "`\nend\n") -> str:
    lines = (binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))
    return f"begin 644 {name}\n" + b"".join(lines).decode() + end


def opened(text: str) -> Unpacked:
    raw = b"From: a@b.example\r\nSubject: x\r\n\r\n" + text.replace("\n", "\r\n").encode()
    return unpack(raw, raw)


@pytest.mark.parametrize("end", ["`\nend\n", " \nend\n", "end\n", "\nend\n"])
def test_a_file_written_in_the_text(end: str) -> None:
    found = opened(f"Bonjour,\n\n{uu(PDF, end=end)}\nCordialement\n")
    text, pdf = found.found
    assert (pdf.name, pdf.media_type, pdf.content) == ("rapport.pdf", "application/pdf", PDF)
    assert "begin" not in text.content.decode()
    assert found.message.body.split() == ["Bonjour,", "Cordialement"]


def test_two_files_and_names_that_are_no_paths() -> None:
    found = opened(uu(PDF, "../../etc/a.pdf") + "\n" + uu(PDF + b"2", "C:\\b.pdf")).found
    assert [each.name for each in found] == ["a.pdf", "b.pdf"]
    assert [each.path for each in found] == ["a.pdf", "b.pdf"]


@pytest.mark.parametrize(
    "text",
    [
        "begin 644 le dossier\nDemain.\n",
        "Il faut begin 644 a.pdf\nend\n",
        uu(PDF, end=""),
        "begin 644 a.pdf\nend\n",
        "begin 999 a.pdf\n#0V%T\n`\nend\n",
    ],
)
def test_a_sentence_stays_a_sentence(text: str) -> None:
    assert take_out(text.encode()) == (text.encode(), ())
    assert len(opened(text).found) == 1


def test_many_files_are_counted() -> None:
    many = "".join(uu(b"x", f"{n}.txt") for n in range(30))
    assert len(take_out(many.encode())[1]) == 20


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("MESSAGE", "message"),
        ("SIGNATURE", "signature"),
        ("SIGNED MESSAGE", "signed"),
        ("PUBLIC KEY BLOCK", "key"),
        ("PRIVATE KEY BLOCK", "key"),
        ("SOMETHING", None),
    ],
)
def test_armour(label: str, kind: str | None) -> None:
    assert pgp(f"\n-----BEGIN PGP {label}-----\n\nabc\n".encode()) == kind
    assert pgp(b"Bonjour") is None


def test_pgp_in_the_text_is_named() -> None:
    text, closed = opened("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n").found
    assert text.body
    assert "chiffrée par PGP" in (closed.trouble or "")
    signed = opened("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nBonjour\n").message
    assert "signature PGP" in " ".join(signed.troubles)


def test_pgp_mime_is_named_once() -> None:
    attachments = [
        Attachment("version.asc", b"Version: 1\n", "application/pgp-encrypted"),
        Attachment("encrypted.asc", b"-----BEGIN PGP MESSAGE-----\n\nhQ\n", "application/octet-stream"),
        Attachment("signature.asc", b"-----BEGIN PGP SIGNATURE-----\n\niQ\n", "application/pgp-signature"),
    ]
    raw = mime.message(attachments)
    found = unpack(raw, raw).found[-3:]
    assert [each.meta.get("role") for each in found] == ["signature", None, "signature"]
    assert ["chiffrée par PGP" in (each.trouble or "") for each in found] == [False, True, False]


def test_lines_ended_by_a_lone_cr() -> None:
    raw = mime.message([Attachment("a.pdf", b"%PDF-1.4 x")], subject="Attestation")
    old = raw.replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    assert b"\n" not in old
    ours, theirs = unpack(old, old), unpack(raw, raw)
    assert ours.message.subject == theirs.message.subject == "Attestation"
    assert [f.content for f in ours.found][-1] == [f.content for f in theirs.found][-1]
    assert parse(old).header("from") == parse(raw).header("from")


def test_a_single_lf_makes_every_cr_content() -> None:
    mixed = b"Subject: a\rFrom: x@y.example\n\nBonjour\r\n"
    assert line_ends(mixed) == mixed
    assert line_ends(b"") == b""
    assert line_ends(b"a\rb") == b"a\r\nb"


def test_a_signed_mail_of_lone_crs_is_judged() -> None:
    raw = mail(smime.sign(ENTITY, sender().identity, chain=authority().chain))
    old = raw.replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    assert read(old).security.signature is Signature.VALID
    assert read(old.replace(b"Bonjour", b"Bonsoir")).security.signature is Signature.INVALID
