"""The detached signature of an entity: ``multipart/signed`` (RFC 8551, 3.5.3), SHA-256.

The entity is written once and never serialised again: what was signed is byte for byte what is sent.
"""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs7

from gateway.errors import Refused
from parsers.smime.model import Identity

_CRLF = b"\r\n"


def signs(identity: Identity | None, at: datetime) -> bool:
    """Whether ``identity`` may sign at ``at``: out of its dates every reader would call it a forgery."""
    if identity is None:
        return False
    certificate = x509.load_der_x509_certificate(identity.certificate)
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def signed(entity: bytes, identity: Identity, chain: Sequence[bytes], boundary: str) -> bytes:
    """``entity`` and its signature. ``chain``: the DER certificates between ours and the root.

    Raises ``Refused`` when the identity's key cannot sign.
    """
    line = boundary.encode()
    return _CRLF.join(
        (
            b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";',
            b' micalg="sha-256"; boundary="' + line + b'"',
            b"",
            b"--" + line,
            entity,
            b"--" + line,
            b'Content-Type: application/pkcs7-signature; name="smime.p7s"',
            b"Content-Transfer-Encoding: base64",
            b'Content-Disposition: attachment; filename="smime.p7s"',
            b"",
            wrapped(_signature(entity, identity, chain)),
            b"--" + line + b"--",
            b"",
        )
    )


def wrapped(data: bytes) -> bytes:
    """Base64 in lines of 76 characters with CRLF, without the last one."""
    return "\r\n".join(textwrap.wrap(base64.b64encode(data).decode(), 76)).encode()


def _signature(entity: bytes, identity: Identity, chain: Sequence[bytes]) -> bytes:
    """The CMS signature (RFC 5652) of the entity exactly as it leaves, DER."""
    key = _private_key(identity.key)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Refused(
            "La clé de signature de la boîte n'est ni RSA ni à courbe elliptique ; "
            "la lettre n'est pas partie : remplacez l'identité de la boîte."
        )
    certificate = x509.load_der_x509_certificate(identity.certificate)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(entity).add_signer(certificate, key, hashes.SHA256())
    for link in chain:
        builder = builder.add_certificate(x509.load_der_x509_certificate(link))
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(serialization.Encoding.DER, options)


@lru_cache(maxsize=32)
def _private_key(der: bytes) -> PrivateKeyTypes:
    """A key, checked once: the check of an RSA key costs more than all the rest of a letter."""
    return serialization.load_der_private_key(der, None)
