"""One digest, one signature: contradictions between key, algorithm and digest are refused."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from asn1crypto import algos, core

from parsers.errors import Malformed, ParseError, Unsupported
from parsers.smime import primitives
from tests.builders import pkcs7, pki

DATA = b"what was signed"
KINDS = ("rsa", "p256", "p384", "ed25519", "ed448", "dsa")


def _signed(kind: str, digest: str = "sha256", *, pss: bool = False) -> tuple[Any, Any, bytes]:
    key: Any = pki.new_key(kind)
    algorithm, signature = pkcs7.sign_bytes(key, digest, DATA, pss=pss)
    return key.public_key(), algos.SignedDigestAlgorithm(algorithm), signature


@pytest.mark.parametrize("kind", KINDS)
def test_right_and_wrong(kind: str) -> None:
    key, algorithm, signature = _signed(kind)
    assert primitives.verify(key, algorithm, "sha256", signature, DATA) == "sha256"
    other: Any = pki.new_key(kind)
    for wrong in (
        (key, signature, DATA + b"!"),
        (key, signature[:-1], DATA),
        (key, b"", DATA),
        (other.public_key(), signature, DATA),
    ):
        with pytest.raises(primitives.WrongSignature):
            primitives.verify(wrong[0], algorithm, "sha256", wrong[1], wrong[2])


def test_every_kind_of_key_refuses_the_algorithm_of_another() -> None:
    signed = {kind: _signed(kind) for kind in KINDS}
    for kind, (key, _, signature) in signed.items():
        for other, (_, algorithm, _) in signed.items():
            if kind[:2] == other[:2] or {kind, other} == {"p256", "p384"}:
                continue
            with pytest.raises(ParseError):
                primitives.verify(key, algorithm, "sha256", signature, DATA)


def test_the_algorithm_s_own_hash_counts() -> None:
    key, algorithm, signature = _signed("p256", "sha384")
    assert primitives.verify(key, algorithm, "sha256", signature, DATA) == "sha384"


def test_a_bare_name_takes_the_hash_of_the_digest() -> None:
    key, _, signature = _signed("p256", "sha384")
    for name in ("ecdsa", "1.2.840.10045.2.1"):
        algorithm = algos.SignedDigestAlgorithm({"algorithm": name})
        assert primitives.verify(key, algorithm, "sha384", signature, DATA) == "sha384"


def test_pss_without_or_with_odd_parameters() -> None:
    key, algorithm, signature = _signed("rsa", pss=True)
    assert primitives.verify(key, algorithm, "sha256", signature, DATA) == "sha256"
    algorithm["parameters"]["salt_length"] = 7
    with pytest.raises(primitives.WrongSignature):
        primitives.verify(key, algorithm, "sha256", signature, DATA)
    bare = algos.SignedDigestAlgorithm.load(core.Sequence(contents=algorithm["algorithm"].dump()).dump())
    with pytest.raises(Malformed):
        primitives.verify(key, bare, "sha256", signature, DATA)


def test_digests() -> None:
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256"):
        assert primitives.digest(name, DATA) == hashlib.new(name, DATA).digest()
    with pytest.raises(Unsupported):
        primitives.digest("md2", DATA)


@pytest.mark.parametrize(
    ("name", "weak"), [("md5", True), ("sha1", True), ("sha224", False), ("sha256", False)]
)
def test_weak_hashes(name: str, weak: bool) -> None:
    reason = primitives.weak_hash(name)
    assert (reason is not None) is weak
    assert reason is None or primitives.label(name) in reason


@pytest.mark.parametrize(
    ("kind", "weak"),
    [
        ("rsa1024", True),
        ("rsa2048", False),
        ("dsa", True),
        ("p192", True),
        ("p256", False),
        ("ed25519", False),
    ],
)
def test_weak_keys(kind: str, weak: bool) -> None:
    key: Any = pki.new_key(kind)
    assert (primitives.weak_key(key.public_key()) is not None) is weak
