"""Mutated secure mail: only ``ParseError`` comes out, and no changed text is ever called valid.

``PASSERELLE_FUZZ`` sets the number of inputs (a nightly run asks for 100,000).
"""

from __future__ import annotations

import random

import pytest

from parsers.certificates import certificates_from, identities_from
from parsers.errors import ParseError
from parsers.smime.model import Decryption, Opened, Signature
from tests.builders import pkcs7, smime
from tests.builders.secure import AT, ENTITY, authority, mail, mailbox, read, sender
from tests.fuzz.mutate import inputs

INPUTS = inputs(2000)
IDENTITIES = (mailbox("rsa").identity, mailbox("p256").identity)


def _seeds() -> list[bytes]:
    one, ec, rsa = sender().identity, mailbox("p256").der, mailbox("rsa").der
    signed = smime.sign(ENTITY, one, chain=authority().chain)
    ca = authority()
    return [
        mail(signed),
        mail(smime.sign(ENTITY, one, opaque=True, crls=[ca.crl(AT)], answers=[ca.answer(sender(), AT)])),
        mail(smime.encrypt(signed, [ec])),
        mail(smime.encrypt(signed, [rsa, ec], aead=False)),
        mail(smime.encrypt(ENTITY, [rsa], aead=False, oaep=None)),
        mail(smime.sign(smime.encrypt(signed, [ec]), one)),
        mail(smime.compress(signed)),
    ]


def _structures() -> list[bytes]:
    return [
        pkcs7.signed_data(ENTITY, [sender().identity], chain=authority().chain, at=AT),
        pkcs7.signed_data(ENTITY, [sender("rsa").identity], pss=True, by_key_id=True),
        pkcs7.enveloped_data(ENTITY, [mailbox("rsa").der, mailbox("p256").der]),
        pkcs7.enveloped_data(ENTITY, [mailbox("rsa").der], aead=False, oaep=None),
    ]


def _mutate(chance: random.Random, data: bytes) -> bytes:
    """A few changes of the kinds that find faults in readers of lengths and tags."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed))
        match chance.randrange(6):
            case 0:
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                changed[at] = chance.choice((0x00, 0x7F, 0x80, 0x84, 0xFF, 0x30, 0x31, 0xA0, 0x24))
            case 2:
                del changed[at : at + chance.randint(1, 40)]
            case 3:
                changed[at:at] = changed[at : at + chance.randint(1, 60)]
            case 4:
                changed[at:at] = chance.randbytes(chance.randint(1, 8))
            case _:
                del changed[at:]
        if not changed:
            return b""
    return bytes(changed)


def _check(opened: Opened) -> None:
    security = opened.security
    if security.decryption in {Decryption.NO_KEY, Decryption.CORRUPT} or security.signature not in {
        Signature.VALID,
        Signature.ABSENT,
    }:
        assert security.reasons


def _attempt(raw: bytes) -> None:
    try:
        opened = read(raw, IDENTITIES)
    except ParseError:
        return
    _check(opened)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_messages(seed: int) -> None:
    chance, seeds = random.Random(seed), _seeds()
    for _ in range(INPUTS // 8):
        _attempt(_mutate(chance, chance.choice(seeds)))


@pytest.mark.parametrize("seed", range(4))
def test_mutated_structures(seed: int) -> None:
    """The base64 kept whole, the structure inside changed: reaches much deeper."""
    chance, seeds = random.Random(100 + seed), _structures()
    for _ in range(INPUTS // 8):
        _attempt(mail(smime.pkcs7_mime(_mutate(chance, chance.choice(seeds)), "signed-data")))


def test_mutated_certificates_and_key_files() -> None:
    chance = random.Random(7)
    files = [sender().der, sender("rsa").der, sender().pem, authority().root.der]
    for _ in range(INPUTS // 4):
        data = _mutate(chance, chance.choice(files))
        for reader in (certificates_from, identities_from):
            try:
                found = reader(data)
            except ParseError:
                continue
            assert found
