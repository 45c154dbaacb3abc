"""Certificates: addresses, dates, permitted uses, keys, and the files they come in (PEM, DER, PKCS#12).

Certificates are DER bytes for everyone else; what a library needs is parsed here and remembered, because
the same few certificates come back with every message. Sources: RFC 5280, RFC 8550 (S/MIME), RFC 8398
(addresses with accents).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from asn1crypto import core, keys, pem, x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12

from parsers.errors import Malformed, PasswordNeeded, Unsupported
from parsers.smime.cms import reading
from parsers.smime.model import Identity

_SMTP_UTF8_MAILBOX = "1.3.6.1.5.5.7.8.9"
_MESSAGE = "Un certificat est illisible."
_CERTIFICATE_LABELS = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
_PROOF_LABELS = frozenset({"X509 CRL", "OCSP RESPONSE"})
_KEY_LABELS = frozenset({"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"})


@dataclass(frozen=True, slots=True)
class Details:
    """What a person or a rule asks of a certificate. Dates aware, UTC; ``fingerprint`` SHA-256 hex."""

    subject: str
    issuer: str
    serial: int
    emails: tuple[str, ...]
    """Lower case, of the alternative name and of the subject."""
    not_before: datetime
    not_after: datetime
    fingerprint: str
    key: str
    """Such as ``RSA 2048`` or ``EC secp256r1``."""
    authority: bool


@lru_cache(maxsize=512)
def load(der: bytes) -> Any:
    """The asn1crypto certificate of DER bytes. Raises ``Malformed``."""
    with reading(_MESSAGE):
        certificate = x509.Certificate.load(der)
        _ = certificate.subject, certificate.issuer, certificate.serial_number, certificate.key_usage_value
        return certificate


@lru_cache(maxsize=512)
def describe(der: bytes) -> Details:
    """Everything worth showing of a certificate. Raises ``Malformed``."""
    certificate = load(der)
    with reading(_MESSAGE):
        return Details(
            subject=common_name(der),
            issuer=_short(certificate.issuer),
            serial=certificate.serial_number,
            emails=emails(der),
            not_before=certificate.not_valid_before,
            not_after=certificate.not_valid_after,
            fingerprint=hashlib.sha256(der).hexdigest(),
            key=_key_label(der),
            authority=bool(certificate.ca),
        )


@lru_cache(maxsize=512)
def emails(der: bytes) -> tuple[str, ...]:
    """Addresses named by a certificate, lower case, without doubles. Raises ``Malformed``.

    Alternative names first (RFC 8550 3), ``SmtpUTF8Mailbox`` included (RFC 8398), then the
    ``emailAddress`` of the subject, which old authorities still use alone.
    """
    certificate = load(der)
    found: list[str] = []
    with reading(_MESSAGE):
        names = certificate.subject_alt_name_value
        for name in names if names is not None else ():
            if name.name == "rfc822_name":
                found.append(name.chosen.native)
            elif name.name == "other_name" and name.chosen["type_id"].dotted == _SMTP_UTF8_MAILBOX:
                found.append(name.chosen["value"].native)
        for rdn in certificate.subject.chosen:
            found += [pair["value"].native for pair in rdn if pair["type"].native == "email_address"]
    return tuple(dict.fromkeys(address.lower() for address in found if isinstance(address, str)))


def common_name(der: bytes) -> str:
    """The common name of a certificate, else its whole subject. Raises ``Malformed``."""
    with reading(_MESSAGE):
        return _short(load(der).subject)


def _short(name: Any) -> str:
    native = name.native
    chosen = native.get("common_name") or native.get("organization_name") or name.human_friendly
    return chosen if isinstance(chosen, str) else ", ".join(chosen)


def names(der: bytes) -> tuple[str, int]:
    """Issuer (normalised as RFC 5280 7.1 asks) and serial number: what a message calls a certificate."""
    certificate = load(der)
    with reading(_MESSAGE):
        return certificate.issuer.hashable, certificate.serial_number


@lru_cache(maxsize=512)
def key_identifier(der: bytes) -> bytes:
    """The subject key identifier: the extension, else SHA-1 of the key (RFC 5280 4.2.1.2, method 1)."""
    certificate = load(der)
    with reading(_MESSAGE):
        given = certificate.key_identifier
        return bytes(given if given is not None else certificate.public_key.sha1)


def refusal_to_sign(der: bytes) -> str | None:
    """Why this certificate may not sign mail (RFC 8550 4.4), as a French sentence; None when it may."""
    certificate = load(der)
    with reading(_MESSAGE):
        usage = certificate.key_usage_value
        if usage is not None and not usage.native & {"digital_signature", "non_repudiation"}:
            return "Le certificat du signataire n’est pas fait pour signer."
        extended = certificate.extended_key_usage_value
        if extended is not None and not set(extended.native) & {
            "email_protection",
            "any_extended_key_usage",
        }:
            return "Le certificat du signataire n’est pas fait pour la messagerie."
    return None


@lru_cache(maxsize=512)
def public_key(spki: bytes) -> PublicKeyTypes:
    """The key of a SubjectPublicKeyInfo (DER). Raises ``Unsupported``, ``Malformed``."""
    with reading("La clé publique d’un certificat est illisible."):
        info = keys.PublicKeyInfo.load(spki)
        if info.algorithm == "rsassa_pss":
            # A key reserved to PSS is an RSA key: OpenSSL wants it under its general name.
            info = keys.PublicKeyInfo(
                {
                    "algorithm": {"algorithm": "rsa", "parameters": core.Null()},
                    "public_key": info["public_key"],
                }
            )
            spki = info.dump()
        try:
            return serialization.load_der_public_key(spki)
        except UnsupportedAlgorithm as error:
            raise Unsupported(
                "La clé publique d’un certificat est d’un type non pris en charge."
            ) from error


@lru_cache(maxsize=128)
def private_key(der: bytes) -> PrivateKeyTypes:
    """A private key of PKCS#8 DER bytes. Raises ``Malformed``.

    The check of an RSA key takes thirty milliseconds at every load and says nothing of a key that is
    ours: ``identities_from`` compares it with its certificate once instead.
    """
    with reading("Une clé privée est illisible."):
        return serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)


def _key_label(der: bytes) -> str:
    try:
        key = public_key(load(der).public_key.dump())
    except (Malformed, Unsupported):
        return str(load(der).public_key.algorithm)
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return str(load(der).public_key.algorithm)


def certificates_from(data: bytes, password: str | None = None) -> tuple[bytes, ...]:
    """DER of every certificate of a file: PEM bundle, DER or PKCS#12.

    Raises ``Malformed`` when there is none, ``PasswordNeeded`` for a locked PKCS#12.
    """
    if b"-----BEGIN " in data:
        with reading("Le fichier PEM est illisible."):
            found = tuple(
                der for label, _, der in pem.unarmor(data, multiple=True) if label in _CERTIFICATE_LABELS
            )
    elif _is_pkcs12(data):
        _, certificate, others = _open_pkcs12(data, password)
        found = ((certificate,) if certificate else ()) + others
    else:
        found = (data,)
    for der in found:
        load(der)
    if not found:
        raise Malformed("Le fichier ne contient aucun certificat.")
    return found


def proofs_from(data: bytes) -> tuple[bytes, ...]:
    """DER of each revocation list of a PEM file; else the file itself (a list or an OCSP answer in DER).

    Nothing for a file that is neither. Raises ``Malformed`` for broken PEM.
    """
    if b"-----BEGIN " not in data:
        return (data,) if data[:1] == b"\x30" else ()
    with reading("Le fichier PEM est illisible."):
        return tuple(der for label, _, der in pem.unarmor(data, multiple=True) if label in _PROOF_LABELS)


def identities_from(
    data: bytes, password: str | None = None, *, retired: bool = False
) -> tuple[Identity, ...]:
    """Every certificate of a file that has its private key there: PEM (key and certificate) or PKCS#12.

    Raises ``Malformed`` when no key matches a certificate, ``PasswordNeeded`` when a key is locked.
    """
    if b"-----BEGIN " in data:
        certificates = certificates_from(data)
        private = _pem_keys(data, password)
    else:
        key, certificate, _ = _open_pkcs12(data, password)
        certificates = (certificate,) if certificate else ()
        private = (key,) if key else ()
    found = []
    for der in private:
        spki = (
            private_key(der)
            .public_key()
            .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        wanted = hashlib.sha256(spki).digest()
        found += [Identity(c, der, retired) for c in certificates if _spki_digest(c) == wanted]
    if not found:
        raise Malformed("Le fichier ne contient aucun certificat accompagné de sa clé privée.")
    return tuple(found)


def _spki_digest(certificate: bytes) -> bytes:
    key = public_key(load(certificate).public_key.dump())
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


def _pem_keys(data: bytes, password: str | None) -> tuple[bytes, ...]:
    found: list[bytes] = []
    position = data.find(b"-----BEGIN ")
    while position >= 0:
        following = data.find(b"-----BEGIN ", position + 1)
        block = data[position : following if following >= 0 else len(data)]
        label = block[11 : block.find(b"-----", 11)].decode("ascii", "replace")
        if label in _KEY_LABELS:
            found.append(_pkcs8(block, password))
        position = following
    return tuple(found)


def _pkcs8(block: bytes, password: str | None) -> bytes:
    secret = password.encode() if password else None
    try:
        key = serialization.load_pem_private_key(block, secret, unsafe_skip_rsa_key_validation=True)
    except TypeError as error:
        if secret is not None:  # a password given for a key that has none is no reason to refuse it
            return _pkcs8(block, None)
        raise PasswordNeeded("La clé privée est protégée par un mot de passe.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed("La clé privée est illisible, ou son mot de passe est faux.") from error
    return _dump(key)


def _dump(key: Any) -> bytes:
    return bytes(
        key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _is_pkcs12(data: bytes) -> bool:
    """A PFX starts with version 3, a certificate with another SEQUENCE (RFC 7292 4)."""
    return data[:1] == b"\x30" and b"\x02\x01\x03" in data[2:8]


def _open_pkcs12(data: bytes, password: str | None) -> tuple[bytes | None, bytes | None, tuple[bytes, ...]]:
    secret = password.encode() if password else None
    try:
        bundle = pkcs12.load_pkcs12(data, secret)
    except (ValueError, UnsupportedAlgorithm, TypeError) as error:
        if not _is_pkcs12(data):
            raise Malformed("Le fichier n’est ni PEM ni PKCS#12.") from error
        raise PasswordNeeded("Le fichier PKCS#12 est illisible, ou son mot de passe est faux.") from error
    der = serialization.Encoding.DER
    return (
        _dump(bundle.key) if bundle.key is not None else None,
        bundle.cert.certificate.public_bytes(der) if bundle.cert else None,
        tuple(other.certificate.public_bytes(der) for other in bundle.additional_certs),
    )
