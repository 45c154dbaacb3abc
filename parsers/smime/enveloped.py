"""Decryption of one layer: EnvelopedData (RFC 5652 6) and AuthEnvelopedData (RFC 5083).

Every identity named by a recipient is tried first, then all the others: certificates are renewed on
the same key, and correspondents keep old ones. A key that opens nothing is never an error, it is a
verdict. RSA v1.5 leans on the implicit rejection of OpenSSL (3.2 and later): a wrong key gives random
bytes rather than an error an attacker could count.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import core
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers import algorithms as decrepit
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from parsers.errors import CannotDecrypt, Malformed, ParseError, Unsupported
from parsers.smime.cms import GcmParameters, octets, reading
from parsers.smime.model import Decryption, Identity, Layer, LayerKind
from parsers.smime.recipients import Recipient, closed, recipients, unwrap

_NO_KEY = "Le message est chiffré pour un autre destinataire : aucune clé de la passerelle ne l’ouvre."
_CORRUPT = "Le message est bien chiffré pour la passerelle, mais il est abîmé ou sa clé n’est pas la bonne."
_BROKEN = "La structure du message chiffré est illisible."
_RETIRED = (
    "Le message a été chiffré avec un ancien certificat de la passerelle : l’expéditeur doit être prévenu."
)
_CHACHA = "1.2.840.113549.1.9.16.3.18"
_LABELS = {
    "aes128_cbc": "AES-128-CBC",
    "aes192_cbc": "AES-192-CBC",
    "aes256_cbc": "AES-256-CBC",
    "aes128_gcm": "AES-128-GCM",
    "aes192_gcm": "AES-192-GCM",
    "aes256_gcm": "AES-256-GCM",
    "aes128_ccm": "AES-128-CCM",
    "aes192_ccm": "AES-192-CCM",
    "aes256_ccm": "AES-256-CCM",
    _CHACHA: "ChaCha20-Poly1305",
    "tripledes_3key": "3DES",
    "des": "DES",
    "rc2": "RC2",
}
_KEY_BYTES = {"aes128": 16, "aes192": 24, "aes256": 32, "tripledes": 24, _CHACHA: 32}
_WEAK = frozenset({"tripledes_3key", "rc2"})
_MIN_TAG = 12
_RC2_128_BITS = 58  # RFC 2268 6: how that length is written
_RC2_SHORT = {160: "RC2-40", 120: "RC2-64"}
# Each try costs one operation of RSA or of a curve: first those a recipient names, then as many others.
_MAX_TRIES = 64
# What a MIME entity or a cryptographic message starts with: tells an opened content from noise.
_LOOKS_OPENED = re.compile(rb"\s*[A-Za-z][A-Za-z0-9-]*[ \t]*:|\x30[\x80-\x84]|\r?\n")


@dataclass(frozen=True, slots=True)
class Decrypted:
    """The verdict on an encrypted layer, and its content when it was opened."""

    layer: Layer
    content: bytes | None
    inner: str = "data"
    """Type of the content: ``data`` is a MIME entity, others are cryptographic messages."""


@dataclass(frozen=True, slots=True)
class _Sealed:
    """Everything but the key. ``tag`` is None for a cipher that does not authenticate."""

    algorithm: str
    parameters: Any
    ciphertext: bytes
    inner: str
    tag: bytes | None = None
    extra: bytes = b""


def decrypt(info: Any, identities: Sequence[Identity]) -> Decrypted:
    """Open an EnvelopedData or AuthEnvelopedData (asn1crypto ContentInfo). Never raises on bad input."""
    algorithm = ""
    try:
        with reading(_BROKEN):
            envelope = info["content"]
            sealed = _sealed(envelope, info["content_type"].native == "authenticated_enveloped_data")
            algorithm = _LABELS.get(sealed.algorithm, sealed.algorithm)
            refusal = closed(envelope["recipient_infos"])
            if refusal is not None:
                raise Unsupported(refusal)
            found = _open(recipients(envelope["recipient_infos"]), identities, sealed)
    except CannotDecrypt as error:
        state = Decryption.NO_KEY if error.message == _NO_KEY else Decryption.CORRUPT
        return Decrypted(_layer(algorithm, state, None, (error.message,)), None)
    except ParseError as error:
        return Decrypted(_layer(algorithm, Decryption.CORRUPT, None, (error.message,)), None)
    identity, content = found
    reasons = [_RETIRED] if identity.retired else []
    if sealed.algorithm in _WEAK:
        reasons.append(f"Le chiffrement employé ({algorithm}) est trop faible aujourd’hui.")
    layer = _layer(algorithm, Decryption.OK, identity, tuple(reasons), authenticated=sealed.tag is not None)
    return Decrypted(layer, content, sealed.inner)


def _layer(
    algorithm: str,
    state: Decryption,
    identity: Identity | None,
    reasons: tuple[str, ...],
    *,
    authenticated: bool = False,
) -> Layer:
    return Layer(
        LayerKind.ENCRYPTED,
        algorithm=algorithm,
        decryption=state,
        recipient=None if identity is None else hashlib.sha256(identity.certificate).hexdigest(),
        authenticated=authenticated,
        reasons=reasons,
    )


def _sealed(envelope: Any, authenticated: bool) -> _Sealed:
    field = "auth_encrypted_content_info" if authenticated else "encrypted_content_info"
    encrypted = envelope[field]
    cipher = encrypted["content_encryption_algorithm"]
    ciphertext = octets(encrypted["encrypted_content"])
    if ciphertext is None:
        raise Malformed("Le message chiffré est arrivé sans son contenu.")
    name, inner = str(cipher["algorithm"].native), str(encrypted["content_type"].native)
    if not authenticated:
        return _Sealed(name, cipher["parameters"], ciphertext, inner)
    attributes = envelope["auth_attrs"]
    extra = b""
    if not isinstance(attributes, core.Void):  # RFC 5083 2.2: the DER of a SET, not of the tagged field
        received = attributes.dump()
        extra = b"\x31" + received[1:] if received[1] != 0x80 else attributes.untag().dump(force=True)
    return _Sealed(name, cipher["parameters"], ciphertext, inner, octets(envelope["mac"]) or b"", extra)


def _open(
    addressed: tuple[Recipient, ...], identities: Sequence[Identity], sealed: _Sealed
) -> tuple[Identity, bytes]:
    """Who opened it, and the content. Raises ``CannotDecrypt``, ``Unsupported``, ``Malformed``."""
    refusal: ParseError | None = None
    was_named = False
    for named, recipient, identity in _tries(addressed, identities):
        was_named = was_named or named
        try:
            content = _decrypt(sealed, unwrap(recipient, identity))
        except CannotDecrypt:
            continue
        except (Malformed, Unsupported) as error:
            refusal = refusal or (error if named else None)
            continue
        if named or sealed.tag is not None or _LOOKS_OPENED.match(content):
            return identity, content
    if refusal is not None:
        raise refusal
    raise CannotDecrypt(_CORRUPT if was_named else _NO_KEY)


def _tries(
    addressed: tuple[Recipient, ...], identities: Sequence[Identity]
) -> Iterator[tuple[bool, Recipient, Identity]]:
    pairs = [
        (recipient.names(identity), recipient, identity)
        for recipient in addressed
        for identity in identities
    ]
    yield from [pair for pair in pairs if pair[0]][:_MAX_TRIES]
    yield from [pair for pair in pairs if not pair[0]][:_MAX_TRIES]


def _decrypt(sealed: _Sealed, key: bytes) -> bytes:
    """The content. Raises ``CannotDecrypt`` when the key or the bytes are wrong, ``Unsupported``."""
    family = sealed.algorithm.partition("_")[0]
    wanted = _KEY_BYTES.get(family)
    if wanted is not None and len(key) != wanted:
        raise CannotDecrypt(_CORRUPT)
    if sealed.tag is not None:
        return _decrypt_authenticated(sealed, key, sealed.tag)
    try:
        cipher = _cbc(sealed, key)
        decryptor = cipher.decryptor()
        return _unpad(decryptor.update(sealed.ciphertext) + decryptor.finalize(), cipher)
    except UnsupportedAlgorithm as error:
        raise _too_old(_LABELS.get(sealed.algorithm, sealed.algorithm)) from error
    except ValueError as error:
        raise CannotDecrypt(_CORRUPT) from error


def _cbc(sealed: _Sealed, key: bytes) -> Cipher[modes.CBC]:
    if sealed.algorithm in {"aes128_cbc", "aes192_cbc", "aes256_cbc"}:
        return Cipher(algorithms.AES(key), modes.CBC(sealed.parameters.native))
    if sealed.algorithm == "tripledes_3key":
        return Cipher(decrepit.TripleDES(key), modes.CBC(sealed.parameters.native))
    if sealed.algorithm == "rc2":
        version = sealed.parameters["rc2_parameter_version"].native
        if version != _RC2_128_BITS:
            raise _too_old(_RC2_SHORT.get(version, f"RC2, longueur {version}"))
        return Cipher(decrepit.RC2(key), modes.CBC(sealed.parameters["iv"].native))
    if sealed.algorithm == "des":
        raise _too_old("DES")
    raise _unknown(sealed)


def _too_old(name: str) -> Unsupported:
    return Unsupported(
        f"Le chiffrement employé ({name}) est trop ancien pour être ouvert ici : demander un envoi en AES."
    )


def _unknown(sealed: _Sealed) -> Unsupported:
    name = _LABELS.get(sealed.algorithm, sealed.algorithm)
    return Unsupported(f"Le chiffrement employé ({name}) n’est pas pris en charge.")


def _unpad(padded: bytes, cipher: Cipher[modes.CBC]) -> bytes:
    """RFC 5652 6.3. Cut by hand: a slice is one copy, the library's unpadder several."""
    block = cipher.algorithm.block_size // 8  # type: ignore[attr-defined]
    count = padded[-1] if padded else 0
    if not 1 <= count <= block or padded[-count:] != bytes([count]) * count:
        raise CannotDecrypt(_CORRUPT)
    return padded[:-count]


def _decrypt_authenticated(sealed: _Sealed, key: bytes, tag: bytes) -> bytes:
    """RFC 5084 (GCM, CCM), RFC 8103. The tag is judged before one byte of the content leaves here."""
    mode = sealed.algorithm.partition("_")[2]
    if sealed.algorithm == _CHACHA:
        return _decrypt_chacha(sealed, key, tag)
    if sealed.algorithm not in _LABELS or mode not in {"gcm", "ccm"}:
        raise _unknown(sealed)
    parameters = GcmParameters.load(sealed.parameters.dump())
    if len(tag) != parameters["icv_length"].native or not _MIN_TAG <= len(tag) <= 16:
        raise CannotDecrypt(_CORRUPT)
    nonce = parameters["nonce"].native
    try:
        if mode == "ccm":
            engine = AESCCM(key, tag_length=len(tag))
            return engine.decrypt(nonce, sealed.ciphertext + tag, sealed.extra or None)
        if len(tag) == 16:
            return AESGCM(key).decrypt(nonce, sealed.ciphertext + tag, sealed.extra or None)
        decryptor = Cipher(algorithms.AES(key), modes.GCM(nonce, tag, _MIN_TAG)).decryptor()
        decryptor.authenticate_additional_data(sealed.extra)
        return decryptor.update(sealed.ciphertext) + decryptor.finalize()
    except (InvalidTag, ValueError) as error:
        raise CannotDecrypt(_CORRUPT) from error


def _decrypt_chacha(sealed: _Sealed, key: bytes, tag: bytes) -> bytes:
    """RFC 8103: the parameter is the nonce alone, the tag is whole."""
    if len(tag) != 16:
        raise CannotDecrypt(_CORRUPT)
    try:
        nonce = core.OctetString.load(sealed.parameters.dump()).native
        return ChaCha20Poly1305(key).decrypt(nonce, sealed.ciphertext + tag, sealed.extra or None)
    except (InvalidTag, ValueError) as error:
        raise CannotDecrypt(_CORRUPT) from error
