"""Reading of structures: DER, BER and PEM in, and never another family of errors out."""

from __future__ import annotations

import base64

import pytest
from asn1crypto import core, pem

from parsers.errors import Malformed, Unsupported
from parsers.smime import cms
from tests.builders import pkcs7, pki
from tests.builders.secure import AT, ENTITY, sender


def _stream(data: bytes, size: int = 100) -> bytes:
    """A constructed, indefinite OCTET STRING in chunks, one of them nested, as streaming writers make."""
    chunks = [data[i : i + size] for i in range(0, len(data), size)]
    encoded = [core.OctetString(chunk).dump() for chunk in chunks]
    return b"".join((b"\x24\x80", *encoded[:-1], b"\x24\x80", encoded[-1], b"\0\0\0\0"))


def test_indefinite_lengths_and_chunks() -> None:
    der = pkcs7.signed_data(ENTITY * 20, [sender().identity])
    content = core.OctetString(ENTITY * 20).dump()
    explicit = core.OctetString(ENTITY * 20, explicit=0).dump()
    info = der[: der.index(explicit)]
    oid = core.ObjectIdentifier("1.2.840.113549.1.7.1").dump()
    start = info.rindex(b"\x30", 0, info.rindex(oid))
    rest = der[der.index(explicit) + len(explicit) :]
    streamed = b"\x30\x80" + oid + b"\xa0\x80" + _stream(ENTITY * 20) + b"\0\0\0\0"
    body = der[der.index(b"\x02\x01", 15) : start] + streamed + rest
    signed_data = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()
    ber = b"\x30\x80" + signed_data + b"\xa0\x80\x30\x80" + body + b"\0\0" * 3
    assert content in der
    found = cms.content_info(ber)["content"]["encap_content_info"]["content"]
    assert cms.octets(found) == ENTITY * 20


def test_a_great_many_chunks_take_no_great_time() -> None:
    """Two hundred thousand bytes one by one: joining them two by two would move gigabytes."""
    streamed = core.OctetString.load(b"\x24\x80" + b"\x04\x01x" * 200_000 + b"\0\0")
    assert cms.octets(streamed) == b"x" * 200_000


@pytest.mark.parametrize(
    "chunks", [b"\x02\x01\x01", b"\x04\x05abc", b"\x04\x84\xff\xff\xff\xffabc", b"\x04"]
)
def test_incoherent_chunks_are_malformed(chunks: bytes) -> None:
    with pytest.raises(Malformed), cms.reading("illisible"):
        cms.octets(core.OctetString.load(b"\x24" + bytes([len(chunks)]) + chunks))


def test_absent_value() -> None:
    assert cms.octets(core.Void()) is None
    assert cms.octets(None) is None


def test_pem_and_base64_and_raw() -> None:
    der = pkcs7.signed_data(ENTITY, [sender().identity])
    armoured = pem.armor("CMS", der)
    for data in (der, armoured, cms.strip_armour(base64.encodebytes(der)), cms.strip_armour(der)):
        assert cms.content_info(data)["content_type"].native == "signed_data"
    assert cms.strip_armour(b"!") == b""


@pytest.mark.parametrize(
    "data", [b"", b"\x30", b"\x30\x80", b"\x30\x03\x02\x01\x01", b"\xff" * 50, b"-----BEGIN X-----"]
)
def test_noise_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        cms.content_info(data)


def test_nesting_without_end_is_malformed() -> None:
    with pytest.raises(Malformed):
        cms.content_info(b"\x30\x80" * 100_000)


def test_whatever_a_library_raises_becomes_one_family() -> None:
    for error in (KeyError("x"), RecursionError(), AssertionError()):
        with pytest.raises(Malformed), cms.reading("illisible"):
            raise error
    with pytest.raises(Unsupported), cms.reading("illisible"):
        raise Unsupported("connu")


def test_certificates_are_bounded() -> None:
    many = [pki.self_signed("a@chu.example", AT).der for _ in range(cms.MAX_CERTIFICATES + 5)]
    info = cms.content_info(pkcs7.signed_data(ENTITY, [sender().identity], chain=many))
    assert len(cms.certificates(info["content"]["certificates"])) == cms.MAX_CERTIFICATES


def test_lists_and_answers_carried() -> None:
    ca = pki.create(AT)
    issued = ca.issue("a@chu.example")
    crl, answer = ca.crl(AT), ca.answer(issued, AT)
    info = cms.content_info(pkcs7.signed_data(ENTITY, [issued.identity], crls=[crl], answers=[answer]))
    assert cms.revocation_lists(info["content"]["crls"]) == ((crl,), (answer,))
    bare = cms.content_info(pkcs7.signed_data(ENTITY, [issued.identity], embed=False))
    assert cms.revocation_lists(bare["content"]["crls"]) == ((), ())
    assert cms.certificates(bare["content"]["certificates"]) == ()
