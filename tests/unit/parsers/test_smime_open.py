"""The walk through the layers: what is opened, what is kept, and one verdict for all."""

from __future__ import annotations

import base64

import pytest

from parsers.errors import TooLarge
from parsers.limits import Limits
from parsers.smime.model import Decryption, LayerKind, Security, Signature
from parsers.smime.open import open_mail
from tests.builders import pkcs7, pki, smime
from tests.builders.secure import AT, ENTITY, SENDER, authority, mail, mailbox, read, sender


def test_mail_without_cryptography_passes_through_untouched() -> None:
    raw = mail(ENTITY)
    opened = read(raw, [mailbox().identity])
    assert opened.entity is raw
    assert opened.security == Security()
    assert (opened.security.decryption, opened.security.signature) == (Decryption.ABSENT, Signature.ABSENT)


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\x00" * 50, b"From: \r\n\r\n", b"no header at all"])
def test_odd_mail_passes_through(raw: bytes) -> None:
    assert read(raw).entity == raw


@pytest.mark.parametrize("opaque", [False, True])
def test_signed_then_encrypted_is_the_usual_secure_mail(opaque: bool) -> None:
    signed = smime.sign(ENTITY, sender().identity, opaque=opaque, chain=authority().chain)
    opened = read(mail(smime.encrypt(signed, [mailbox().der])), [mailbox().identity])
    assert opened.entity == ENTITY
    security = opened.security
    assert (security.encrypted, security.decryption, security.signature) == (True, "ok", "valid")
    assert security.signer == SENDER
    assert [layer.kind for layer in security.layers] == [LayerKind.ENCRYPTED, LayerKind.SIGNED]
    assert set(security.certificates) == {sender().der, *authority().chain}


def test_encrypted_then_signed() -> None:
    entity = smime.sign(smime.encrypt(ENTITY, [mailbox().der]), sender().identity)
    opened = read(mail(entity), [mailbox().identity])
    assert (opened.entity, opened.security.signature) == (ENTITY, Signature.VALID)


@pytest.mark.parametrize("opaque", [False, True])
def test_triple_wrapped(opaque: bool) -> None:
    inner = smime.sign(ENTITY, sender().identity, opaque=opaque)
    entity = smime.sign(smime.encrypt(inner, [mailbox().der]), sender().identity, opaque=not opaque)
    opened = read(mail(entity), [mailbox().identity])
    assert opened.entity == ENTITY
    assert [layer.kind.value for layer in opened.security.layers] == ["signed", "encrypted", "signed"]
    assert opened.security.signature is Signature.VALID


def test_an_invalid_outer_signature_decides_over_a_valid_inner_one() -> None:
    inner = smime.sign(ENTITY, sender().identity, opaque=True)
    outer = smime.sign(inner, sender().identity).replace(
        b"smime-type=signed-data", b"smime-type=signed-datA"
    )
    opened = read(mail(outer))
    assert [layer.signature for layer in opened.security.layers] == [Signature.INVALID, Signature.VALID]
    assert opened.security.signature is Signature.INVALID


def test_a_colleague_s_signature_inside_the_sender_s_own_does_not_spoil_it() -> None:
    colleague = authority().issue("infirmiere@chu-lille.example")
    entity = smime.sign(smime.sign(ENTITY, colleague.identity, opaque=True), sender().identity, opaque=True)
    security = read(mail(entity)).security
    assert (security.signature, security.signer) == (Signature.VALID, SENDER)
    assert any("infirmiere@chu-lille.example" in reason for reason in security.reasons)


def test_no_key_keeps_the_message_and_says_so() -> None:
    raw = mail(smime.encrypt(ENTITY, [mailbox().der]))
    opened = read(raw, [sender().identity])
    assert opened.entity == raw
    assert opened.security.decryption is Decryption.NO_KEY
    assert opened.security.encrypted
    assert "aucune clé de la passerelle ne l’ouvre" in opened.security.reasons[0]


def test_no_key_behind_a_valid_signature_keeps_the_whole_message() -> None:
    raw = mail(smime.sign(smime.encrypt(ENTITY, [mailbox().der]), sender().identity))
    opened = read(raw)
    assert (opened.entity, opened.security.decryption) == (raw, Decryption.NO_KEY)


def test_a_key_added_later_opens_the_kept_message() -> None:
    raw = mail(smime.encrypt(ENTITY, [mailbox().der]))
    kept = read(raw).entity
    assert read(kept, [mailbox().identity]).entity == ENTITY


@pytest.mark.parametrize("label", ["enveloped-data", "signed-data", ""])
def test_unreadable_structure_is_a_verdict_and_keeps_the_message(label: str) -> None:
    body = base64.encodebytes(b"\x30\x82\xff\xffnot a structure")
    kind = f"; smime-type={label}" if label else ""
    raw = mail(f"Content-Type: application/pkcs7-mime{kind}\r\n\r\n".encode() + body)
    opened = read(raw)
    assert opened.entity == raw
    if label == "signed-data":
        assert opened.security.signature is Signature.INVALID
    else:
        assert opened.security.decryption is Decryption.CORRUPT
    assert opened.security.reasons == ("La structure cryptographique du message est illisible.",)


@pytest.mark.parametrize(
    "header",
    [
        b'application/octet-stream; name="SMIME.P7M"',
        b"application/x-pkcs7-mime",
        b'application/pkcs7-mime; smime-type="wrong-name"; name=x',
    ],
)
def test_other_labels_of_the_same_thing(header: bytes) -> None:
    entity = smime.encrypt(ENTITY, [mailbox().der])
    body = entity[entity.index(b"\r\n\r\n") :]
    labelled = b"Content-Transfer-Encoding: base64\r\nContent-Type: " + header + body
    assert read(mail(labelled), [mailbox().identity]).entity == ENTITY


def test_alone_in_a_multipart_as_some_gateways_send_it() -> None:
    wrapped = smime.encrypt(ENTITY, [mailbox().der])
    entity = b'Content-Type: multipart/mixed; boundary="w"\r\n\r\n--w\r\n' + wrapped + b"\r\n--w--\r\n"
    assert read(mail(entity), [mailbox().identity]).entity == ENTITY


def test_a_signature_beside_other_parts_proves_nothing_of_the_whole() -> None:
    signed = smime.sign(ENTITY, sender().identity)
    entity = b'Content-Type: multipart/mixed; boundary="w"\r\n\r\n--w\r\n' + signed
    entity += b"\r\n--w\r\n\r\nAdded by somebody\r\n--w--\r\n"
    raw = mail(entity)
    opened = read(raw)
    assert (opened.entity, opened.security.signature) == (raw, Signature.ABSENT)


def test_a_part_added_inside_a_signed_multipart_is_refused_and_nothing_hidden() -> None:
    signed = smime.sign(ENTITY, sender().identity)
    boundary = signed[signed.index(b'boundary="') + 10 :].partition(b'"')[0]
    extra = b"\r\n--" + boundary + b"\r\n\r\nAdded\r\n--" + boundary + b"--\r\n"
    raw = mail(signed.replace(b"\r\n--" + boundary + b"--\r\n", extra))
    opened = read(raw)
    assert opened.security.signature is Signature.INVALID
    assert opened.entity == raw


def test_pgp_is_not_ours() -> None:
    signed = smime.sign(ENTITY, sender().identity).replace(b"pkcs7-signature", b"pgp-signature")
    assert read(mail(signed)).security == Security()


def test_an_endless_wrapping_stops_at_the_limit() -> None:
    entity = ENTITY
    for _ in range(6):
        entity = smime.sign(entity, sender().identity, opaque=True)
    with pytest.raises(TooLarge):
        open_mail(mail(entity), [], authority().trust(), AT, Limits(depth=5))


def test_a_bare_structure_inside_an_envelope_is_opened_too() -> None:
    signed = pkcs7.signed_data(ENTITY, [sender().identity])
    der = pkcs7.enveloped_data(signed, [mailbox().der], inner="signed_data")
    opened = read(mail(smime.pkcs7_mime(der, "enveloped-data")), [mailbox().identity])
    assert (opened.entity, opened.security.signature) == (ENTITY, Signature.VALID)


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ([("From", SENDER), ("From", "autre@chu.example")], "plusieurs champs"),
        ([("From", SENDER), ("From", SENDER)], "plusieurs champs"),
        ([("To", SENDER)], "aucune adresse"),
        ([("From", "undisclosed")], "aucune adresse"),
        ([("From", f"{SENDER}, autre@chu.example")], "n’est pas l’expéditeur"),
        ([("From", f'"{SENDER}" <autre@chu.example>')], "n’est pas l’expéditeur"),
    ],
)
def test_a_signature_needs_exactly_one_sender_and_the_right_one(
    headers: list[tuple[str, str]], word: str
) -> None:
    security = read(smime.message(smime.sign(ENTITY, sender().identity), headers)).security
    assert security.signature is Signature.MISMATCH
    assert word in security.reasons[0]


def test_the_case_of_an_address_does_not_matter() -> None:
    raw = mail(smime.sign(ENTITY, sender().identity), SENDER.upper())
    assert read(raw).security.signature is Signature.VALID


def test_the_sender_of_an_inner_header_is_not_believed() -> None:
    stranger = pki.create(AT).issue("autre@chu.example")
    inner = b"From: autre@chu.example\r\n" + ENTITY
    trust = authority().trust()
    both = type(trust)((*trust.roots, stranger.der), trust.intermediates)
    security = read(mail(smime.sign(inner, stranger.identity)), trust=both).security
    assert security.signature is Signature.MISMATCH


def test_only_certificates_is_neither_signed_nor_opened() -> None:
    der = pkcs7.signed_data(b"", [], chain=[sender().der], inside=False)
    raw = mail(smime.pkcs7_mime(der, "certs-only"))
    opened = read(raw)
    assert (opened.entity, opened.security.signature) == (raw, Signature.ABSENT)
    assert opened.security.certificates == (sender().der,)


def test_compressed_mail_is_expanded_within_its_ceiling() -> None:
    entity = smime.sign(ENTITY, sender().identity)
    raw = mail(smime.compress(entity))
    opened = read(raw)
    assert (opened.entity, opened.security.signature) == (ENTITY, Signature.VALID)
    bomb = mail(smime.compress(b"\0" * 200_000))
    with pytest.raises(TooLarge):
        open_mail(bomb, [], authority().trust(), AT, Limits(archive_bytes=100_000))


def test_compressed_noise_keeps_the_message() -> None:
    raw = mail(smime.compress(b"", stream=b"noise"))
    opened = read(raw)
    assert opened.entity == raw
    assert opened.security.decryption is Decryption.CORRUPT
