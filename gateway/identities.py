"""The S/MIME identities of a mailbox: from stored PEM to what opens and what signs."""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate

from parsers.certificates import identities_from
from parsers.errors import ParseError
from parsers.smime.model import Identity
from storage.keys import KeyRing, StoredIdentity


def mailbox_identities(ring: KeyRing, mailbox: str) -> tuple[Identity, ...]:
    """Every identity that may decrypt for ``mailbox``, those in service first.

    An unreadable file never hides the others (``passerelle doctor`` names it): one bad key must not stop
    a mailbox (lessons, row 6).
    """
    return tuple(identity for stored in ring.identities(mailbox) for identity in _identities(stored))


def signing_identity(ring: KeyRing, mailbox: str) -> Identity | None:
    """The identity in service that signs for ``mailbox``, if there is one."""
    return next((i for i in mailbox_identities(ring, mailbox) if not i.retired), None)


def pem_of(identity: Identity) -> bytes:
    """Certificate and private key as one PEM, as the key folder keeps them."""
    certificate = load_der_x509_certificate(identity.certificate)
    key = serialization.load_der_private_key(identity.key, None)
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _identities(stored: StoredIdentity) -> tuple[Identity, ...]:
    try:
        return _parsed(stored.pem, stored.retired)
    except ParseError:
        return ()


@lru_cache(maxsize=256)
def _parsed(pem: bytes, retired: bool) -> tuple[Identity, ...]:
    """The file is read at each mail, so that a key put there serves at once; its bytes are parsed once."""
    return identities_from(pem, retired=retired)
