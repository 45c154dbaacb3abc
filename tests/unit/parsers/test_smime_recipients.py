"""Who a message is for, and the content key by RSA and by elliptic curves."""

from __future__ import annotations

import pytest
from asn1crypto import cms

from parsers.errors import CannotDecrypt, Unsupported
from parsers.smime.cms import content_info
from parsers.smime.recipients import Recipient, recipients, unwrap
from tests.builders import pkcs7
from tests.builders.secure import ENTITY, mailbox, sender


def _recipients(der: bytes) -> tuple[Recipient, ...]:
    return recipients(content_info(der)["content"]["recipient_infos"])


@pytest.mark.parametrize("by_key_id", [False, True])
@pytest.mark.parametrize("oaep", [None, "sha1", "sha256", "sha384", "sha512"])
def test_rsa(oaep: str | None, by_key_id: bool) -> None:
    der = pkcs7.enveloped_data(ENTITY, [mailbox("rsa").der], oaep=oaep, by_key_id=by_key_id)
    (recipient,) = _recipients(der)
    assert not recipient.agreement
    assert recipient.names(mailbox("rsa").identity)
    assert not recipient.names(sender("rsa").identity)
    assert len(unwrap(recipient, mailbox("rsa").identity)) == 32


@pytest.mark.parametrize("by_key_id", [False, True])
@pytest.mark.parametrize("kdf", ["sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "brainpool"])
def test_elliptic_curves(kind: str, kdf: str, by_key_id: bool) -> None:
    der = pkcs7.enveloped_data(ENTITY, [mailbox(kind).der], kdf=kdf, by_key_id=by_key_id)
    (recipient,) = _recipients(der)
    assert recipient.agreement
    assert recipient.names(mailbox(kind).identity)
    assert len(unwrap(recipient, mailbox(kind).identity)) == 32


@pytest.mark.parametrize("ukm", [None, b"material"])
@pytest.mark.parametrize("kdf", ["sha256", "sha512", "hkdf-sha256", "hkdf-sha384", "hkdf-sha512"])
@pytest.mark.parametrize("kind", ["x25519", "x448"])
def test_montgomery_curves(kind: str, kdf: str, ukm: bytes | None) -> None:
    """RFC 8418; our builder alone makes them: openssl 3.0 does not."""
    der = pkcs7.enveloped_data(ENTITY, [mailbox(kind).der], kdf=kdf, ukm=ukm)
    (recipient,) = _recipients(der)
    assert recipient.names(mailbox(kind).identity)
    assert len(unwrap(recipient, mailbox(kind).identity)) == 32
    for other in ("x448" if kind == "x25519" else "x25519", "p256", "rsa"):
        with pytest.raises(CannotDecrypt):
            unwrap(recipient, mailbox(other).identity)


def test_an_agreement_by_hkdf_on_a_curve_of_nist() -> None:
    (recipient,) = _recipients(pkcs7.enveloped_data(ENTITY, [mailbox("p384").der], kdf="hkdf-sha384"))
    assert len(unwrap(recipient, mailbox("p384").identity)) == 32


def test_several_recipients_of_both_kinds() -> None:
    der = pkcs7.enveloped_data(ENTITY, [mailbox("rsa").der, mailbox("p256").der, mailbox("p521").der])
    found = _recipients(der)
    assert len(found) == 3
    keys = {
        unwrap(recipient, identity)
        for recipient in found
        for identity in (mailbox("rsa").identity, mailbox("p256").identity, mailbox("p521").identity)
        if recipient.names(identity)
    }
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("kind", "other"), [("rsa", "p256"), ("p256", "rsa"), ("p256", "p384"), ("p256", "ed25519")]
)
def test_a_key_of_another_kind_opens_nothing(kind: str, other: str) -> None:
    (recipient,) = _recipients(pkcs7.enveloped_data(ENTITY, [mailbox(kind).der]))
    with pytest.raises(CannotDecrypt):
        unwrap(recipient, mailbox(other).identity)


def test_a_wrong_key_of_the_same_kind_opens_nothing() -> None:
    for kind in ("rsa", "p256"):
        (recipient,) = _recipients(pkcs7.enveloped_data(ENTITY, [mailbox(kind).der]))
        with pytest.raises(CannotDecrypt):
            unwrap(recipient, sender(kind).identity)


@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_an_unknown_algorithm_is_unsupported(kind: str) -> None:
    info = content_info(pkcs7.enveloped_data(ENTITY, [mailbox(kind).der]))
    chosen = info["content"]["recipient_infos"][0].chosen
    chosen["key_encryption_algorithm"] = {"algorithm": "1.2.3.4"}
    (recipient,) = _recipients(info.dump(force=True))
    with pytest.raises(Unsupported):
        unwrap(recipient, mailbox(kind).identity)


def test_passwords_and_shared_keys_are_left_out() -> None:
    kek = cms.KEKRecipientInfo(
        {
            "version": "v4",
            "kekid": {"key_identifier": b"shared"},
            "key_encryption_algorithm": {"algorithm": "aes256_wrap"},
            "encrypted_key": b"\0" * 40,
        }
    )
    assert recipients(cms.RecipientInfos([cms.RecipientInfo(name="kekri", value=kek)])) == ()


def test_an_off_curve_point_is_never_used() -> None:
    info = content_info(pkcs7.enveloped_data(ENTITY, [mailbox("p256").der]))
    originator = info["content"]["recipient_infos"][0].chosen["originator"].chosen
    originator["public_key"] = b"\x04" + b"\x01" * 64
    (recipient,) = _recipients(info.dump(force=True))
    with pytest.raises(CannotDecrypt):
        unwrap(recipient, mailbox("p256").identity)
