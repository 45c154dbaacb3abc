"""The floor of a journey: what the libraries alone cost on the same bytes, and nothing around them.

Decrypt and verify are the primitives of the CMS layers (one RSA key transport, one AES-GCM, the digest,
the signature of the signer and the two of his chain); parse is the standard library's ``email``; text is
``pypdf``; commit is one row in a SQLite of its own, in WAL with ``synchronous=FULL``.
"""

from __future__ import annotations

import email
import email.message
import hashlib
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pypdf import PdfReader

_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class Bare:
    """Does the five unavoidable works for one mailbox's private key."""

    def __init__(self, key: rsa.RSAPrivateKey, root: x509.Certificate, file: Path) -> None:
        self._key = key
        self._root = root
        self._rows = sqlite3.connect(file, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=FULL")
        self._rows.execute("CREATE TABLE mails (sha256 TEXT PRIMARY KEY, text TEXT)")

    def work(self, raw: bytes) -> str:
        """All five on one mail; returns the text of its PDF."""
        entity = self.decrypt(_payload(email.message_from_bytes(raw)))
        signed = self.verify(entity)
        text = "\n".join(page for pdf in _pdfs(signed) for page in _pages(pdf))
        self.commit(hashlib.sha256(raw).hexdigest(), text)
        return text

    def decrypt(self, der: bytes) -> bytes:
        """The content of an ``AuthEnvelopedData`` (RFC 5083) with one RSA-OAEP recipient."""
        content = cms.ContentInfo.load(der)["content"]
        wrapped = content["recipient_infos"][0].chosen["encrypted_key"].native
        info = content["auth_encrypted_content_info"]
        nonce = info["content_encryption_algorithm"]["parameters"].native["0"]
        sealed = info["encrypted_content"].native + content["mac"].native
        return AESGCM(self._key.decrypt(wrapped, _OAEP)).decrypt(nonce, sealed, None)

    def verify(self, entity: bytes) -> email.message.Message[Any, Any]:
        """Check a ``multipart/signed`` entity up to the root; returns it parsed."""
        whole = email.message_from_bytes(entity)
        boundary = b"\r\n--" + (whole.get_boundary() or "").encode()
        start = entity.index(boundary) + len(boundary) + 2
        content = entity[start : entity.index(boundary, start)]
        parts = whole.get_payload()
        if not isinstance(parts, list):
            raise TypeError("the sample is not a multipart/signed")
        signature = cms.ContentInfo.load(_payload(parts[1]))["content"]
        signer = signature["signer_infos"][0]
        attributes = signer["signed_attrs"]
        digest = next(a["values"][0].native for a in attributes if a["type"].native == "message_digest")
        if hashlib.sha256(content).digest() != digest:
            raise ValueError("digest of the content")
        number = signer["sid"].chosen["serial_number"].native
        chain = sorted(signature["certificates"], key=lambda c: c.chosen.serial_number != number)
        leaf, intermediate = (_x509(c.chosen) for c in chain)
        public = leaf.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise TypeError("the samples are signed by RSA")
        public.verify(
            signer["signature"].native, attributes.untag().dump(), padding.PKCS1v15(), hashes.SHA256()
        )
        leaf.verify_directly_issued_by(intermediate)
        intermediate.verify_directly_issued_by(self._root)
        return whole

    def commit(self, sha256: str, text: str) -> None:
        self._rows.execute("BEGIN IMMEDIATE")
        self._rows.execute("INSERT INTO mails VALUES (?, ?)", (sha256, text))
        self._rows.execute("COMMIT")

    def close(self) -> None:
        self._rows.close()


def _x509(certificate: asn1_x509.Certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.dump())


def _payload(part: Any) -> bytes:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise TypeError("not a leaf")
    return content


def _pdfs(message: email.message.Message[Any, Any]) -> Iterator[bytes]:
    for part in message.walk():
        if part.get_content_type() == "application/pdf":
            yield _payload(part)


def _pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
