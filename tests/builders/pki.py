"""A certificate authority for tests and for the demo: a root, an intermediate, and what they issue.

Nothing here is secret or real. It needs only what the product itself depends on, so that the demo's
client can use it. Times are arguments; keys are fresh each time (their bytes are never compared).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa, x448, x25519
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes as Key
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from parsers.smime.model import Identity, Trust

DER = serialization.Encoding.DER
PEM = serialization.Encoding.PEM
YEAR = timedelta(days=365)
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "p256": ec.SECP256R1,
    "p384": ec.SECP384R1,
    "p521": ec.SECP521R1,
    "p192": ec.SECP192R1,
    "brainpool": ec.BrainpoolP256R1,
}


def new_key(kind: str = "p256") -> Key:
    """``rsa`` (2048), ``rsa1024``…, ``p256`` ``p384`` ``p521`` ``brainpool``, ``ed25519``, ``dsa``."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:] or 2048))
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind]())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ed448":
        return ed448.Ed448PrivateKey.generate()
    if kind in {"x25519", "x448"}:  # can only be enciphered for; nobody signs with them
        exchange = x25519.X25519PrivateKey if kind == "x25519" else x448.X448PrivateKey
        return cast("Key", exchange.generate())
    if kind == "dsa":
        return dsa.generate_private_key(2048)
    raise ValueError(kind)


def _hash_for(key: Key, algorithm: hashes.HashAlgorithm | None = None) -> hashes.HashAlgorithm | None:
    return (
        None
        if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
        else algorithm or hashes.SHA256()
    )


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key."""

    email: str
    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(DER)

    @property
    def identity(self) -> Identity:
        return Identity(self.der, self._private(DER))

    @property
    def pem(self) -> bytes:
        """Key, then certificate."""
        return self._private(PEM) + self.certificate.public_bytes(PEM)

    def _private(self, encoding: serialization.Encoding) -> bytes:
        return self.key.private_bytes(
            encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@dataclass
class Authority:
    """A root and the intermediate that signs for it; ``revoked`` is what its list will say."""

    at: datetime
    name: str
    root: Issued
    intermediate: Issued
    revoked: list[tuple[int, datetime]] = field(default_factory=list)

    @property
    def chain(self) -> tuple[bytes, ...]:
        """What a message carries besides the signer's own certificate."""
        return (self.intermediate.der,)

    def trust(self, *, crls: Sequence[bytes] = (), answers: Sequence[bytes] = ()) -> Trust:
        return Trust((self.root.der,), (self.intermediate.der,), crls=tuple(crls), ocsp=tuple(answers))

    def issue(
        self,
        email: str,
        *,
        kind: str = "p256",
        key: Key | None = None,
        name: str | None = None,
        emails: Sequence[str] | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        hash_algorithm: hashes.HashAlgorithm | None = None,
        pss: bool = False,
        usages: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
        signs: bool = True,
        subject_email: str | None = None,
        extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> Issued:
        """A certificate for mail. ``emails`` are the alternative names (the address itself by default)."""
        key = key or new_key(kind)
        rsa_key = isinstance(key, rsa.RSAPrivateKey)
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (
                _usage(signs=signs, enciphers=rsa_key, agrees=isinstance(key, ec.EllipticCurvePrivateKey)),
                True,
            ),
        ]
        if usages:
            extensions.append((x509.ExtendedKeyUsage(list(usages)), False))
        wanted = [email] if emails is None else list(emails)
        if wanted:
            extensions.append((x509.SubjectAlternativeName([x509.RFC822Name(a) for a in wanted]), False))
        builder = _builder(
            name or email,
            self.intermediate.certificate,
            key,
            (not_before or self.at - timedelta(days=30), not_after or self.at + YEAR),
            (*extensions, *extra),
            subject_email=subject_email,
        )
        signer = self.intermediate.key
        algorithm = _hash_for(signer, hash_algorithm)
        if pss:
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            certificate = builder.sign(signer, algorithm, rsa_padding=scheme)  # type: ignore[arg-type]
        else:
            certificate = builder.sign(signer, algorithm)  # type: ignore[arg-type]
        return Issued(email, certificate, key)

    def revoke(self, issued: Issued, at: datetime) -> None:
        self.revoked.append((issued.certificate.serial_number, at))

    def crl(self, at: datetime, *, days: int = 7, issuer: Issued | None = None) -> bytes:
        """The intermediate's list (DER), in force from ``at`` for ``days``."""
        issuer = issuer or self.intermediate
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.certificate.subject)
            .last_update(at)
            .next_update(at + timedelta(days=days))
        )
        for serial, when in self.revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when).build()
            )
        return builder.sign(issuer.key, _hash_for(issuer.key)).public_bytes(DER)  # type: ignore[arg-type]

    def answer(self, issued: Issued, at: datetime, *, responder: Issued | None = None) -> bytes:
        """An OCSP answer (DER) about ``issued``, by the intermediate or a responder it appointed."""
        when = next((w for serial, w in self.revoked if serial == issued.certificate.serial_number), None)
        by = responder or self.intermediate
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=issued.certificate,
            issuer=self.intermediate.certificate,
            algorithm=hashes.SHA1(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if when else ocsp.OCSPCertStatus.GOOD,
            this_update=at,
            next_update=at + timedelta(days=1),
            revocation_time=when,
            revocation_reason=None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, by.certificate)
        if responder is not None:
            builder = builder.certificates([responder.certificate])
        return builder.sign(by.key, _hash_for(by.key)).public_bytes(DER)

    def write(self, folder: Path, issued: Iterable[Issued] = ()) -> None:
        """``root.pem``, ``intermediate.pem`` (certificates), ``crl.pem``, ``<email>.pem`` (key, then
        certificate), ``<email>.cert.pem`` (for correspondents). A file with a key is its owner's alone.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "root.pem").write_bytes(self.root.certificate.public_bytes(PEM))
        (folder / "intermediate.pem").write_bytes(self.intermediate.certificate.public_bytes(PEM))
        revocation_list = x509.load_der_x509_crl(self.crl(self.at, days=3650))
        (folder / "crl.pem").write_bytes(revocation_list.public_bytes(PEM))
        for one in issued:
            path = folder / f"{one.email}.pem"
            path.touch(mode=0o600)
            with contextlib.suppress(OSError):
                path.chmod(0o600)
            path.write_bytes(one.pem)
            (folder / f"{one.email}.cert.pem").write_bytes(one.certificate.public_bytes(PEM))


def create(at: datetime, name: str = "Autorité de démonstration", kind: str = "p256") -> Authority:
    """A root of twenty years and an intermediate of ten, both already valid a year before ``at``."""
    root_key, key = new_key(kind), new_key(kind)
    start = at - YEAR
    ca = [
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (_usage(signs=False, certifies=True), True),
    ]
    builder = _builder(f"{name} (racine)", None, root_key, (start, at + 20 * YEAR), ca)
    root = Issued("", builder.sign(root_key, _hash_for(root_key)), root_key)  # type: ignore[arg-type]
    builder = _builder(f"{name} (intermédiaire)", root.certificate, key, (start, at + 10 * YEAR), ca)
    intermediate = Issued("", builder.sign(root_key, _hash_for(root_key)), key)  # type: ignore[arg-type]
    return Authority(at, name, root, intermediate)


def self_signed(email: str, at: datetime, kind: str = "p256") -> Issued:
    """A certificate nobody vouches for."""
    key = new_key(kind)
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.SubjectAlternativeName([x509.RFC822Name(email)]), False),
    ]
    builder = _builder(email, None, key, (at - YEAR, at + YEAR), extensions)
    return Issued(email, builder.sign(key, _hash_for(key)), key)  # type: ignore[arg-type]


def _builder(
    name: str,
    issuer: x509.Certificate | None,
    key: Key,
    dates: tuple[datetime, datetime],
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
    *,
    subject_email: str | None = None,
) -> x509.CertificateBuilder:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]
    if subject_email is not None:
        attributes.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, subject_email))
    subject = x509.Name(attributes)
    signer = issuer.public_key() if issuer is not None else key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dates[0])
        .not_valid_after(dates[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer),  # type: ignore[arg-type]
            critical=False,
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder


def _usage(
    *, signs: bool, enciphers: bool = False, agrees: bool = False, certifies: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=enciphers,
        data_encipherment=False,
        key_agreement=agrees,
        key_cert_sign=certifies,
        crl_sign=certifies,
        encipher_only=False,
        decipher_only=False,
    )
