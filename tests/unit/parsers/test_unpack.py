from __future__ import annotations

import base64
import io
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter
from pypdf import PdfWriter

from parsers.errors import TooLarge
from parsers.facts import Source
from parsers.limits import Limits
from parsers.unpack import Found, Unpacked, unpack
from tests.builders import cda, mime, outlook, xdm
from tests.builders.mime import Attachment

PDF = b"%PDF-1.4\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


def opened(raw: bytes, limits: Limits | None = None) -> Unpacked:
    return unpack(raw, raw, limits or Limits())


def found(raw: bytes) -> dict[str, Found]:
    return {each.path: each for each in opened(raw).found}


def test_header_of_the_message() -> None:
    raw = mime.message(
        headers=(
            "Cc: Autre@X.fr",
            "In-Reply-To: <avant@x.fr>",
            "References: <a@x.fr> <avant@x.fr>",
            "Return-Path: <Retour@X.fr>",
            "Disposition-Notification-To: <accuse@x.fr>",
        ),
        subject="=?utf-8?q?Demande_=C3=A9t=C3=A9?=",
    )
    message = opened(raw).message
    assert message.kind == "mail"
    assert message.message_id == "<essai-1@hopital.example>"
    assert message.sender == "service@hopital.example"
    assert message.senders == ("service@hopital.example",)
    assert message.recipients == ("cnse@passerelle.example", "autre@x.fr")
    assert message.subject == "Demande été"
    assert message.date == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert message.in_reply_to == "<avant@x.fr>"
    assert message.references == ("<a@x.fr>", "<avant@x.fr>")
    assert message.return_path == "retour@x.fr"
    assert message.disposition_notification_to == "accuse@x.fr"
    assert (message.auto_submitted, message.bulk, message.report, message.troubles) == (
        False,
        False,
        None,
        (),
    )
    assert message.body.startswith("Bonjour,")


def test_empty_mail() -> None:
    unpacked = opened(b"")
    assert unpacked.found == ()
    assert unpacked.message.sender is None
    assert unpacked.message.body == ""
    assert unpacked.message.troubles == ("Le message ne porte aucune adresse d'expéditeur lisible.",)


@pytest.mark.parametrize("sender", ["a@b.fr, c@d.fr", "a@b.fr\r\nFrom: c@d.fr"])
def test_two_senders_are_told(sender: str) -> None:
    message = opened(mime.message(sender=sender)).message
    assert message.senders == ("a@b.fr", "c@d.fr")
    assert "plusieurs expéditeurs" in message.troubles[0]


@pytest.mark.parametrize("recipient", ["<>", '<"">', ""])
def test_empty_recipient(recipient: str) -> None:
    assert opened(mime.message(recipient=recipient)).message.recipients == ()


@pytest.mark.parametrize(
    ("headers", "automatic", "bulk"),
    [
        (("Auto-Submitted: auto-generated",), True, False),
        (("Auto-Submitted: no",), False, False),
        (("Precedence: bulk",), False, True),
        (("List-Id: <liste.x.fr>",), False, True),
    ],
)
def test_machines_and_lists(headers: tuple[str, ...], automatic: bool, bulk: bool) -> None:
    message = opened(mime.message(headers=headers)).message
    assert (message.auto_submitted, message.bulk) == (automatic, bulk)


def test_empty_return_path_is_not_an_absent_one() -> None:
    assert opened(mime.message(headers=("Return-Path: <>",))).message.return_path == ""
    assert opened(mime.message()).message.return_path is None


def test_a_receipt_is_no_mail() -> None:
    message = opened(mime.message(subject="[KO Intégration système !][902] XDM/1.0/DDM+X")).message
    assert message.kind == "read-receipt"
    assert message.report is not None
    assert message.report.error_code == "902"
    assert message.auto_submitted


def test_body_is_a_document_of_its_own() -> None:
    files = opened(mime.message([Attachment("301.pdf", PDF)])).found
    assert [(each.path, each.media_type, each.body) for each in files] == [
        ("message.txt", "text/plain", True),
        ("301.pdf", "application/pdf", False),
    ]


def test_html_alone_is_stripped() -> None:
    head = b"From: a@b.fr\nContent-Type: text/html; charset=utf-8\n\n"
    raw = head + b"<p>Bonjour</p><script>x</script><p>Madame</p>"
    assert opened(raw).message.body == "Bonjour\n\nMadame"


def alternative(plain: str) -> bytes:
    return (
        "From: a@b.fr\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain\n\n"
        f"{plain}\n--c\nContent-Type: multipart/related; boundary=d\n\n--d\nContent-Type: text/html\n\n"
        '<p>Riche</p><img src="cid:logo@1">\n--d\nContent-Type: image/png\nContent-ID: <Logo@1>\n'
        f"Content-Transfer-Encoding: base64\n\n{base64.b64encode(PNG).decode()}\n--d\n"
        f"Content-Type: application/pdf; name=joint.pdf\n\n{PDF.decode()}\n--d--\n--c--\n"
    ).encode()


@pytest.mark.parametrize(("plain", "expected"), [("Simple", "Simple"), ("  ", "Riche")])
def test_one_text_of_an_alternative_and_every_attachment(plain: str, expected: str) -> None:
    unpacked = opened(alternative(plain))
    assert unpacked.message.body.strip() == expected
    assert [(each.media_type, each.meta.get("role")) for each in unpacked.found[1:]] == [
        ("image/png", "inline"),
        ("application/pdf", None),
    ]


def test_a_large_inline_image_may_be_a_scan() -> None:
    raw = alternative("x").replace(base64.b64encode(PNG), base64.b64encode(PNG + b"\x01" * 100_000))
    assert "role" not in opened(raw).found[1].meta


def test_nested_messages_are_opened() -> None:
    inner = mime.message([Attachment("dedans.pdf", PDF)], subject="Transmis", body="Texte interne")
    part = ("Content-Type: message/rfc822",)
    raw = mime.message([Attachment("", inner, headers=part)])
    files = found(raw)
    assert list(files) == ["message.txt", "Transmis.eml/message.txt", "Transmis.eml/dedans.pdf"]
    text = files["Transmis.eml/message.txt"]
    assert not text.body
    assert text.meta["subject"] == "Transmis"
    assert list(found(mime.message([Attachment("lettre.eml", inner)])))[1:] == [
        "lettre.eml/message.txt",
        "lettre.eml/dedans.pdf",
    ]


def test_zip_in_zip() -> None:
    inner = xdm.zipped([("a.pdf", PDF)])
    files = found(mime.message([Attachment("x.zip", xdm.zipped([("y.zip", inner), ("b.txt", b"texte")]))]))
    assert list(files)[1:] == ["x.zip/y.zip/a.pdf", "x.zip/b.txt"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00", "7z"),
        ("a.rar", b"Rar!\x1a\x07\x01", "RAR"),
        ("a.exe", b"MZ\x90\x00", "programme"),
        ("a.zip", b"PK\x03\x04abime", "abîmée"),
        ("a.zip", xdm.zipped([("../x", b"1")]), "dangereux"),
        ("a.zip", xdm.zipped([("bombe", b"\x00" * 20_000_000)]), "anormale"),
        ("a.zip", xdm.zipped([]), "vide"),
        ("a.xml", b"<?xml version='1.0'?><ClinicalDocument xmlns='urn:hl7-org:v3'>", "abîmé"),
        (
            "a.msg",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "__properties_version1.0".encode("utf-16-le"),
            "Outlook",
        ),
        ("a.pdf", b"", "vide"),
        ("a.pdf", b"bonjour", "format"),
        ("a.p7m", bytes.fromhex("308006092a864886f70d010703a080"), "chiffrée"),
    ],
)
def test_one_bad_attachment_never_hides_the_others(name: str, content: bytes, words: str) -> None:
    files = opened(mime.message([Attachment(name, content), Attachment("bon.pdf", PDF)])).found
    bad, good = files[1], files[-1]
    assert bad.trouble is not None
    assert words in bad.trouble
    assert bad.content == content
    assert (good.name, good.trouble, good.content) == ("bon.pdf", None, PDF)


def test_depth_parts_and_headers() -> None:
    (deep,) = opened(mime.nested(100)).found
    assert deep.trouble is not None
    assert "niveaux" in deep.trouble
    many = opened(mime.message([Attachment(f"{n}.pdf", PDF + bytes([n])) for n in range(200)])).found
    assert len(many) == 201
    few = opened(mime.message([Attachment("a.pdf", PDF)] * 50), Limits(parts=20)).found
    assert few[-1].trouble is not None
    assert "20 parties" in few[-1].trouble
    with pytest.raises(TooLarge):
        opened(b"X: " + b"y" * 1_000_000 + b"\n\n")


def test_messages_in_messages_stop_at_the_ceiling() -> None:
    raw = mime.message(body="au fond")
    for _ in range(30):
        raw = b"From: a@b.fr\r\nContent-Type: message/rfc822\r\n\r\n" + raw
    assert [each.trouble for each in opened(raw).found if each.trouble]


def test_same_name_twice_gives_two_paths() -> None:
    paths = list(found(mime.message([Attachment("a.pdf", PDF), Attachment("a.pdf", PDF + b"2")])))
    assert paths == ["message.txt", "a.pdf", "a.pdf (2)"]


def test_xdm_with_its_plain_copy() -> None:
    raw = mime.message(
        [Attachment("IHE_XDM.ZIP", xdm.archive(pdf=PDF)), Attachment("CR.pdf", PDF)],
        subject="XDM/1.0/DDM+CR",
        headers=("X-MSS-CODECDA: 34112-3",),
    )
    unpacked = opened(raw)
    assert unpacked.message.troubles == ()
    document, pdf, copy = unpacked.found[1:]
    assert (document.media_type, document.meta["role"]) == ("application/cda+xml", "cda")
    assert (pdf.media_type, pdf.content, pdf.codes) == ("application/pdf", PDF, ("34112-3",))
    assert {fact.source for fact in pdf.facts} == {Source.CDA, Source.XDM}
    assert {fact.document for fact in pdf.facts} == {pdf.sha256}
    assert copy.meta["duplicate_of"] == pdf.path
    assert copy.facts == pdf.facts


def test_cda_of_level_three_gives_its_text() -> None:
    content = cda.document(sections=[("Motif", "Chute")], title="Lettre")
    files = opened(mime.message([Attachment("doc.xml", content)])).found
    assert [(each.name, each.meta.get("role")) for each in files[1:]] == [
        ("doc.xml", "cda"),
        ("Lettre.txt", "cda-text"),
    ]
    assert files[2].content.decode() == "Motif\nChute"


@pytest.mark.parametrize(
    ("headers", "subject", "with_cda", "words"),
    [
        (("X-MSS-CODECDA: 11490-0",), "x", True, "n'est pas celui"),
        (("X-MSS-CODECDA: 11490-0",), "x", False, "ne contient pas"),
        ((), "XDM/1.0/DDM+CR", False, "archive XDM"),
    ],
)
def test_mssante_claims_are_checked(
    headers: tuple[str, ...], subject: str, with_cda: bool, words: str
) -> None:
    attachments = [Attachment("IHE_XDM.ZIP", xdm.archive())] if with_cda else [Attachment("a.pdf", PDF)]
    message = opened(mime.message(attachments, headers=headers, subject=subject)).message
    assert words in " ".join(message.troubles)


def test_a_claimed_code_is_a_hint_for_a_pdf() -> None:
    pdf = opened(mime.message([Attachment("a.pdf", PDF)], headers=("X-MSS-CODECDA: 11490-0",))).found[1]
    assert (pdf.codes, pdf.meta["code_source"]) == (("11490-0",), "X-MSS-CODECDA")


@pytest.mark.parametrize("spoilt", ["hash", "patients", "person", "metadata"])
def test_doubtful_xdm_is_opened_and_told(spoilt: str) -> None:
    other = cda.Patient(birth_name="PETIT", used_name="PETIT", birth_date="19600101", identifier="26001")
    two = [cda.document(pdf=PDF), cda.document(pdf=PDF + b"2", patient=other)]
    archive = {
        "hash": xdm.archive(pdf=PDF, wrong_hash=True),
        "patients": xdm.archive(documents=two, patients=(cda.PATIENT, other)),
        "person": xdm.archive(documents=[cda.document(pdf=PDF, patient=other)]),
        "metadata": xdm.zipped([("IHE_XDM/S/METADATA.XML", b"<a>"), ("IHE_XDM/S/D.PDF", PDF)]),
    }[spoilt]
    files = opened(mime.message([Attachment("IHE_XDM.ZIP", archive)])).found
    pdfs = [each for each in files if each.media_type == "application/pdf"]
    assert pdfs
    assert all(each.trouble for each in pdfs)


def test_outlook_formats() -> None:
    message = outlook.msg(
        "Sujet", "Corps", "a@b.fr", [("a.pdf", PDF), ("x.zip", xdm.zipped([("z.txt", b"texte")]))]
    )
    winmail = outlook.tnef("s", "Texte de winmail", [("b.pdf", PDF + b"2")])
    files = found(mime.message([Attachment("m.msg", message), Attachment("winmail.dat", winmail)], body=""))
    assert [path for path in files if path.endswith((".pdf", ".txt"))] == [
        "m.msg/message.txt",
        "m.msg/a.pdf",
        "m.msg/x.zip/z.txt",
        "winmail.dat/message.txt",
        "winmail.dat/b.pdf",
    ]
    assert (
        opened(mime.message([Attachment("winmail.dat", winmail)], body="")).message.body
        == "Texte de winmail"
    )


def test_the_entity_gives_the_content_and_raw_the_header() -> None:
    raw = mime.message(subject="chiffre", body="illisible")
    unpacked = unpack(raw, b"Content-Type: application/pdf; name=a.pdf\n\n" + PDF)
    assert unpacked.message.subject == "chiffre"
    assert [each.name for each in unpacked.found] == ["a.pdf"]


def test_a_copy_of_our_letter_inside_a_report_is_marked() -> None:
    ours = mime.message([Attachment("accuse.pdf", PDF)], subject="Accusé")
    raw = (
        b"From: MAILER-DAEMON@x.fr\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=c\r\n\r\n"
        b"--c\r\n\r\nEchec.\r\n--c\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Final-Recipient: rfc822; a@b.fr\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--c\r\nContent-Type: message/rfc822\r\n\r\n" + ours + b"\r\n--c--\r\n"
    )
    unpacked = opened(raw)
    assert unpacked.message.kind == "delivery-report"
    assert all(each.meta.get("returned") == "yes" for each in unpacked.found)
    assert unpacked.message.report is not None
    assert unpacked.message.report.original_message_id == "<essai-1@hopital.example>"


def test_the_result_crosses_processes() -> None:
    unpacked = opened(
        mime.message([Attachment("IHE_XDM.ZIP", xdm.archive(pdf=PDF)), Attachment("a.bin", b"\x00\xff")])
    )
    adapter = TypeAdapter(Unpacked)
    assert adapter.validate_python(adapter.dump_python(unpacked)) == unpacked


def _portfolio(**files: bytes) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    for name, content in files.items():
        writer.add_attachment(name.replace("_", "."), content)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_files_embedded_in_a_pdf_are_documents_of_their_own() -> None:
    inner = _portfolio(rapport_txt=b"Compte rendu")
    raw = mime.message(attachments=[Attachment("dossier.pdf", _portfolio(a_pdf=inner))])
    seen = found(raw)
    assert seen["dossier.pdf"].trouble is None
    assert seen["dossier.pdf/a.pdf"].media_type == "application/pdf"
    assert seen["dossier.pdf/a.pdf/rapport.txt"].content == b"Compte rendu"


def test_files_embedded_in_a_pdf_are_counted() -> None:
    files = {f"f{n}_txt": b"x" for n in range(6)}
    raw = mime.message(attachments=[Attachment("dossier.pdf", _portfolio(**files))])
    seen = {each.path: each for each in opened(raw, Limits(archive_entries=3)).found}
    assert seen["dossier.pdf"].trouble is None
    assert "dossier.pdf/f2.txt" in seen
    assert "dossier.pdf/f3.txt" not in seen
