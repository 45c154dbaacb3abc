"""Structures of cryptographic messages that asn1crypto lacks, and tolerant reading (DER and BER).

RFC 5652 (CMS), RFC 5083 and 5084 (authenticated encryption), RFC 5753 (ECDH), RFC 5035 (signing
certificate), RFC 6211 (algorithm protection).
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from asn1crypto import algos, cms, core, pem

from parsers.errors import Malformed, ParseError

SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"

MAX_CERTIFICATES = 100
_CONSTRUCTED = 1  # how asn1crypto notes the method of encoding
# Inner content types that hold a cryptographic message rather than a MIME entity.
CMS_TYPES = frozenset({"signed_data", "enveloped_data", "authenticated_enveloped_data", "compressed_data"})


class GcmParameters(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """RFC 5084 3.2: nonce, and length of the tag in bytes."""

    _fields = [  # noqa: RUF012  # read by asn1crypto as a class attribute
        ("nonce", core.OctetString),
        ("icv_length", core.Integer, {"default": 12}),
    ]


class EssCertId(core.Sequence):  # type: ignore[misc]
    """RFC 2634 5.4.1: SHA-1 of the signer's certificate."""

    _fields = [  # noqa: RUF012
        ("cert_hash", core.OctetString),
        ("issuer_serial", core.Any, {"optional": True}),
    ]


class EssCertIds(core.SequenceOf):  # type: ignore[misc]
    """Signer's certificate first, then those of its path."""

    _child_spec = EssCertId


class SigningCertificate(core.Sequence):  # type: ignore[misc]
    """RFC 2634 5.4."""

    _fields = [("certs", EssCertIds), ("policies", core.Any, {"optional": True})]  # noqa: RUF012


class EssCertIdV2(core.Sequence):  # type: ignore[misc]
    """RFC 5035 4: hash of the signer's certificate, SHA-256 unless told."""

    _fields = [  # noqa: RUF012
        ("hash_algorithm", algos.DigestAlgorithm, {"default": {"algorithm": "sha256"}}),
        ("cert_hash", core.OctetString),
        ("issuer_serial", core.Any, {"optional": True}),
    ]


class EssCertIdsV2(core.SequenceOf):  # type: ignore[misc]
    """Signer's certificate first, then those of its path."""

    _child_spec = EssCertIdV2


class SigningCertificateV2(core.Sequence):  # type: ignore[misc]
    """RFC 5035 3."""

    _fields = [("certs", EssCertIdsV2), ("policies", core.Any, {"optional": True})]  # noqa: RUF012


@contextmanager
def reading(message: str) -> Iterator[None]:
    """Turn whatever a library raises on a stranger's bytes into ``Malformed(message)``."""
    try:
        yield
    except ParseError:
        raise
    except Exception as error:  # asn1crypto documents no closed list of what it raises
        raise Malformed(message) from error


def content_info(data: bytes) -> Any:
    """The outer structure of a message in DER, BER or PEM; parts are only read when asked for.

    Raises ``Malformed``. Bytes after the structure are ignored, as every other reader does.
    """
    with reading("La structure cryptographique du message est illisible."):
        if data[:11] == b"-----BEGIN ":
            data = pem.unarmor(data)[2]
        info = cms.ContentInfo.load(data)
        if not isinstance(info["content_type"].native, str):  # forces the reading of the outer header
            raise Malformed("La structure cryptographique du message est illisible.")
        return info


def dotted(identifier: Any) -> str:
    """The dotted form of an object identifier, whatever name asn1crypto gives it."""
    return str(identifier.dotted)


def octets(value: Any) -> bytes | None:
    """The bytes of an optional OCTET STRING, its chunks joined when it was streamed (BER)."""
    if value is None or isinstance(value, core.Void):
        return None
    if isinstance(value, core.Any):  # the content of a type asn1crypto does not know
        value = value.parse(core.OctetString)
    if value.method == _CONSTRUCTED:
        return _join(value.contents)
    return bytes(value)


def _join(chunks: bytes) -> bytes:
    """The leaves of a constructed OCTET STRING, in order (X.690 8.7.3), however deep they are.

    Ours because asn1crypto adds them one by one, in a time that grows as the square of their number:
    twenty megabytes streamed by OpenSSL would take half a minute. Raises ``Malformed``.
    """
    view = memoryview(chunks)
    pieces: list[memoryview] = []
    position, end = 0, len(chunks)
    while position < end:
        tag, length = view[position : position + 2]
        position += 2
        if tag == 0 and length == 0:
            continue  # the end of an indefinite length opened before
        if tag not in {0x04, 0x24}:
            raise Malformed("Le contenu du message est découpé de façon incohérente.")
        if length == 0x80 and tag == 0x24:
            continue
        if length > 0x80:
            size = length - 0x80
            length = int.from_bytes(view[position : position + size], "big")
            position += size
        if position + length > end:
            raise Malformed("Le contenu du message est coupé.")
        if tag == 0x04:
            pieces.append(view[position : position + length])
            position += length
    return b"".join(pieces)


def certificates(choices: Any) -> tuple[bytes, ...]:
    """DER of each X.509 certificate of a CertificateSet, the first hundred; other kinds are left out."""
    if choices is None or isinstance(choices, core.Void):
        return ()
    found = (choice.chosen.dump() for choice in choices if choice.name == "certificate")
    return tuple(islice(found, MAX_CERTIFICATES))


def revocation_lists(choices: Any) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """DER of the CRLs and of the OCSP answers carried by a message."""
    if choices is None or isinstance(choices, core.Void):
        return (), ()
    crls: list[bytes] = []
    answers: list[bytes] = []
    for choice in choices:
        if choice.name == "other":
            if choice.chosen["other_rev_info_format"].native == "ocsp_response":
                answers.append(choice.chosen["other_rev_info"].dump())
        else:
            crls.append(choice.chosen.dump())
    return tuple(crls), tuple(answers)


def strip_armour(body: bytes) -> bytes:
    """Base64 text or raw bytes: some senders label the one as the other."""
    if body[:1] == b"\x30" or body[:11] == b"-----BEGIN ":
        return body
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        return body
