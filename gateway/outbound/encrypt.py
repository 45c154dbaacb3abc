"""The envelope of an entity: ``application/pkcs7-mime`` (RFC 8551, 3.3), readable by every holder of a key.

AES-256-CBC in EnvelopedData (RFC 5652, 6) or AES-256-GCM in AuthEnvelopedData (RFC 5083, 5084). The content
key goes to RSA certificates by OAEP with SHA-256 (RFC 3560) or v1.5 (RFC 3370), to curves by ephemeral ECDH
with the SHA-256 derivation and AES-256 key wrap (RFC 5753). The library's own builder has neither GCM, nor
OAEP, nor curves: the structure is ours, on asn1crypto; every primitive is of ``cryptography``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal

from asn1crypto import algos, cms, core, keys
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.padding import PKCS7

from gateway.outbound.sign import wrapped
from parsers.certificates import load, public_key
from parsers.errors import Unsupported
from parsers.smime.cms import GcmParameters

EncryptionName = Literal["aes256-cbc", "aes256-gcm"]
TransportName = Literal["oaep", "pkcs1v15"]

_KEY, _IV, _NONCE, _TAG = 32, 16, 12, 16
_ECDH_SHA256 = "1.3.132.1.11.1"
"""dhSinglePass-stdDH-sha256kdf-scheme."""
_AES256_WRAP = "2.16.840.1.101.3.4.1.45"
_CRLF = b"\r\n"


def encrypted(
    entity: bytes,
    certificates: Sequence[bytes],
    cipher: EncryptionName = "aes256-cbc",
    transport: TransportName = "oaep",
) -> bytes:
    """The MIME entity that holds ``entity`` for the owners of ``certificates`` (DER).

    Raises ``Unsupported`` for a key that nothing can be encrypted with, ``Malformed``.
    """
    kind = "enveloped-data" if cipher == "aes256-cbc" else "authEnveloped-data"
    return _CRLF.join(
        (
            f'Content-Type: application/pkcs7-mime; smime-type={kind}; name="smime.p7m"'.encode(),
            b"Content-Transfer-Encoding: base64",
            b'Content-Disposition: attachment; filename="smime.p7m"',
            b"",
            wrapped(envelope(entity, certificates, cipher, transport)),
            b"",
        )
    )


def envelope(
    content: bytes, certificates: Sequence[bytes], cipher: EncryptionName, transport: TransportName
) -> bytes:
    """The CMS structure, DER. Raises as ``encrypted``."""
    key = os.urandom(_KEY)
    infos = [_recipient(der, key, transport) for der in certificates]
    curved = any(info.name == "kari" for info in infos)
    if cipher == "aes256-gcm":
        return _authenticated(content, key, infos)
    iv = os.urandom(_IV)
    padder = PKCS7(128).padder()
    sealer = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    sealed = sealer.update(padder.update(content) + padder.finalize()) + sealer.finalize()
    body = {
        "version": "v2" if curved else "v0",
        "recipient_infos": infos,
        "encrypted_content_info": _content("aes256_cbc", core.OctetString(iv), sealed),
    }
    made = cms.ContentInfo({"content_type": "enveloped_data", "content": cms.EnvelopedData(body)})
    return bytes(made.dump())


class _AuthEnveloped(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """RFC 5083, 2.1, without attributes."""

    _fields = [  # noqa: RUF012
        ("version", cms.CMSVersion),
        ("recipient_infos", cms.RecipientInfos),
        ("auth_encrypted_content_info", cms.EncryptedContentInfo),
        ("mac", core.OctetString),
    ]


class _AuthContent(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("content_type", cms.ContentType),
        ("content", _AuthEnveloped, {"explicit": 0}),
    ]


def _authenticated(content: bytes, key: bytes, infos: list[Any]) -> bytes:
    nonce = os.urandom(_NONCE)
    sealed = AESGCM(key).encrypt(nonce, content, None)
    parameters = GcmParameters({"nonce": nonce, "icv_length": _TAG})
    body = {
        "version": "v0",
        "recipient_infos": infos,
        "auth_encrypted_content_info": _content("aes256_gcm", parameters, sealed[:-_TAG]),
        "mac": sealed[-_TAG:],
    }
    made = _AuthContent({"content_type": "authenticated_enveloped_data", "content": _AuthEnveloped(body)})
    return bytes(made.dump())


def _content(name: str, parameters: Any, sealed: bytes) -> Any:
    return cms.EncryptedContentInfo(
        {
            "content_type": "data",
            "content_encryption_algorithm": {"algorithm": name, "parameters": parameters},
            "encrypted_content": sealed,
        }
    )


def _recipient(der: bytes, key: bytes, transport: TransportName) -> Any:
    """The content key for one certificate. Raises ``Unsupported``."""
    certificate = load(der)
    public = public_key(certificate.public_key.dump())
    named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    if isinstance(public, rsa.RSAPublicKey) and certificate.public_key.algorithm != "rsassa_pss":
        return _transported(named, public, key, transport)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return _agreed(named, public, key)
    raise Unsupported("La clé de ce certificat ne permet pas de chiffrer.")


def _transported(named: Any, public: rsa.RSAPublicKey, key: bytes, transport: TransportName) -> Any:
    algorithm: dict[str, Any] = {"algorithm": "rsaes_pkcs1v15", "parameters": core.Null()}
    scheme: Any = padding.PKCS1v15()
    if transport == "oaep":
        digest = {"algorithm": "sha256"}
        algorithm = {
            "algorithm": "rsaes_oaep",
            "parameters": algos.RSAESOAEPParams(
                {
                    "hash_algorithm": digest,
                    "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": digest},
                }
            ),
        }
        scheme = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    info = cms.KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": cms.RecipientIdentifier("issuer_and_serial_number", named),
            "key_encryption_algorithm": algorithm,
            "encrypted_key": public.encrypt(key, scheme),
        }
    )
    return cms.RecipientInfo("ktri", info)


def _agreed(named: Any, public: ec.EllipticCurvePublicKey, key: bytes) -> Any:
    ephemeral = ec.generate_private_key(public.curve)
    wrap = core.Sequence(contents=core.ObjectIdentifier(_AES256_WRAP).dump()).dump()
    length = core.OctetString((_KEY * 8).to_bytes(4, "big"), explicit=2).dump()
    shared = core.Sequence(contents=wrap + length).dump()  # ECC-CMS-SharedInfo, RFC 5753 7.2
    secret = ephemeral.exchange(ec.ECDH(), public)
    kek = X963KDF(hashes.SHA256(), _KEY, shared).derive(secret)
    spki = ephemeral.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    originator = keys.PublicKeyInfo.load(spki)
    info = cms.KeyAgreeRecipientInfo(
        {
            "version": "v3",
            "originator": cms.OriginatorIdentifierOrKey("originator_key", originator),
            "key_encryption_algorithm": {"algorithm": _ECDH_SHA256, "parameters": core.Any.load(wrap)},
            "recipient_encrypted_keys": [
                {
                    "rid": cms.KeyAgreementRecipientIdentifier("issuer_and_serial_number", named),
                    "encrypted_key": keywrap.aes_key_wrap(kek, key),
                }
            ],
        }
    )
    return cms.RecipientInfo("kari", info)
