"""Security in plain words: never a good sign with a doubt beside it."""

from __future__ import annotations

import pytest

from gateway.web.items.verdict import verdict
from parsers.smime.model import Decryption, Signature


def _tone(decryption: str, signature: str) -> str:
    return verdict({"decryption": decryption, "signature": signature}).tone


@pytest.mark.parametrize("decryption", list(Decryption))
@pytest.mark.parametrize("signature", list(Signature))
def test_good_is_a_valid_signature_on_what_could_be_read(
    decryption: Decryption, signature: Signature
) -> None:
    good = signature is Signature.VALID and decryption in {Decryption.OK, Decryption.ABSENT}
    assert (_tone(decryption, signature) == "good") == good


@pytest.mark.parametrize(
    "signature", [s for s in Signature if s not in {Signature.VALID, Signature.ABSENT}]
)
def test_every_broken_signature_is_bad(signature: Signature) -> None:
    found = verdict({"decryption": "ok", "signature": signature})
    assert (found.tone, found.title) == ("bad", "Signature à ne pas croire")


def test_what_was_not_examined_says_so() -> None:
    assert verdict(None).title == "Pas encore examiné"


def test_a_nested_secure_mail_has_its_sentence_and_changes_nothing_else() -> None:
    plain = {"decryption": "absent", "signature": "absent"}
    nested = {"path": "secret.eml", "decryption": "ok", "signature": "invalid", "signer": None}
    found = verdict({**plain, "nested": [nested, {**nested, "signature": "valid", "signer": "a@x"}]})
    assert (found.tone, found.title) == (verdict(plain).tone, verdict(plain).title)
    assert [sentence[:30] for sentence in found.nested] == [
        "Message sécurisé joint n° 1. S",
        "Message sécurisé joint n° 2. S",
    ]
    assert "Signature fausse" in found.nested[0]
    assert "Signataire : a@x." in found.nested[1]
    assert "secret.eml" not in " ".join(found.nested)


def test_an_unknown_word_is_never_good() -> None:
    assert _tone("???", "???") == "plain"


def test_titles_reasons_and_signer() -> None:
    found = verdict({"decryption": "ok", "signature": "valid", "signer": "a@x", "reasons": ["Une raison."]})
    assert (found.title, found.signer, found.reasons) == ("Signé et chiffré", "a@x", ("Une raison.",))
    assert verdict({"decryption": "no-key", "signature": "absent"}).title == "Contenu illisible pour nous"
    assert verdict({"decryption": "absent", "signature": "absent"}).title == "Ni signé ni chiffré"
