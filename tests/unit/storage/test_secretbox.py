"""Small secrets sealed with the key ring: opened in their place alone, also after a rotation."""

from __future__ import annotations

import pytest

from storage.errors import BlobDamaged, UnknownKey
from storage.keys import KeyRing
from storage.secretbox import seal, unseal


def test_what_is_sealed_opens_in_its_place_also_after_a_rotation(ring: KeyRing) -> None:
    sealed = seal(ring, "clé d’été", "totp:agathe")
    assert "clé" not in sealed
    ring.rotate()
    assert unseal(ring, sealed, "totp:agathe") == "clé d’été"
    assert seal(ring, "x", "a").split(".")[0] != sealed.split(".")[0]
    assert seal(ring, "x", "a") != seal(ring, "x", "a")


def test_elsewhere_altered_or_invented_it_does_not(ring: KeyRing) -> None:
    sealed = seal(ring, "secret", "totp:agathe")
    flipped = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    for text, context in ((sealed, "totp:lille"), (flipped, "totp:agathe"), ("", "x"), ("../x.y", "x")):
        with pytest.raises(BlobDamaged):
            unseal(ring, text, context)
    with pytest.raises(BlobDamaged):
        unseal(ring, sealed.split(".")[0] + ".", "totp:agathe")


def test_a_key_that_is_gone_is_named(ring: KeyRing) -> None:
    with pytest.raises(UnknownKey):
        unseal(ring, "0123456789abcdef.AAAA", "x")
