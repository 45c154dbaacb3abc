"""What goes into ``open_mail`` and what comes out: frozen values only, nothing from a library.

Certificates, keys, lists and answers are DER bytes everywhere, so that a result can cross a process
boundary and be kept as evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Decryption(StrEnum):
    """Whether the encrypted layers of a message were opened."""

    OK = "ok"
    NO_KEY = "no-key"
    CORRUPT = "corrupt"
    """A key was named but does not open the content, or the content is damaged or not supported."""
    ABSENT = "absent"


class Signature(StrEnum):
    """The verdict on a signature, judged at the arrival of the message."""

    VALID = "valid"
    INVALID = "invalid"
    """The bytes are not those that were signed, or the structure is broken."""
    UNTRUSTED = "untrusted"
    """Right mathematics, but no path to a known authority, or a certificate not made for this use."""
    EXPIRED = "expired"
    """A certificate of the path was outside its dates when the message arrived."""
    REVOKED = "revoked"
    MISMATCH = "mismatch"
    """The certificate does not name the address of the sender."""
    WEAK = "weak"
    """Right in every respect, but by an algorithm or a key that can be forged today."""
    ABSENT = "absent"


class LayerKind(StrEnum):
    """One wrapping of the message, from the outside in."""

    SIGNED = "signed"
    ENCRYPTED = "encrypted"
    COMPRESSED = "compressed"
    CERTIFICATES = "certificates"


class Role(StrEnum):
    """What a piece of evidence is in a judgment."""

    SIGNER = "signer"
    INTERMEDIATE = "intermediate"
    ROOT = "root"
    CRL = "crl"
    OCSP = "ocsp"


class Ask(StrEnum):
    """What may be asked of the network: a list, an answer, or the certificate of an authority."""

    CRL = "crl"
    OCSP = "ocsp"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing a judgment stands on, DER. Dates, aware, of lists and answers only."""

    role: Role
    der: bytes
    this_update: datetime | None = None
    next_update: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A proof that is missing, and where a certificate says it is. Nothing here goes and fetches it."""

    kind: Ask
    url: str
    request: bytes = b""
    """DER of the OCSP request to post; empty for the others."""
    vouched: bool = True
    """The address stands in a certificate that a known authority vouches for; else a stranger chose it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its private key: DER, and PKCS#8 DER without password."""

    certificate: bytes
    key: bytes
    retired: bool = False
    """No longer used to sign, still tried to decrypt: correspondents keep old certificates."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed, and what helps: DER bytes, in any order."""

    roots: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    known: tuple[bytes, ...] = ()
    """Certificates of the directory: used when a message does not carry its signer's; never believed."""
    crls: tuple[bytes, ...] = ()
    ocsp: tuple[bytes, ...] = ()
    carried: tuple[bytes, ...] = ()
    """Those of ``crls`` and ``ocsp`` that came in the message itself: the signer chose them, so that they
    may revoke and clear, and fresher ones are still wanted."""


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature of a layer."""

    verdict: Signature
    certificate: bytes | None
    """DER; None when nobody supplied it."""
    emails: tuple[str, ...]
    name: str
    """Common name of the certificate, or what the message says of it."""
    algorithm: str
    signed_at: datetime | None
    """Time claimed by the signer, aware; shown, never believed."""
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """One wrapping and its verdict."""

    kind: LayerKind
    algorithm: str = ""
    decryption: Decryption = Decryption.ABSENT
    signature: Signature = Signature.ABSENT
    signers: tuple[Signer, ...] = ()
    recipient: str | None = None
    """SHA-256 (hex) of the certificate whose key opened an encrypted layer."""
    authenticated: bool = False
    """The encryption proves that the content was not changed (GCM); false for CBC."""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Security:
    """The verdict on a whole message."""

    encrypted: bool = False
    decryption: Decryption = Decryption.ABSENT
    signature: Signature = Signature.ABSENT
    signer: str | None = None
    """Address of the signer that decided the verdict, else the name in its certificate."""
    reasons: tuple[str, ...] = ()
    """French sentences, the outermost layer first."""
    layers: tuple[Layer, ...] = ()
    certificates: tuple[bytes, ...] = ()
    """Every certificate seen in the message, DER, in order of appearance."""
    evidence: tuple[Evidence, ...] = ()
    """The certificates of every path, the lists and the answers on which the verdict stands: to be kept."""
    wanted: tuple[Wanted, ...] = ()
    """Proofs that would make the verdict surer."""

    @property
    def revocation(self) -> tuple[bytes, ...]:
        """The lists and OCSP answers (DER) of the evidence."""
        return tuple(one.der for one in self.evidence if one.role in {Role.CRL, Role.OCSP})


@dataclass(frozen=True, slots=True)
class Opened:
    """The innermost MIME entity, or the message itself when nothing was opened, and the verdict."""

    entity: bytes
    security: Security
