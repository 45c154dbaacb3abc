"""Signed and encrypted MIME entities of every kind the reader must open, made without the reader.

``sign`` and ``encrypt`` take the bytes of an entity and return those of another; ``message`` puts the
header fields of a mail in front. The structures inside are written by ``pkcs7``.
"""

from __future__ import annotations

import base64
import os
import zlib
from collections.abc import Sequence
from typing import Unpack

from asn1crypto import cms

from parsers.smime.model import Identity
from tests.builders import pkcs7


def message(entity: bytes, headers: Sequence[tuple[str, str]]) -> bytes:
    """A whole mail: the header fields (already encoded, ASCII or UTF-8), then those of the entity."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return lines.encode() + b"MIME-Version: 1.0\r\n" + entity


def text(content: str) -> bytes:
    """The simplest entity."""
    body = content.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    return b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body


def sign(
    entity: bytes,
    identity: Identity,
    *,
    others: Sequence[Identity] = (),
    opaque: bool = False,
    **how: Unpack[pkcs7.Signing],
) -> bytes:
    """A signed entity: ``multipart/signed``, or ``application/pkcs7-mime`` when ``opaque``."""
    der = pkcs7.signed_data(entity, (identity, *others), inside=opaque, **how)
    if opaque:
        return pkcs7_mime(der, "signed-data")
    boundary = b"----signature-" + os.urandom(12).hex().encode()
    return (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256;\r\n'
        b' boundary="' + boundary + b'"\r\n\r\n'
        b"This is an S/MIME signed message\r\n\r\n"
        b"--" + boundary + b"\r\n" + entity + b"\r\n--" + boundary + b"\r\n"
        b'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\n'
        b"Content-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n'
        + _base64(der)
        + b"\r\n--"
        + boundary
        + b"--\r\n"
    )


def encrypt(
    entity: bytes,
    recipients: Sequence[bytes],
    *,
    aead: bool = True,
    key_bytes: int = 32,
    oaep: str | None = "sha256",
    by_key_id: bool = False,
    kdf: str = "sha256",
    mode: str = "gcm",
) -> bytes:
    """An encrypted entity for the certificates given (DER), RSA or elliptic; ``oaep=None`` is RSA v1.5."""
    der = pkcs7.enveloped_data(
        entity,
        recipients,
        aead=aead,
        key_bytes=key_bytes,
        oaep=oaep,
        by_key_id=by_key_id,
        kdf=kdf,
        mode=mode,
    )
    return pkcs7_mime(der, "authEnveloped-data" if aead else "enveloped-data")


def compress(entity: bytes, *, stream: bytes | None = None) -> bytes:
    """A compressed entity (RFC 3274); ``stream`` replaces what the compressor would give."""
    body = cms.CompressedData(
        {
            "version": "v0",
            "compression_algorithm": {"algorithm": "zlib"},
            "encap_content_info": {
                "content_type": "data",
                "content": zlib.compress(entity) if stream is None else stream,
            },
        }
    )
    return pkcs7_mime(pkcs7.content_info("compressed_data", body), "compressed-data")


def pkcs7_mime(der: bytes, kind: str) -> bytes:
    """The entity around a structure; ``kind`` is its ``smime-type``."""
    return (
        b"Content-Type: application/pkcs7-mime; smime-type=" + kind.encode() + b'; name="smime.p7m"\r\n'
        b"Content-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="smime.p7m"\r\n\r\n' + _base64(der)
    )


def _base64(der: bytes) -> bytes:
    return base64.encodebytes(der).replace(b"\n", b"\r\n")
