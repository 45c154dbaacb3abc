"""One digest, one signature, and what is too weak to prove anything today.

RFC 5652 (names), RFC 3370 and 5754 (RSA, DSA), RFC 4056 (PSS), RFC 5753 (ECDSA), RFC 8419 (EdDSA).
"""

from __future__ import annotations

import hashlib
from typing import Any

from asn1crypto import core
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from parsers.errors import Malformed, ParseError, Unsupported

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303  # read in order to be named as weak
    "sha1": hashes.SHA1(),  # noqa: S303
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha512_224": hashes.SHA512_224(),
    "sha512_256": hashes.SHA512_256(),
    "sha3_224": hashes.SHA3_224(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
    "shake256": hashes.SHAKE256(64),
}
_WEAK_HASHES = frozenset({"md5", "sha1"})
_LABELS = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha224": "SHA-224",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
}
_RSA_BITS = 2048
_CURVE_BITS = 224


class WrongSignature(ParseError):  # its siblings have no suffix either
    """The signature does not belong to this key and these bytes. A verdict: never leaves the package."""

    code = "wrong-signature"

    def __init__(self) -> None:
        super().__init__(
            "La signature n’a pas été faite par la clé de son certificat, ou elle a été modifiée."
        )


def hash_for(name: str) -> hashes.HashAlgorithm:
    """The hash of an asn1crypto name. Raises ``Unsupported``."""
    try:
        return _HASHES[name]
    except KeyError:
        raise Unsupported("La signature emploie un algorithme d’empreinte non pris en charge.") from None


def digest(name: str, data: bytes) -> bytes:
    """The digest of ``data``. Raises ``Unsupported``."""
    if name in {"sha256", "sha1", "sha384", "sha512"}:
        return hashlib.new(name, data, usedforsecurity=False).digest()
    hasher = hashes.Hash(hash_for(name))
    hasher.update(data)
    return hasher.finalize()


def label(name: str) -> str:
    """How a person reads the name of a hash."""
    return _LABELS.get(name, name.upper().replace("_", "-"))


def verify(key: PublicKeyTypes, algorithm: Any, digest_name: str, signature: bytes, data: bytes) -> str:
    """Check one signature over ``data``; ``algorithm`` is a SignedDigestAlgorithm.

    Returns the name of the hash the signature really used. Raises ``WrongSignature``; ``Malformed``
    when algorithm, digest and key contradict one another; ``Unsupported``.
    """
    kind = str(algorithm["algorithm"].native)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            return _verify_rsa(key, algorithm, digest_name, signature, data)
        if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            if kind not in {"ed25519", "ed448"}:
                raise Malformed("L’algorithme annoncé de la signature n’est pas celui de la clé.")
            key.verify(signature, data)
            return digest_name
        if isinstance(key, ec.EllipticCurvePublicKey):
            # Some writers put the name of the key type where that of the signature belongs.
            if not (kind.endswith("ecdsa") or kind == "1.2.840.10045.2.1"):
                raise Malformed("L’algorithme annoncé de la signature n’est pas celui de la clé.")
            name = _own_hash(kind, "ecdsa", digest_name)
            key.verify(signature, data, ec.ECDSA(hash_for(name)))
            return name
        if isinstance(key, dsa.DSAPublicKey):
            if not kind.endswith("dsa") or kind.endswith("ecdsa"):
                raise Malformed("L’algorithme annoncé de la signature n’est pas celui de la clé.")
            # RFC 4134 and old writers name SHA-1 by the algorithm of the key alone.
            name = _own_hash(kind, "dsa", digest_name)
            key.verify(signature, data, hash_for(name))
            return name
    except InvalidSignature as error:
        raise WrongSignature from error
    except UnsupportedAlgorithm as error:
        raise Unsupported("La signature emploie un algorithme non pris en charge.") from error
    except ValueError as error:  # a signature whose own encoding is broken
        raise WrongSignature from error
    raise Unsupported("La clé du signataire est d’un type non pris en charge.")


def _verify_rsa(
    key: rsa.RSAPublicKey, algorithm: Any, digest_name: str, signature: bytes, data: bytes
) -> str:
    kind = str(algorithm["algorithm"].native)
    if kind == "rsassa_pss":
        parameters = algorithm["parameters"]
        if isinstance(parameters, core.Void | core.Null):
            raise Malformed("La signature PSS ne dit pas ses paramètres.")
        name = str(parameters["hash_algorithm"]["algorithm"].native)
        mask = parameters["mask_gen_algorithm"]
        if mask["algorithm"].native != "mgf1":
            raise Unsupported("La signature PSS emploie un masque non pris en charge.")
        mask_hash = hash_for(str(mask["parameters"]["algorithm"].native))
        salt = int(parameters["salt_length"].native)
        key.verify(signature, data, padding.PSS(padding.MGF1(mask_hash), salt), hash_for(name))
        return name
    if kind != "rsassa_pkcs1v15" and not kind.endswith("_rsa"):
        raise Malformed("L’algorithme annoncé de la signature n’est pas celui de la clé.")
    name = _own_hash(kind, "rsa", digest_name)
    key.verify(signature, data, padding.PKCS1v15(), hash_for(name))
    return name


def _own_hash(kind: str, family: str, digest_name: str) -> str:
    """The hash named by the algorithm itself (``sha256_rsa``), else that of the digest field."""
    suffix = f"_{family}"
    return kind.removesuffix(suffix) if kind.endswith(suffix) else digest_name


def weak_hash(name: str) -> str | None:
    """Why a hash proves nothing any more, as a French sentence; None when it is sound."""
    if name in _WEAK_HASHES:
        return f"La signature emploie l’empreinte {label(name)}, trop faible aujourd’hui."
    return None


def weak_key(key: PublicKeyTypes) -> str | None:
    """Why a key proves nothing any more, as a French sentence; None when it is sound."""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _RSA_BITS:
        return f"La signature emploie une clé RSA de {key.key_size} bits, trop faible aujourd’hui."
    if isinstance(key, dsa.DSAPublicKey):
        return f"La signature emploie une clé DSA de {key.key_size} bits, trop faible aujourd’hui."
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size < _CURVE_BITS:
        return f"La signature emploie une courbe de {key.curve.key_size} bits, trop faible aujourd’hui."
    return None
