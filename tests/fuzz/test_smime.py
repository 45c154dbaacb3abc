"""Mutated secure mail: only ``ParseError`` comes out, and no changed text is ever called valid.

``PASSERELLE_FUZZ`` sets the number of inputs (a nightly run asks for 100,000).
"""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from parsers.certificates import certificates_from, identities_from
from parsers.errors import ParseError
from tests.builders import smime
from tests.builders.secure import mail
from tests.fuzz.mutate import inputs
from tests.fuzz.targets_files import certificates, open_secure, secure_mails, structures

INPUTS = inputs(2000)


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


def _attempt(raw: bytes) -> None:
    with suppress(ParseError):
        open_secure(raw)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_messages(seed: int) -> None:
    chance, seeds = random.Random(seed), secure_mails()
    for _ in range(INPUTS // 8):
        _attempt(_mutate(chance, chance.choice(seeds)))


@pytest.mark.parametrize("seed", range(4))
def test_mutated_structures(seed: int) -> None:
    """The base64 kept whole, the structure inside changed: reaches much deeper."""
    chance, seeds = random.Random(100 + seed), structures()
    for _ in range(INPUTS // 8):
        _attempt(mail(smime.pkcs7_mime(_mutate(chance, chance.choice(seeds)), "signed-data")))


def test_mutated_certificates_and_key_files() -> None:
    chance = random.Random(7)
    files = certificates()
    for _ in range(INPUTS // 4):
        data = _mutate(chance, chance.choice(files))
        for reader in (certificates_from, identities_from):
            try:
                found = reader(data)
            except ParseError:
                continue
            assert found
