"""Certificates: addresses, uses, keys, and the files they come in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from asn1crypto import keys as asn1_keys
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from parsers import certificates
from parsers.errors import Malformed, ParseError, PasswordNeeded
from tests.builders import pki
from tests.builders.secure import AT, SENDER, authority, sender


def test_details() -> None:
    issued = authority().issue(SENDER, name="Bureau international", kind="rsa")
    details = certificates.describe(issued.der)
    assert details.subject == "Bureau international"
    assert details.issuer == "Autorité de démonstration (intermédiaire)"
    assert details.emails == (SENDER,)
    assert details.serial == issued.certificate.serial_number
    assert details.not_after == AT + pki.YEAR
    assert details.fingerprint == hashlib.sha256(issued.der).hexdigest()
    assert details.key == "RSA 2048"
    assert not details.authority
    assert certificates.describe(authority().root.der).authority


@pytest.mark.parametrize(
    ("kind", "label"), [("p384", "EC secp384r1"), ("dsa", "DSA 2048"), ("ed25519", "ed25519")]
)
def test_label_of_a_key(kind: str, label: str) -> None:
    assert certificates.describe(sender(kind).der).key == label


def test_addresses_of_every_place_without_doubles() -> None:
    utf8 = x509.OtherName(
        x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), b"\x0c\x10" + "é@chu.example.fr".encode()[:16]
    )
    names = x509.SubjectAlternativeName(
        [x509.RFC822Name("Un@CHU.example"), utf8, x509.DNSName("chu.example")]
    )
    issued = authority().issue("x", emails=(), subject_email="un@chu.example", extra=[(names, False)])
    assert certificates.emails(issued.der) == ("un@chu.example", "é@chu.example.f")
    assert certificates.emails(authority().issue("x", emails=(), subject_email="B@chu.example").der) == (
        "b@chu.example",
    )
    assert certificates.emails(authority().root.der) == ()


def test_key_identifier_of_a_certificate_without_the_extension() -> None:
    ski = sender().certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert certificates.key_identifier(sender().der) == ski


@pytest.mark.parametrize("data", [b"", b"noise", b"\x30\x00", b"\x30\x82\x01\x00" + b"\0" * 256])
def test_noise_is_malformed(data: bytes) -> None:
    for read in (
        certificates.load,
        certificates.describe,
        certificates.emails,
        certificates.certificates_from,
    ):
        with pytest.raises(Malformed):
            read(data)
    with pytest.raises(ParseError):
        certificates.identities_from(data)


def test_an_identity_from_pem_in_any_order() -> None:
    issued = sender()
    key, certificate = issued.pem.split(b"-----BEGIN CERTIFICATE")
    certificate = b"-----BEGIN CERTIFICATE" + certificate
    other = authority().intermediate.certificate.public_bytes(pki.PEM)
    for data in (
        key + certificate,
        certificate + key,
        other + certificate + key,
        b"Bag attributes\n" + issued.pem,
    ):
        assert certificates.identities_from(data) == (issued.identity,)
    (retired,) = certificates.identities_from(issued.pem, retired=True)
    assert retired.retired


def test_the_key_of_another_is_no_identity() -> None:
    mixed = sender().pem.split(b"-----BEGIN CERTIFICATE")[0]
    with pytest.raises(Malformed):
        certificates.identities_from(mixed + authority().root.certificate.public_bytes(pki.PEM))
    with pytest.raises(Malformed):
        certificates.identities_from(sender().certificate.public_bytes(pki.PEM))


def test_a_locked_key() -> None:
    locked = sender().key.private_bytes(
        pki.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )
    data = locked + sender().certificate.public_bytes(pki.PEM)
    with pytest.raises(PasswordNeeded):
        certificates.identities_from(data)
    with pytest.raises(Malformed):
        certificates.identities_from(data, "faux")
    assert certificates.identities_from(data, "secret") == (sender().identity,)
    assert certificates.identities_from(sender().pem, "inutile") == (sender().identity,)


def test_pkcs12_with_its_chain() -> None:
    data = pkcs12.serialize_key_and_certificates(
        b"nom",
        sender().key,  # type: ignore[arg-type]
        sender().certificate,
        [authority().intermediate.certificate],
        serialization.BestAvailableEncryption(b"secret"),
    )
    assert certificates.identities_from(data, "secret") == (sender().identity,)
    assert certificates.certificates_from(data, "secret") == (sender().der, authority().intermediate.der)
    for password in (None, "faux"):
        with pytest.raises(PasswordNeeded):
            certificates.identities_from(data, password)


def test_certificates_of_a_bundle() -> None:
    bundle = b"".join(issued.certificate.public_bytes(pki.PEM) for issued in (sender(), authority().root))
    assert certificates.certificates_from(bundle) == (sender().der, authority().root.der)
    assert certificates.certificates_from(sender().der) == (sender().der,)
    with pytest.raises(Malformed):
        certificates.certificates_from(sender().pem.split(b"-----BEGIN CERTIFICATE")[0])


def test_the_files_of_the_demonstration(tmp_path: Path) -> None:
    authority().write(tmp_path, [sender()])
    (identity,) = certificates.identities_from((tmp_path / f"{SENDER}.pem").read_bytes())
    assert identity == sender().identity
    assert (tmp_path / f"{SENDER}.pem").stat().st_mode & 0o077 == 0
    assert certificates.certificates_from((tmp_path / "root.pem").read_bytes()) == (authority().root.der,)
    assert certificates.certificates_from((tmp_path / f"{SENDER}.cert.pem").read_bytes()) == (sender().der,)
    assert x509.load_pem_x509_crl((tmp_path / "crl.pem").read_bytes()).next_update_utc is not None


def test_a_private_key_that_is_none() -> None:
    with pytest.raises(Malformed):
        certificates.private_key(b"noise")


def test_a_key_reserved_to_pss_is_an_rsa_key() -> None:
    plain = asn1_keys.PublicKeyInfo.load(certificates.load(sender("rsa").der).public_key.dump())
    reserved = asn1_keys.PublicKeyInfo(
        {"algorithm": {"algorithm": "rsassa_pss"}, "public_key": plain["public_key"]}
    )
    expected = certificates.public_key(plain.dump())
    assert certificates.public_key(reserved.dump()) == expected


def test_a_public_key_of_an_unknown_kind_is_one_of_ours() -> None:
    info = asn1_keys.PublicKeyInfo.load(certificates.load(sender("ed25519").der).public_key.dump())
    unknown = info.dump().replace(b"\x2b\x65\x70", b"\x2b\x65\x01")
    with pytest.raises(ParseError):
        certificates.public_key(unknown)
