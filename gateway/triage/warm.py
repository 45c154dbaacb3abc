"""Every job done once on bytes of our own, so that a fork finds its parsers loaded and their tables built.

A fork that meets a parser for the first time spends more on it than on the document: modules imported at
first use, classes of ASN.1 and tables of fonts set up lazily. Done once before forking, it is shared.
Nothing of a stranger is ever read here, and the key made here opens nothing but the sample.
"""

from __future__ import annotations

import base64
import gc
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from gateway.triage import frames
from gateway.triage.jobs import JOBS, ReadRequest
from parsers.classify import Cue, KindRule, Where
from parsers.limits import DEFAULT
from parsers.reading import Context
from parsers.smime.model import Identity, Trust

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_ADDRESS = "warm@passerelle.invalid"
_DER = serialization.Encoding.DER
_TEXT = "Compte rendu : état général conservé."
_RULES = (
    KindRule("warm", "medical", tuple(Cue(where, "compte rendu", 0.5) for where in Where), 0.9),
    KindRule("none", "administrative", (Cue(Where.TEXT, "rien", 0.5),), 0.9),
)


def warm() -> None:
    """Do it, then move everything to where the collector does not look: forks share those pages."""
    entity = _mail(_pdf())
    raw, identity, trust = _secure(entity)
    _do("open", raw, (identity,), trust, _AT)
    unpacked = _do("unpack", entity, entity, DEFAULT)
    for found in unpacked.found:
        _do(
            "read",
            ReadRequest(
                content=found.content,
                media_type=found.media_type,
                context=Context(found.name, "Compte rendu", _TEXT, ("11502-2",)),
                rules=_RULES,
                templates={},
                document="0" * 64,
                today=date(2026, 1, 1),
                limits=DEFAULT,
                ocr={},
            ),
        )
    gc.collect()
    gc.freeze()


def _do(name: str, *arguments: object) -> Any:
    """Run one job and its way through a frame."""
    job = JOBS[name]
    text, blobs = frames.pack(job.run(*arguments), job.answer)
    return frames.unpack(text, memoryview(blobs), job.answer)


def _pdf() -> bytes:
    """A page with a line of text, smallest form that every reader accepts."""
    stream = b"BT /F1 12 Tf 56 780 Td (Compte rendu de la visite) Tj ET"
    font = b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources " + font + b">>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    )
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    count = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n" % count
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + table + b"trailer<</Size %d/Root 1 0 R>>startxref\n%d\n%%%%EOF" % (count, len(body))


def _mail(pdf: bytes) -> bytes:
    """The inner entity: a text and the PDF."""
    return (
        b'Content-Type: multipart/mixed; boundary="w"\r\n\r\n--w\r\n'
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"Bonjour,=20\r\n--w\r\nContent-Type: application/pdf\r\n"
        b'Content-Disposition: attachment; filename="=?utf-8?q?compte=5Frendu=2Epdf?="\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(pdf) + b"\r\n--w--\r\n"
    )


def _secure(entity: bytes) -> tuple[bytes, Identity, Trust]:
    """The entity signed then encrypted for the same new key, with what opens it."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "warm")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, _AT, _AT + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(_ADDRESS)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    signed = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(entity)
        .add_signer(certificate, key, hashes.SHA256())
        .sign(serialization.Encoding.SMIME, [pkcs7.PKCS7Options.DetachedSignature])
    )
    sealed = (
        pkcs7.PKCS7EnvelopeBuilder()
        .set_data(signed)
        .add_recipient(certificate)
        .encrypt(_DER, [pkcs7.PKCS7Options.Binary])
    )
    raw = (
        f"From: Warm <{_ADDRESS}>\r\nTo: {_ADDRESS}\r\nSubject: =?utf-8?q?Compte_rendu?=\r\n"
        "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nMessage-ID: <warm@passerelle.invalid>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; name="smime.p7m"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + base64.encodebytes(sealed)
    der = certificate.public_bytes(_DER)
    private = key.private_bytes(_DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return raw, Identity(der, private), Trust(roots=(der,))
