"""Signatures: every algorithm, every way to name a signer, and everything that must not pass."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from parsers.smime import signed
from parsers.smime.model import Identity, Signature, Trust
from tests.builders import pkcs7, pki, smime
from tests.builders.secure import AT, ENTITY, SENDER, authority, mail, read, sender

V = Signature


@pytest.mark.parametrize("opaque", [False, True])
@pytest.mark.parametrize("kind", ["rsa", "p256", "p384", "p521", "brainpool", "ed25519", "ed448"])
def test_every_kind_of_key(kind: str, opaque: bool) -> None:
    opened = read(mail(smime.sign(ENTITY, sender(kind).identity, opaque=opaque, digest="sha512")))
    assert (opened.entity, opened.security.signature, opened.security.signer) == (ENTITY, V.VALID, SENDER)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_pss(digest: str) -> None:
    raw = mail(smime.sign(ENTITY, sender("rsa").identity, pss=True, digest=digest))
    assert read(raw).security.signature is V.VALID


@pytest.mark.parametrize("opaque", [False, True])
def test_signer_named_by_its_key(opaque: bool) -> None:
    raw = mail(smime.sign(ENTITY, sender().identity, by_key_id=True, opaque=opaque))
    assert read(raw).security.signature is V.VALID


@pytest.mark.parametrize("by_key_id", [False, True])
def test_certificate_absent_from_the_message_is_found_in_the_directory(by_key_id: bool) -> None:
    raw = mail(smime.sign(ENTITY, sender().identity, embed=False, by_key_id=by_key_id))
    unknown = read(raw).security
    assert unknown.signature is V.UNTRUSTED
    assert unknown.reasons == ("Le certificat du signataire n’est ni dans le message ni dans l’annuaire.",)
    known = replace(authority().trust(), known=(b"noise", sender().der))
    assert read(raw, trust=known).security.signature is V.VALID


def test_unknown_certificate_still_shows_the_content() -> None:
    raw = mail(smime.sign(ENTITY, sender().identity, embed=False, opaque=True))
    assert read(raw).entity == ENTITY


def test_unknown_certificate_and_changed_content_is_worse_than_unknown() -> None:
    raw = mail(smime.sign(ENTITY, sender().identity, embed=False)).replace(b"Bonjour", b"Bonsoir")
    assert read(raw).security.signature is V.INVALID


def test_without_signed_attributes() -> None:
    for opaque in (False, True):
        raw = mail(smime.sign(ENTITY, sender().identity, attributes=False, opaque=opaque))
        assert read(raw).security.signature is V.VALID


@pytest.mark.parametrize("attributes", [False, True])
def test_changed_content(attributes: bool) -> None:
    raw = mail(smime.sign(ENTITY, sender().identity, attributes=attributes)).replace(b"Bonjour", b"Bonsoir")
    opened = read(raw)
    assert opened.security.signature is V.INVALID
    assert opened.security.reasons
    assert b"Bonsoir" in opened.entity


def test_changed_content_says_what_happened() -> None:
    raw = mail(smime.sign(ENTITY, sender().identity)).replace(b"Bonjour", b"Bonsoir")
    security = read(raw).security
    assert security.reasons == ("Le contenu n’est pas celui qui a été signé : il a été modifié en chemin.",)
    assert security.signer == SENDER


def test_someone_else_s_key_under_the_sender_s_certificate() -> None:
    thief = pki.new_key("p256")
    forged = Identity(sender().der, pki.Issued(SENDER, sender().certificate, thief).identity.key)
    security = read(mail(smime.sign(ENTITY, forged))).security
    assert security.signature is V.INVALID
    assert "n’a pas été faite par la clé" in security.reasons[0]


@pytest.mark.parametrize("before", [b"\n", b"\r\n"])
def test_line_ends_changed_on_the_way(before: bytes) -> None:
    """Signed with one kind of line end, arrived with the other, whatever RFC 8551 3.1.1 asks."""
    entity = ENTITY.replace(b"\r\n", before)
    raw = mail(smime.sign(entity, sender().identity))
    other = raw.replace(b"\r\n", b"\n")
    for arrived in (raw, other, other.replace(b"\n", b"\r\n")):
        assert read(arrived).security.signature is V.VALID


def test_a_signed_binary_content_is_not_touched() -> None:
    entity = b"Content-Type: application/octet-stream\r\n\r\n\x00\r\r\n\n\r\x01 mixed"
    raw = mail(smime.sign(entity, sender().identity))
    opened = read(raw)
    assert (opened.entity, opened.security.signature) == (entity, V.VALID)


def test_canonical_form() -> None:
    data = b"a\r\nb\r\n"
    assert signed.canonicalise(data) is data
    assert signed.canonicalise(b"a\nb\rc\r\nd") == b"a\r\nb\r\nc\r\nd"


def test_several_signers_of_whom_one_is_the_sender() -> None:
    other = authority().issue("chef@chu-lille.example")
    for first, second in ((sender(), other), (other, sender())):
        raw = mail(smime.sign(ENTITY, first.identity, others=[second.identity]))
        security = read(raw).security
        assert (security.signature, security.signer) == (V.VALID, SENDER)
        assert {signer.verdict for signer in security.layers[0].signers} == {V.VALID, V.MISMATCH}


def test_several_signers_of_whom_one_is_forged() -> None:
    thief = pki.Issued(SENDER, sender().certificate, pki.new_key())
    other = authority().issue("chef@chu-lille.example")
    raw = mail(smime.sign(ENTITY, other.identity, others=[thief.identity]), "chef@chu-lille.example")
    assert read(raw).security.signature is V.INVALID


@pytest.mark.parametrize("digest", ["md5", "sha1"])
def test_weak_digest_is_named(digest: str) -> None:
    security = read(mail(smime.sign(ENTITY, sender("rsa").identity, digest=digest))).security
    assert security.signature is V.WEAK
    assert {"md5": "MD5", "sha1": "SHA-1"}[digest] in security.reasons[0]


@pytest.mark.parametrize(("kind", "word"), [("rsa1024", "1024 bits"), ("dsa", "DSA"), ("p192", "192 bits")])
def test_weak_key_is_named(kind: str, word: str) -> None:
    security = read(mail(smime.sign(ENTITY, sender(kind).identity))).security
    assert security.signature is V.WEAK
    assert word in security.reasons[0]


def test_a_weak_signature_by_another_is_a_mismatch() -> None:
    raw = mail(smime.sign(ENTITY, sender("rsa1024").identity), "autre@chu.example")
    assert read(raw).security.signature is V.MISMATCH


def test_too_many_signatures() -> None:
    raw = mail(smime.sign(ENTITY, sender().identity, others=[sender().identity] * 20))
    assert read(raw).security.signature is V.INVALID


def test_content_without_any_signature_is_not_signed() -> None:
    der = pkcs7.signed_data(ENTITY, [])
    opened = read(mail(smime.pkcs7_mime(der, "signed-data")))
    assert (opened.entity, opened.security.signature) == (ENTITY, V.INVALID)


def test_signature_without_its_content() -> None:
    der = pkcs7.signed_data(ENTITY, [sender().identity], inside=False)
    assert read(mail(smime.pkcs7_mime(der, "signed-data"))).security.signature is V.INVALID


def test_a_detached_signature_that_carries_another_content() -> None:
    """The Mozilla case: the structure verifies by itself, over a text that is not the one shown."""
    raw = mail(smime.sign(ENTITY, sender().identity))
    detached = pkcs7.signed_data(ENTITY, [sender().identity], inside=False)
    other = pkcs7.signed_data(b"Content-Type: text/plain\r\n\r\nAutre", [sender().identity])
    start = raw.index(b'filename="smime.p7s"') + len(b'filename="smime.p7s"\r\n\r\n')
    end = raw.index(b"\r\n--", start)
    for der, verdict in ((detached, V.VALID), (other, V.INVALID)):
        assert read(raw[:start] + base64.encodebytes(der) + raw[end:]).security.signature is verdict


def test_signing_time_is_shown_and_not_believed() -> None:
    raw = mail(smime.sign(ENTITY, sender().identity, at=AT.replace(year=2040)))
    security = read(raw).security
    assert security.signature is V.VALID
    signed_at = security.layers[0].signers[0].signed_at
    assert signed_at is not None
    assert signed_at.year == 2040


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], V.ABSENT),
        ([V.VALID, V.INVALID], V.INVALID),
        ([V.VALID, V.REVOKED], V.REVOKED),
        ([V.REVOKED, V.INVALID], V.INVALID),
        ([V.MISMATCH, V.VALID], V.VALID),
        ([V.MISMATCH, V.UNTRUSTED], V.MISMATCH),
        ([V.ABSENT, V.EXPIRED], V.EXPIRED),
    ],
)
def test_one_verdict_for_several(verdicts: list[Signature], expected: Signature) -> None:
    assert signed.overall(verdicts) is expected


def test_no_authority_declared() -> None:
    security = read(mail(smime.sign(ENTITY, sender().identity)), trust=Trust()).security
    assert security.signature is V.UNTRUSTED
    assert security.reasons[0].startswith("Aucune autorité n’est déclarée")
