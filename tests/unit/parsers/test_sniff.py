from __future__ import annotations

import pytest

from parsers import sniff
from tests.builders import cda, outlook
from tests.builders.xdm import zipped


@pytest.mark.parametrize(
    ("content", "name", "declared", "expected"),
    [
        (b"%PDF-1.7\n", "photo.jpg", "image/jpeg", "application/pdf"),
        (b"\r\n\x00bruit%PDF-1.4", "", "", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "scan.pdf", "application/pdf", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "", "", "image/png"),
        (b"II*\x00", "", "", "image/tiff"),
        (b"MM\x00*", "", "", "image/tiff"),
        (b"\x00\x00\x00\x18ftypheic\x00", "", "", "image/heic"),
        (b"7z\xbc\xaf\x27\x1c\x00", "", "", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07\x01", "", "", "application/vnd.rar"),
        (b"MZ\x90", "facture.pdf", "application/pdf", "application/vnd.microsoft.portable-executable"),
        (b"\x78\x9f\x3e\x22\x00", "winmail.dat", "", sniff.TNEF),
        (b"<!DOCTYPE html><html>", "", "", "text/html"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "", "", "application/xml"),
        (b"From: a@b.fr\r\nSubject: x\r\n\r\ny", "lettre.eml", "", "message/rfc822"),
        (b"From: a@b.fr\r\nSubject: x\r\n\r\ny", "", "text/plain", "text/plain"),
        ("Bonjour, é".encode(), "", "", "text/plain"),
        (b"a;b\n1;2", "liste.csv", "", "text/csv"),
        (b"BEGIN:VCALENDAR", "", "text/calendar", "text/calendar"),
        (b"BM avec du texte ordinaire", "", "", "text/plain"),
        (b"\x00\x01\x02\x03\x04", "x.txt", "text/plain", "application/octet-stream"),
        (b"", "", "", "application/octet-stream"),
    ],
)
def test_media_types(content: bytes, name: str, declared: str, expected: str) -> None:
    assert sniff.sniff(content, name, declared) == expected


def test_containers() -> None:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert sniff.sniff(zipped([("word/document.xml", b"<a/>")]), "x.zip") == word
    assert sniff.sniff(zipped([("a.pdf", b"%PDF-1.4")]), "x.pdf") == sniff.ZIP
    assert sniff.sniff(cda.document(pdf=b"%PDF-1.4"), "x.xml") == sniff.CDA
    assert sniff.sniff(cda.document(sections=[("Motif", "x")]), "x.txt") == sniff.CDA
    assert sniff.sniff(outlook.msg("s", "b", "a@b.fr", ()), "x") == sniff.OUTLOOK
    assert sniff.sniff(outlook.compound({"WordDocument": b"x"}), "x.doc") == "application/msword"
    assert sniff.sniff(outlook.tnef("s", "b", [("a.pdf", b"%PDF-1.4")])) == sniff.TNEF


def test_cryptographic_messages() -> None:
    data = bytes.fromhex("308006092a864886f70d010703a080")
    assert sniff.sniff(data, "smime.p7m") == sniff.PKCS7_MIME
    assert sniff.sniff(data, "smime.p7s") == sniff.PKCS7_SIGNATURE
