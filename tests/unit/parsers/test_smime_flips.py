"""No flipped bit in what a signature or an authenticated encryption protects is ever called valid.

``PASSERELLE_FLIPS`` sets how many bits are flipped (500 by default, 10,000 asked of a full run).
"""

from __future__ import annotations

import base64
import os
import random

import pytest

from parsers.errors import ParseError
from parsers.smime.model import Decryption, Opened, Signature
from tests.builders import pkcs7, smime
from tests.builders.secure import AT, ENTITY, authority, mail, mailbox, read, sender

FLIPS = int(os.environ.get("PASSERELLE_FLIPS", "500"))
CHAIN = authority().chain
ENCRYPTED = ("gcm", "ccm", "chacha")
CASES = ("detached", "opaque", "bare", *ENCRYPTED, "signed in gcm", "triple")


def _case(name: str) -> bytes:
    one, box = sender().identity, mailbox().der
    signed = smime.sign(ENTITY, one, chain=CHAIN, at=AT)
    match name:
        case "detached":
            return mail(signed)
        case "opaque":
            return mail(smime.sign(ENTITY, one, chain=CHAIN, opaque=True))
        case "bare":
            return mail(smime.sign(ENTITY, one, chain=CHAIN, attributes=False))
        case "gcm" | "ccm" | "chacha":
            return mail(smime.encrypt(ENTITY, [box], mode=name))
        case "signed in gcm":
            return mail(smime.encrypt(signed, [box]))
        case _:
            return mail(smime.sign(smime.encrypt(signed, [box]), one, opaque=True))


def _flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _open(raw: bytes) -> Opened | None:
    try:
        return read(raw, [mailbox().identity])
    except ParseError:
        return None


def _good(opened: Opened | None) -> bool:
    if opened is None:
        return False
    if opened.security.signature is Signature.ABSENT:
        return opened.security.decryption is Decryption.OK
    return opened.security.signature is Signature.VALID


@pytest.mark.parametrize("name", CASES)
def test_flips_anywhere_never_change_a_text_called_valid(name: str) -> None:
    """A bit may fall where nothing is protected (a header, white space): then the text is the same."""
    raw, chance = _case(name), random.Random(name)
    assert _good(_open(raw))
    for _ in range(FLIPS // len(CASES) + 1):
        bit = chance.randrange(len(raw) * 8)
        opened = _open(_flip(raw, bit))
        if opened is not None and opened.security.encrypted is False and name in ENCRYPTED:
            continue  # the label itself was hit: nothing is claimed about the content
        if opened is not None and _good(opened) and opened.security.layers:
            assert opened.entity == ENTITY, bit
            assert opened.security.signer in {None, sender().email}


def test_flips_in_a_signed_part_are_always_seen() -> None:
    for attributes in (True, False):
        raw = mail(smime.sign(ENTITY, sender().identity, chain=CHAIN, attributes=attributes))
        start = raw.index(ENTITY) * 8
        chance = random.Random(1)
        for _ in range(FLIPS // 4):
            bit = start + chance.randrange(len(ENTITY) * 8)
            opened = _open(_flip(raw, bit))
            assert opened is None or opened.security.signature is Signature.INVALID, bit


def test_flips_in_an_authenticated_encryption_never_give_another_text() -> None:
    """On the structure itself, so that base64 cannot hide a flip."""
    der = pkcs7.enveloped_data(ENTITY, [mailbox().der])
    chance = random.Random(2)
    refused = 0
    for _ in range(FLIPS // 2):
        opened = _open(mail(smime.pkcs7_mime(_flip(der, chance.randrange(len(der) * 8)), "enveloped-data")))
        if opened is not None and opened.security.decryption is Decryption.OK:
            assert opened.entity == ENTITY
        else:
            refused += 1
    assert refused > FLIPS // 4
    sealed = len(ENTITY) + 18  # the content and its tag end the structure
    for _ in range(FLIPS // 2):
        bit = (len(der) - sealed) * 8 + chance.randrange(sealed * 8)
        opened = _open(mail(smime.pkcs7_mime(_flip(der, bit), "enveloped-data")))
        assert opened is None or opened.security.decryption is not Decryption.OK, bit


def test_flips_in_a_signature_structure_never_change_text_or_signer() -> None:
    der = pkcs7.signed_data(ENTITY, [sender().identity], chain=CHAIN)
    chance = random.Random(3)
    for _ in range(FLIPS // 2):
        bit = chance.randrange(len(der) * 8)
        opened = _open(mail(smime.pkcs7_mime(_flip(der, bit), "signed-data")))
        if opened is not None and opened.security.signature is Signature.VALID:
            assert opened.entity == ENTITY, bit
            assert opened.security.signer == sender().email


def test_a_flip_of_the_last_bits_of_base64_is_harmless() -> None:
    """Two spellings of the same bytes: the one place where a changed mail may stay valid."""
    encoded = base64.b64encode(b"\x01")
    assert base64.b64decode(b"AQ==") == base64.b64decode(b"AR==") == b"\x01"
    assert encoded == b"AQ=="
