"""What a signer binds to the content: mandatory attributes, doubles, swaps and disguises."""

from __future__ import annotations

import hashlib

import pytest
from asn1crypto import cms, core

from parsers.smime.cms import (
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    SigningCertificate,
    SigningCertificateV2,
)
from parsers.smime.model import Identity, Security, Signature
from tests.builders import pkcs7, smime
from tests.builders.secure import AT, ENTITY, SENDER, authority, mail, read, sender

_CONTENT_TYPE = pkcs7.attribute("content_type", "data")
_DIGEST = pkcs7.attribute("message_digest", hashlib.sha256(ENTITY).digest())


def _judge(*attributes: cms.CMSAttribute, content: bytes = ENTITY, kind: str = "data") -> Security:
    """The verdict on a message signed with exactly these attributes, by a key that is right."""
    der = pkcs7.signed_data(content, [sender().identity], exactly=attributes, kind=kind)
    return read(mail(smime.pkcs7_mime(der, "signed-data"))).security


def test_the_two_mandatory_ones_are_enough() -> None:
    assert _judge(_CONTENT_TYPE, _DIGEST).signature is Signature.VALID


@pytest.mark.parametrize(
    "attributes",
    [
        (_DIGEST,),
        (_CONTENT_TYPE,),
        (pkcs7.attribute("signing_time", cms.Time(name="utc_time", value=AT)),),
        (pkcs7.attribute("content_type", "signed_data"), _DIGEST),
        (_CONTENT_TYPE, pkcs7.attribute("message_digest")),
        (_CONTENT_TYPE, pkcs7.attribute("message_digest", b"\0" * 32)),
        (_CONTENT_TYPE, pkcs7.attribute("message_digest", hashlib.sha256(ENTITY).digest()[:16])),
        (_CONTENT_TYPE, pkcs7.attribute("message_digest", hashlib.sha256(ENTITY).digest(), b"\0" * 32)),
        (_CONTENT_TYPE, pkcs7.attribute("message_digest", hashlib.sha256(ENTITY).digest(), b"\xff" * 32)),
        (_CONTENT_TYPE, _DIGEST, _DIGEST),
        (_CONTENT_TYPE, pkcs7.attribute("message_digest", b"\0" * 32), _DIGEST),
        (_CONTENT_TYPE, _CONTENT_TYPE, _DIGEST),
        (),
    ],
    ids=[
        "no type",
        "no digest",
        "neither",
        "other type",
        "no value",
        "other digest",
        "short digest",
        "two values, right one last",
        "two values, right one first",
        "digest twice",
        "two digests",
        "type twice",
        "none",
    ],
)
def test_anything_else_is_refused_although_the_key_is_right(
    attributes: tuple[cms.CMSAttribute, ...],
) -> None:
    security = _judge(*attributes)
    assert security.signature is Signature.INVALID
    assert security.reasons


def test_a_content_that_is_no_plain_data_must_say_so() -> None:
    assert _judge(_CONTENT_TYPE, _DIGEST, kind="1.2.3.4").signature is Signature.INVALID
    named = pkcs7.attribute("content_type", "1.2.3.4")
    assert _judge(named, _DIGEST, kind="1.2.3.4").signature is Signature.VALID


class _Values(core.SetOf):  # type: ignore[misc]
    _child_spec = core.Any


class _Written(core.Sequence):  # type: ignore[misc]
    _fields = [("type", core.ObjectIdentifier), ("values", _Values)]  # noqa: RUF012 - as the library reads it


def _binding(name: str, value: core.Sequence) -> cms.CMSAttribute:
    """Its bytes alone: whoever reads time stamps teaches the library other classes for these names."""
    return cms.CMSAttribute.load(_Written({"type": name, "values": [core.Any.load(value.dump())]}).dump())


@pytest.mark.parametrize("right", [True, False])
def test_signing_certificate(right: bool) -> None:
    der = sender().der if right else authority().root.der
    new = SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(der).digest()}]})
    old = SigningCertificate({"certs": [{"cert_hash": hashlib.sha1(der).digest()}]})
    expected = Signature.VALID if right else Signature.INVALID
    for attribute in (_binding(SIGNING_CERTIFICATE_V2, new), _binding(SIGNING_CERTIFICATE, old)):
        assert _judge(_CONTENT_TYPE, _DIGEST, attribute).signature is expected


def test_a_certificate_swapped_for_another_of_the_same_key() -> None:
    """Same key, other addresses: only the signing-certificate attribute tells them apart."""
    twin = authority().issue("autre@chu.example", key=sender().key)
    digest = hashlib.sha256(sender().der).digest()
    bound = _binding(SIGNING_CERTIFICATE_V2, SigningCertificateV2({"certs": [{"cert_hash": digest}]}))
    swapped = Identity(twin.der, sender().identity.key)
    for extra, expected in (((), Signature.VALID), ((bound,), Signature.INVALID)):
        raw = mail(smime.sign(ENTITY, swapped, extra=extra), "autre@chu.example")
        assert read(raw).security.signature is expected


@pytest.mark.parametrize(
    ("digest", "signature", "expected"),
    [
        ("sha256", "sha256_ecdsa", Signature.VALID),
        ("sha1", "sha256_ecdsa", Signature.INVALID),
        ("sha256", "sha1_ecdsa", Signature.INVALID),
    ],
)
def test_algorithm_protection(digest: str, signature: str, expected: Signature) -> None:
    value = cms.CMSAlgorithmProtection(
        {"digest_algorithm": {"algorithm": digest}, "signature_algorithm": {"algorithm": signature}}
    )
    attribute = pkcs7.attribute("cms_algorithm_protection", value)
    assert _judge(_CONTENT_TYPE, _DIGEST, attribute).signature is expected


def test_attributes_shown_as_a_content_are_refused() -> None:
    """A signature over attributes, replayed as a signature without attributes over those very bytes."""
    attributes = cms.CMSAttributes([_CONTENT_TYPE, _DIGEST]).dump()
    for opaque in (True, False):
        raw = mail(smime.sign(attributes, sender().identity, attributes=False, opaque=opaque))
        security = read(raw).security
        assert security.signature is Signature.INVALID
        assert security.reasons == ("Le contenu signé est la signature d’un autre message.",)


def test_attributes_received_in_another_order_than_signed() -> None:
    """The signer hashed the sorted DER and sent its attributes as they came."""
    der = pkcs7.signed_data(ENTITY, [sender().identity], at=AT)
    info = cms.ContentInfo.load(der)
    attributes = info["content"]["signer_infos"][0]["signed_attrs"]
    encoded = attributes.dump()
    parts = [item.dump() for item in attributes]
    swapped = encoded[: -sum(map(len, parts))] + b"".join(reversed(parts))
    assert swapped != encoded
    raw = mail(smime.pkcs7_mime(der.replace(encoded, swapped), "signed-data"))
    assert read(raw).security.signature is Signature.VALID


def test_the_verdict_names_the_signer_even_when_the_attributes_are_wrong() -> None:
    assert _judge(_DIGEST).signer == SENDER
