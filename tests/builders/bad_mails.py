"""Mails built to break what reads them: empty, huge, deep, lying, locked, bombed. All fictitious.

Each is the whole raw message. ``tests/scenarios/test_bad_input.py`` says what becomes of each.
"""

from __future__ import annotations

import io
import random
import zipfile
import zlib

from pypdf import PdfReader, PdfWriter

from tests.builders import forms, smime
from tests.builders.desk import ALIZES, CNSE, DUNES, GARONNE, PDF, Desk
from tests.builders.letters import Attached, entity, mail
from tests.builders.reports import text_pdf

MIB = 1024 * 1024
_HEAD = f"From: {DUNES[2]}\r\nTo: {CNSE}\r\nSubject: essai\r\n".encode()


def _with(desk: Desk, *attached: Attached) -> bytes:
    return mail(DUNES[2], (CNSE,), "Pièces", desk.at, entity("Ci-joint.\n", attached))


def _form(desk: Desk, seed: int = 40) -> Attached:
    return Attached("301.pdf", PDF, forms.build_301(desk.form_301(seed, DUNES), "flat"))


def empty(_desk: Desk) -> bytes:
    return b""


def only_line_ends(_desk: Desk) -> bytes:
    return b"\r\n\r\n"


def thirty_megabytes(desk: Desk) -> bytes:
    """A form, and beside it 22 MiB of noise that becomes 30 MB once in base64."""
    noise = random.Random("bruit").randbytes(22 * MIB)
    return _with(desk, _form(desk), Attached("bruit.bin", "application/octet-stream", noise))


def two_hundred_attachments(desk: Desk) -> bytes:
    notes = (Attached(f"note-{n:03}.txt", "text/plain", b"Note %d\n" % n) for n in range(199))
    return _with(desk, _form(desk), *notes)


def hundred_levels(_desk: Desk) -> bytes:
    deep = b"Content-Type: text/plain\r\n\r\nfond\r\n"
    for level in range(100):
        deep = b"Content-Type: message/rfc822\r\n\r\nSubject: niveau %d\r\n" % level + deep
    return _HEAD + deep


def header_of_one_megabyte(_desk: Desk) -> bytes:
    return _HEAD + b"X-Long: " + b"a" * MIB + b"\r\n\r\nBonjour\r\n"


def nul_bytes(desk: Desk) -> bytes:
    whole = _with(desk, _form(desk))
    return whole.replace(b"Subject: ", b"Subject: a\0b ", 1).replace(b"Ci-joint.", b"Ci\0joint.", 1)


def zip_bomb(desk: Desk) -> bytes:
    """300 MiB of zeros in a few hundred kilobytes, twice wrapped."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as entry:
        for _ in range(300):
            entry.write(bytes(MIB))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dedans.zip", inner.getvalue())
    return _with(desk, Attached("dossier.zip", "application/zip", outer.getvalue()))


def path_traversal(desk: Desk) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../../etc/cron.d/passerelle", b"x")
        archive.writestr("C:\\Windows\\passerelle.dll", b"x")
    return _with(desk, Attached("pieces.zip", "application/zip", packed.getvalue()))


def encrypted_pdf(desk: Desk) -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(_form(desk).content)))
    writer.encrypt("secret", algorithm="AES-256")
    locked = io.BytesIO()
    writer.write(locked)
    return _with(desk, Attached("301.pdf", PDF, locked.getvalue()))


def pdf_bomb(desk: Desk) -> bytes:
    """A page of 14,400 points a side whose content is 200 MiB of operators once inflated."""
    packer = zlib.compressobj(9)
    content = b"".join(
        [*(packer.compress(b"0 0 m 9 9 l S\n" * 75_000) for _ in range(200)), packer.flush()]
    )
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 14400 14400] /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content),
    )
    return _with(desk, Attached("bombe.pdf", PDF, _pdf(objects)))


def _pdf(objects: tuple[bytes, ...]) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def five_hundred_pages(desk: Desk) -> bytes:
    return _with(desk, Attached("long.pdf", PDF, text_pdf([["page"]] * 500)))


def wrong_key(desk: Desk) -> bytes:
    stranger = desk.keys.of("autre@ailleurs.example").der
    sealed = smime.encrypt(entity("Illisible.\n", (_form(desk),)), [stranger])
    return mail(DUNES[2], (CNSE,), "Chiffré", desk.at, sealed)


def expired_certificate(desk: Desk) -> bytes:
    signed = desk.keys.sign(entity("Signé.\n", (_form(desk),)), desk.keys.expired(ALIZES[2]))
    return mail(ALIZES[2], (CNSE,), "Expiré", desk.at, signed)


def another_signer(desk: Desk) -> bytes:
    signed = desk.keys.sign(entity("Signé.\n", (_form(desk),)), desk.keys.of(GARONNE[2]))
    return mail(DUNES[2], (CNSE,), "Autre signataire", desk.at, signed)


def altered_after_signature(desk: Desk) -> bytes:
    signed = desk.keys.sign(entity("Montant 100.\n"), desk.keys.of(DUNES[2]))
    return mail(DUNES[2], (CNSE,), "Altéré", desk.at, signed.replace(b"Montant 100", b"Montant 900", 1))


def to_nobody(desk: Desk) -> bytes:
    return _with(desk, _form(desk)).replace(
        f"To: {CNSE}".encode(), b'To: <>\r\nReply-To: <>\r\nCc: <"">', 1
    )


def two_authors(desk: Desk) -> bytes:
    return f"From: {GARONNE[2]}\r\n".encode() + _with(desk, _form(desk))
