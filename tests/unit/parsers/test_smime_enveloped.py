"""Decryption: every cipher, the right key found among many, and what is said when nothing opens."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from asn1crypto import cms, core
from cryptography.hazmat.decrepit.ciphers.algorithms import RC2, TripleDES
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from parsers.smime.cms import content_info
from parsers.smime.enveloped import decrypt
from parsers.smime.model import Decryption, Identity
from tests.builders import pkcs7, pki, smime
from tests.builders.secure import ENTITY, MAILBOX, authority, mail, mailbox, read, sender


def _open(der: bytes, *identities: Identity) -> tuple[Decryption, bytes | None, tuple[str, ...]]:
    result = decrypt(content_info(der), identities)
    return result.layer.decryption, result.content, result.layer.reasons


@pytest.mark.parametrize("aead", [True, False])
@pytest.mark.parametrize("key_bytes", [16, 24, 32])
def test_every_length_of_aes(aead: bool, key_bytes: int) -> None:
    der = pkcs7.enveloped_data(ENTITY, [mailbox().der], aead=aead, key_bytes=key_bytes)
    result = decrypt(content_info(der), [mailbox().identity])
    assert result.content == ENTITY
    assert result.layer.algorithm == f"AES-{key_bytes * 8}-{'GCM' if aead else 'CBC'}"
    assert result.layer.authenticated is aead
    assert result.layer.reasons == ()


@pytest.mark.parametrize("content", [b"", b"x" * 15, b"x" * 16, b"\x10" * 16, os.urandom(100_000)])
@pytest.mark.parametrize("aead", [True, False])
def test_every_length_of_content(aead: bool, content: bytes) -> None:
    der = pkcs7.enveloped_data(content, [mailbox().der], aead=aead)
    assert _open(der, mailbox().identity)[1] == content


@pytest.mark.parametrize("tag_bytes", [12, 13, 14, 15, 16])
def test_every_length_of_tag(tag_bytes: int) -> None:
    der = pkcs7.enveloped_data(ENTITY, [mailbox().der], tag_bytes=tag_bytes)
    assert _open(der, mailbox().identity)[1] == ENTITY


@pytest.mark.parametrize("tag_bytes", [0, 1, 8, 11])
def test_a_short_tag_is_refused(tag_bytes: int) -> None:
    der = pkcs7.enveloped_data(ENTITY, [mailbox().der], tag_bytes=tag_bytes)
    assert _open(der, mailbox().identity)[:2] == (Decryption.CORRUPT, None)


def test_a_tag_cut_short_on_the_way_is_refused() -> None:
    info = content_info(pkcs7.enveloped_data(ENTITY, [mailbox().der]))
    info["content"]["mac"] = info["content"]["mac"].native[:12]
    assert _open(info.dump(force=True), mailbox().identity)[0] is Decryption.CORRUPT


def _old_cipher(algorithm: dict[str, Any], key: bytes, cipher: Cipher[modes.CBC]) -> bytes:
    """An EnvelopedData for the mailbox by a cipher of the last century."""
    padder = padding.PKCS7(64).padder()
    encryptor = cipher.encryptor()
    sealed = encryptor.update(padder.update(ENTITY) + padder.finalize()) + encryptor.finalize()
    public: Any = mailbox("rsa").certificate.public_key()
    info = content_info(pkcs7.enveloped_data(b"", [mailbox("rsa").der], aead=False, oaep=None))
    body = info["content"]
    body["recipient_infos"][0].chosen["encrypted_key"] = public.encrypt(key, rsa_padding.PKCS1v15())
    body["encrypted_content_info"] = {
        "content_type": "data",
        "content_encryption_algorithm": algorithm,
        "encrypted_content": sealed,
    }
    return bytes(info.dump(force=True))


def test_triple_des_is_opened_and_named() -> None:
    key, iv = os.urandom(24), os.urandom(8)
    algorithm = {"algorithm": "tripledes_3key", "parameters": core.OctetString(iv)}
    der = _old_cipher(algorithm, key, Cipher(TripleDES(key), modes.CBC(iv)))
    state, content, reasons = _open(der, mailbox("rsa").identity)
    assert (state, content) == (Decryption.OK, ENTITY)
    assert reasons == ("Le chiffrement employé (3DES) est trop faible aujourd’hui.",)


@pytest.mark.parametrize(("version", "opened"), [(58, True), (160, False)])
def test_rc2_is_opened_when_its_key_is_long(version: int, opened: bool) -> None:
    key, iv = os.urandom(16), os.urandom(8)
    parameters = {"rc2_parameter_version": version, "iv": iv}
    der = _old_cipher({"algorithm": "rc2", "parameters": parameters}, key, Cipher(RC2(key), modes.CBC(iv)))
    state, content, reasons = _open(der, mailbox("rsa").identity)
    assert (content == ENTITY) is opened
    assert state is (Decryption.OK if opened else Decryption.CORRUPT)
    assert "RC2" in reasons[0]


@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_the_right_key_among_many_is_found(kind: str) -> None:
    others = [authority().issue(MAILBOX, kind="p256") for _ in range(5)]
    der = pkcs7.enveloped_data(ENTITY, [others[0].der, mailbox(kind).der, others[1].der])
    keys = [other.identity for other in others[2:]]
    assert _open(der, *keys)[0] is Decryption.NO_KEY
    assert _open(der, *keys, mailbox(kind).identity)[1] == ENTITY


@pytest.mark.parametrize("aead", [True, False])
@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_a_renewed_certificate_on_the_same_key(kind: str, aead: bool) -> None:
    """The sender names the old certificate; only the new one is here: the key is tried all the same."""
    renewed = authority().issue(MAILBOX, key=mailbox(kind).key)
    der = pkcs7.enveloped_data(ENTITY, [mailbox(kind).der], aead=aead)
    assert _open(der, sender(kind).identity, renewed.identity)[1] == ENTITY


@pytest.mark.parametrize("aead", [True, False])
def test_noise_opened_by_a_key_nobody_named_is_not_believed(aead: bool) -> None:
    """CBC opens to something with any key: what a recipient did not name must look like mail."""
    renewed = authority().issue(MAILBOX, key=mailbox().key)
    der = pkcs7.enveloped_data(b"\x00\x01\x02 noise", [mailbox().der], aead=aead)
    assert _open(der, mailbox().identity)[0] is Decryption.OK
    assert _open(der, renewed.identity)[0] is (Decryption.OK if aead else Decryption.NO_KEY)


def test_a_retired_key_opens_and_is_mentioned() -> None:
    retired = replace(mailbox().identity, retired=True)
    state, content, reasons = _open(pkcs7.enveloped_data(ENTITY, [mailbox().der]), retired)
    assert (state, content) == (Decryption.OK, ENTITY)
    assert "ancien certificat" in reasons[0]


@pytest.mark.parametrize("oaep", [None, "sha1", "sha256"])
@pytest.mark.parametrize("aead", [True, False])
def test_the_wrong_key_under_the_right_name(oaep: str | None, aead: bool) -> None:
    wrong = Identity(mailbox("rsa").der, sender("rsa").identity.key)
    der = pkcs7.enveloped_data(ENTITY, [mailbox("rsa").der], oaep=oaep, aead=aead)
    state, content, reasons = _open(der, wrong)
    assert (state, content) == (Decryption.CORRUPT, None)
    assert "abîmé ou sa clé n’est pas la bonne" in reasons[0]


def test_a_stranger_s_rsa_key_never_opens_by_chance() -> None:
    """RSA v1.5 answers a wrong key with random bytes: some have the length of a key, some padding fits."""
    for _ in range(300):
        der = pkcs7.enveloped_data(b"Bonjour", [mailbox("rsa").der], oaep=None, aead=False)
        assert _open(der, sender("rsa").identity)[0] is Decryption.NO_KEY


def test_damaged_content() -> None:
    der = bytearray(pkcs7.enveloped_data(ENTITY, [mailbox().der]))
    der[-30] ^= 1
    assert _open(bytes(der), mailbox().identity)[:2] == (Decryption.CORRUPT, None)
    info = content_info(pkcs7.enveloped_data(ENTITY, [mailbox().der], aead=False))
    encrypted = info["content"]["encrypted_content_info"]
    encrypted["encrypted_content"] = encrypted["encrypted_content"].native[:-1]
    assert _open(info.dump(force=True), mailbox().identity)[:2] == (Decryption.CORRUPT, None)


def test_damaged_message_is_kept_with_a_reason() -> None:
    raw = mail(smime.encrypt(ENTITY, [mailbox().der]))
    damaged = raw[:-60] + b"AAAA" + raw[-56:]
    opened = read(damaged, [mailbox().identity])
    assert opened.entity == damaged
    assert opened.security.decryption is Decryption.CORRUPT
    assert "abîmé" in opened.security.reasons[0]


def test_no_identity_at_all() -> None:
    assert _open(pkcs7.enveloped_data(ENTITY, [mailbox().der]))[0] is Decryption.NO_KEY


def test_without_recipient_or_content() -> None:
    info = content_info(pkcs7.enveloped_data(ENTITY, [mailbox().der]))
    info["content"]["recipient_infos"] = cms.RecipientInfos([])
    assert _open(info.dump(force=True), mailbox().identity)[0] is Decryption.NO_KEY
    info = content_info(pkcs7.enveloped_data(ENTITY, [mailbox().der]))
    del info["content"]["auth_encrypted_content_info"]["encrypted_content"]
    assert _open(info.dump(force=True), mailbox().identity)[0] is Decryption.CORRUPT


def test_an_unknown_cipher_is_named_as_such() -> None:
    info = content_info(pkcs7.enveloped_data(ENTITY, [mailbox().der], aead=False))
    info["content"]["encrypted_content_info"]["content_encryption_algorithm"] = {"algorithm": "1.2.3.4"}
    state, _, reasons = _open(info.dump(force=True), mailbox().identity)
    assert (state, reasons) == (
        Decryption.CORRUPT,
        ("Le chiffrement employé (1.2.3.4) n’est pas pris en charge.",),
    )


def test_a_key_that_is_no_key_is_a_verdict() -> None:
    broken = pki.create(mailbox().certificate.not_valid_before_utc).issue(MAILBOX).identity
    der = pkcs7.enveloped_data(ENTITY, [mailbox().der])
    assert _open(der, replace(broken, key=b"noise"), mailbox().identity)[1] == ENTITY


@pytest.mark.parametrize("key_bytes", [16, 24, 32])
@pytest.mark.parametrize("tag_bytes", [12, 14, 16])
def test_ccm(key_bytes: int, tag_bytes: int) -> None:
    der = pkcs7.enveloped_data(
        ENTITY, [mailbox().der], mode="ccm", key_bytes=key_bytes, tag_bytes=tag_bytes
    )
    assert _open(der, mailbox().identity) == (Decryption.OK, ENTITY, ())
    for back in (1, tag_bytes + 4):
        damaged = bytearray(der)
        damaged[-back] ^= 1
        assert _open(bytes(damaged), mailbox().identity)[:2] == (Decryption.CORRUPT, None)


def test_chacha() -> None:
    der = pkcs7.enveloped_data(ENTITY, [mailbox("x25519").der], mode="chacha", kdf="hkdf-sha256")
    assert _open(der, mailbox("x25519").identity) == (Decryption.OK, ENTITY, ())
    for back in (1, 20):
        damaged = bytearray(der)
        damaged[-back] ^= 1
        assert _open(bytes(damaged), mailbox("x25519").identity)[:2] == (Decryption.CORRUPT, None)


def test_a_short_tag_of_ccm_is_refused() -> None:
    der = pkcs7.enveloped_data(ENTITY, [mailbox().der], mode="ccm", tag_bytes=8)
    assert _open(der, mailbox().identity)[0] is Decryption.CORRUPT


@pytest.mark.parametrize(("version", "name"), [(160, "RC2-40"), (120, "RC2-64"), (7, "RC2, longueur 7")])
def test_short_rc2_is_refused_by_name(version: int, name: str) -> None:
    info = content_info(pkcs7.enveloped_data(ENTITY, [mailbox().der], aead=False, key_bytes=16))
    parameters = {"rc2_parameter_version": version, "iv": bytes(8)}
    encrypted = info["content"]["encrypted_content_info"]
    encrypted["content_encryption_algorithm"] = {"algorithm": "rc2", "parameters": parameters}
    state, content, reasons = _open(info.dump(force=True), mailbox().identity)
    assert (state, content) == (Decryption.CORRUPT, None)
    assert f"({name})" in reasons[0]
