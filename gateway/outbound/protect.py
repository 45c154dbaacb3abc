"""A draft becomes the exact bytes that leave: MIME of RFC 2045, then S/MIME of RFC 8551 when we can sign.

The signed entity is written once, with CRLF and 7-bit encodings, and never serialised again: what was
signed is byte for byte what is sent and kept in the vault.
"""

from __future__ import annotations

import base64
import hashlib
import textwrap
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs7

from gateway.errors import Refused
from gateway.outbound.compose import Draft
from parsers.smime.model import Identity

_CRLF = b"\r\n"


def protect(draft: Draft, identity: Identity | None, chain: Sequence[bytes] = ()) -> bytes:
    """The message, signed by ``identity`` when there is one whose certificate is valid that day.

    ``chain`` are the DER certificates between ours and the root: a reader without them cannot judge.
    A certificate out of its dates signs nothing: every reader would call the letter a forgery. Raises
    ``Refused`` when the identity's key cannot sign.
    """
    entity = _entity(draft)
    if identity is not None:
        certificate = x509.load_der_x509_certificate(identity.certificate)
        if certificate.not_valid_before_utc <= draft.at <= certificate.not_valid_after_utc:
            signature = _signature(entity, certificate, identity, chain)
            return _head(draft) + _signed(entity, signature, _boundary(draft, "signed"))
    return _head(draft) + entity


def _head(draft: Draft) -> bytes:
    """The headers of the message, without those of its content."""
    message = EmailMessage(policy=SMTP)
    local, _, domain = draft.mailbox.address.rpartition("@")
    message["From"] = Address(draft.mailbox.label, local, domain)
    message["To"] = draft.recipient
    message["Subject"] = draft.subject
    message["Date"] = draft.at
    message["Message-ID"] = draft.message_id
    if draft.in_reply_to:
        message["In-Reply-To"] = _identifier(draft.in_reply_to)
    if draft.references:
        message["References"] = " ".join(filter(None, map(_identifier, draft.references)))
    message["Auto-Submitted"] = "auto-replied" if draft.answers else "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = "fr"
    if not draft.answers:
        message["Disposition-Notification-To"] = draft.mailbox.address
    message["MIME-Version"] = "1.0"
    return message.as_bytes().removesuffix(_CRLF)


def _entity(draft: Draft) -> bytes:
    """Text, then the pictures: ``Content-*`` headers, an empty line, 7-bit lines with CRLF."""
    content = EmailMessage(policy=SMTP)
    content.set_content(draft.text, subtype="plain", charset="utf-8", cte="quoted-printable")
    for picture in draft.attached:
        content.add_attachment(picture.content, maintype="image", subtype="png", filename=picture.name)
    if draft.attached:
        content.set_boundary(_boundary(draft, "mixed"))
        for part in content.iter_parts():
            del part["MIME-Version"]
    del content["MIME-Version"]
    return content.as_bytes()


def _signature(
    entity: bytes, certificate: x509.Certificate, identity: Identity, chain: Sequence[bytes]
) -> bytes:
    """The detached CMS signature (RFC 5652) of the entity exactly as it leaves."""
    key = _private_key(identity.key)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Refused(
            "La clé de signature de la boîte n'est ni RSA ni à courbe elliptique ; "
            "la lettre n'est pas partie : remplacez l'identité de la boîte."
        )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(entity).add_signer(certificate, key, hashes.SHA256())
    for link in chain:
        builder = builder.add_certificate(x509.load_der_x509_certificate(link))
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(serialization.Encoding.DER, options)


@lru_cache(maxsize=32)
def _private_key(der: bytes) -> PrivateKeyTypes:
    """A key, checked once: the check of an RSA key costs more than all the rest of a letter."""
    return serialization.load_der_private_key(der, None)


def _signed(entity: bytes, signature: bytes, boundary: str) -> bytes:
    """``multipart/signed`` around ``entity`` (RFC 8551, 3.5.3), SHA-256."""
    line = boundary.encode()
    wrapped = "\r\n".join(textwrap.wrap(base64.b64encode(signature).decode(), 76)).encode()
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
            wrapped,
            b"--" + line + b"--",
            b"",
        )
    )


def _boundary(draft: Draft, use: str) -> str:
    """From the Message-ID, so that the same draft gives the same bytes."""
    return "=_" + hashlib.sha256(f"{use}:{draft.message_id}".encode()).hexdigest()[:40]


def _identifier(value: str) -> str:
    """A stranger's Message-ID, only when it is one printable token: nothing else goes in our headers."""
    token = value.strip()
    plain = token.isascii() and token.isprintable() and not set(token) & set(" \t\r\n")
    return token if plain and token.startswith("<") and token.endswith(">") and len(token) <= 250 else ""
