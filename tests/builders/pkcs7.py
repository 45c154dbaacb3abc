"""CMS structures (RFC 5652, 5083): signed and enveloped data of every kind, written without the reader.

Its own little writer, because the library that signs for us writes neither GCM, nor OAEP, nor ECDH,
nor PSS, nor Ed25519.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from asn1crypto import algos, cms, core, x509
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa, x448, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from parsers.smime.model import Identity

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_KDF = {
    "sha1": "1.3.133.16.840.63.0.2",
    "sha256": "1.3.132.1.11.1",
    "sha384": "1.3.132.1.11.2",
    "sha512": "1.3.132.1.11.3",
    "hkdf-sha256": "1.2.840.113549.1.9.16.3.19",
    "hkdf-sha384": "1.2.840.113549.1.9.16.3.20",
    "hkdf-sha512": "1.2.840.113549.1.9.16.3.21",
}
_CCM = {16: "2.16.840.1.101.3.4.1.7", 24: "2.16.840.1.101.3.4.1.27", 32: "2.16.840.1.101.3.4.1.47"}
_CHACHA = "1.2.840.113549.1.9.16.3.18"
_WRAP = "2.16.840.1.101.3.4.1.45"
_CBC = {16: "2.16.840.1.101.3.4.1.2", 24: "2.16.840.1.101.3.4.1.22", 32: "2.16.840.1.101.3.4.1.42"}
_GCM = {16: "2.16.840.1.101.3.4.1.6", 24: "2.16.840.1.101.3.4.1.26", 32: "2.16.840.1.101.3.4.1.46"}


class Signing(TypedDict, total=False):
    """How a signature is made; every option may be left out."""

    chain: Sequence[bytes]
    """Certificates carried besides the signers' own."""
    digest: str
    """``sha256`` unless told."""
    pss: bool
    by_key_id: bool
    attributes: bool
    """Signed attributes: yes, unless told."""
    embed: bool
    """Certificates inside: yes, unless told."""
    at: datetime | None
    crls: Sequence[bytes]
    answers: Sequence[bytes]
    extra: Sequence[cms.CMSAttribute]


def signed_data(
    content: bytes,
    signers: Sequence[Identity],
    *,
    inside: bool = True,
    exactly: Sequence[cms.CMSAttribute] | None = None,
    kind: str = "data",
    **how: Unpack[Signing],
) -> bytes:
    """A ContentInfo of SignedData (DER), content ``inside`` or not; ``exactly`` these signed attributes."""
    digest, by_key_id = how.get("digest", "sha256"), how.get("by_key_id", False)
    crls, answers = how.get("crls", ()), how.get("answers", ())
    attrs = None
    if how.get("attributes", True):
        attrs = _attributes(content, digest, how.get("at"), how.get("extra", ()))
    if exactly is not None:
        attrs = cms.CMSAttributes(list(exactly))
    encapsulated: dict[str, Any] = {"content_type": kind}
    if inside:
        encapsulated["content"] = content if kind == "data" else core.OctetString(content, explicit=0)
    body: dict[str, Any] = {
        "version": "v3" if by_key_id else "v1",
        "digest_algorithms": [{"algorithm": digest}],
        "encap_content_info": encapsulated,
        "signer_infos": [
            _signer(signer, content, attrs, digest, how.get("pss", False), by_key_id) for signer in signers
        ],
    }
    own = [signer.certificate for signer in signers]
    embedded = [*own, *how.get("chain", ())] if how.get("embed", True) else []
    if embedded:
        body["certificates"] = [
            cms.CertificateChoices(name="certificate", value=x509.Certificate.load(der)) for der in embedded
        ]
    if crls or answers:
        body["crls"] = _revocations(crls, answers)
    return content_info("signed_data", cms.SignedData(body))


def _signer(
    signer: Identity,
    content: bytes,
    attrs: cms.CMSAttributes | None,
    digest: str,
    pss: bool,
    by_key_id: bool,
) -> dict[str, Any]:
    certificate = x509.Certificate.load(signer.certificate)
    key = serialization.load_der_private_key(signer.key, None, unsafe_skip_rsa_key_validation=True)
    signed = attrs.dump() if attrs is not None else content
    algorithm, signature = sign_bytes(key, digest, signed, pss=pss)
    info: dict[str, Any] = {
        "version": "v3" if by_key_id else "v1",
        "sid": _name_of(certificate, by_key_id),
        "digest_algorithm": {"algorithm": digest},
        "signature_algorithm": algorithm,
        "signature": signature,
    }
    if attrs is not None:
        info["signed_attrs"] = attrs
    return info


def _revocations(crls: Sequence[bytes], answers: Sequence[bytes]) -> list[Any]:
    return [
        *(asn1_crl.CertificateList.load(der) for der in crls),
        *(
            cms.RevocationInfoChoice(
                name="other",
                value={
                    "other_rev_info_format": "ocsp_response",
                    "other_rev_info": asn1_ocsp.OCSPResponse.load(der),
                },
            )
            for der in answers
        ),
    ]


def attribute(name: str, *values: Any) -> cms.CMSAttribute:
    """One signed attribute, by its asn1crypto or dotted name."""
    return cms.CMSAttribute({"type": name, "values": list(values)})


def _attributes(
    content: bytes, digest: str, at: datetime | None, extra: Sequence[cms.CMSAttribute]
) -> cms.CMSAttributes:
    hasher = hashes.Hash(_HASHES[digest])
    hasher.update(content)
    found = [
        attribute("content_type", "data"),
        attribute("message_digest", hasher.finalize()),
    ]
    if at is not None:
        found.append(attribute("signing_time", cms.Time(name="utc_time", value=at)))
    return cms.CMSAttributes([*found, *extra])


def sign_bytes(key: Any, digest: str, data: bytes, *, pss: bool = False) -> tuple[dict[str, Any], bytes]:
    """The algorithm (as asn1crypto takes it) and the signature over ``data``."""
    algorithm = _HASHES[digest]
    if isinstance(key, rsa.RSAPrivateKey) and pss:
        size = algorithm.digest_size
        parameters = {
            "hash_algorithm": {"algorithm": digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": digest}},
            "salt_length": size,
        }
        signature = key.sign(data, padding.PSS(padding.MGF1(algorithm), size), algorithm)
        return {"algorithm": "rsassa_pss", "parameters": parameters}, signature
    if isinstance(key, rsa.RSAPrivateKey):
        return {"algorithm": "rsassa_pkcs1v15"}, key.sign(data, padding.PKCS1v15(), algorithm)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {"algorithm": f"{digest}_ecdsa"}, key.sign(data, ec.ECDSA(algorithm))
    if isinstance(key, dsa.DSAPrivateKey):
        return {"algorithm": f"{digest}_dsa"}, key.sign(data, algorithm)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {"algorithm": "ed25519"}, key.sign(data)
    if isinstance(key, ed448.Ed448PrivateKey):
        return {"algorithm": "ed448"}, key.sign(data)
    raise TypeError(type(key))


def _name_of(certificate: x509.Certificate, by_key_id: bool) -> Any:
    if by_key_id:
        return cms.SignerIdentifier(name="subject_key_identifier", value=certificate.key_identifier)
    named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return cms.SignerIdentifier(name="issuer_and_serial_number", value=cms.IssuerAndSerialNumber(named))


def enveloped_data(
    content: bytes,
    recipients: Sequence[bytes],
    *,
    aead: bool = True,
    key_bytes: int = 32,
    oaep: str | None = "sha256",
    by_key_id: bool = False,
    kdf: str = "sha256",
    tag_bytes: int = 16,
    inner: str = "data",
    mode: str = "gcm",
    ukm: bytes | None = None,
) -> bytes:
    """A ContentInfo of AuthEnvelopedData (``aead``) or EnvelopedData (DER).

    ``mode`` of the former: ``gcm``, ``ccm`` or ``chacha``. ``ukm`` goes with the agreements of keys.
    """
    key = os.urandom(key_bytes)
    infos = [_recipient(der, key, oaep, by_key_id, kdf, ukm) for der in recipients]
    if not aead:
        iv = os.urandom(16)
        padder = block_padding.PKCS7(128).padder()
        encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        sealed = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
        encrypted = {
            "content_type": inner,
            "content_encryption_algorithm": {
                "algorithm": _CBC[key_bytes],
                "parameters": core.OctetString(iv),
            },
            "encrypted_content": sealed,
        }
        body = {"version": "v2", "recipient_infos": infos, "encrypted_content_info": encrypted}
        return content_info("enveloped_data", cms.EnvelopedData(body))
    algorithm, sealed, tag = _authenticated(content, key, tag_bytes, mode)
    encrypted = {
        "content_type": inner,
        "content_encryption_algorithm": algorithm,
        "encrypted_content": sealed,
    }
    authenticated = {
        "version": "v0",
        "recipient_infos": infos,
        "auth_encrypted_content_info": encrypted,
        "mac": tag,
    }
    return content_info("authenticated_enveloped_data", cms.AuthEnvelopedData(authenticated))


def _authenticated(
    content: bytes, key: bytes, tag_bytes: int, mode: str
) -> tuple[dict[str, Any], bytes, bytes]:
    """The algorithm with its parameters, the sealed content and its tag."""
    nonce = os.urandom(12)
    if mode == "chacha":
        both = ChaCha20Poly1305(key).encrypt(nonce, content, None)
        return {"algorithm": _CHACHA, "parameters": core.OctetString(nonce)}, both[:-16], both[-16:]
    parameters = core.Sequence(contents=core.OctetString(nonce).dump() + core.Integer(tag_bytes).dump())
    if mode == "ccm":
        both = AESCCM(key, tag_length=tag_bytes).encrypt(nonce, content, None)
        algorithm = {"algorithm": _CCM[len(key)], "parameters": algos.CcmParams.load(parameters.dump())}
        return algorithm, both[:-tag_bytes], both[-tag_bytes:]
    encryptor = Cipher(algorithms.AES(key), modes.GCM(nonce, None, 12)).encryptor()
    sealed = encryptor.update(content) + encryptor.finalize()
    return {"algorithm": _GCM[len(key)], "parameters": parameters}, sealed, encryptor.tag[:tag_bytes]


def _recipient(
    der: bytes, key: bytes, oaep: str | None, by_key_id: bool, kdf: str, ukm: bytes | None
) -> cms.RecipientInfo:
    certificate = x509.Certificate.load(der)
    public = serialization.load_der_public_key(certificate.public_key.dump())
    if not isinstance(public, rsa.RSAPublicKey):
        return _agreed(certificate, public, key, by_key_id, kdf, ukm)
    named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    algorithm: dict[str, Any] = {"algorithm": "rsaes_pkcs1v15"}
    if oaep is None:
        encrypted = public.encrypt(key, padding.PKCS1v15())
    else:
        digest = _HASHES[oaep]
        encrypted = public.encrypt(key, padding.OAEP(padding.MGF1(digest), digest, None))
        parameters = algos.RSAESOAEPParams(
            {
                "hash_algorithm": {"algorithm": oaep},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": oaep}},
            }
        )
        algorithm = {"algorithm": "rsaes_oaep", "parameters": parameters}
    rid = (
        cms.RecipientIdentifier(name="subject_key_identifier", value=certificate.key_identifier)
        if by_key_id
        else cms.RecipientIdentifier(
            name="issuer_and_serial_number", value=cms.IssuerAndSerialNumber(named)
        )
    )
    info = {
        "version": "v2" if by_key_id else "v0",
        "rid": rid,
        "key_encryption_algorithm": algorithm,
        "encrypted_key": encrypted,
    }
    return cms.RecipientInfo(name="ktri", value=cms.KeyTransRecipientInfo(info))


def _agreed(
    certificate: x509.Certificate,
    public: Any,
    key: bytes,
    by_key_id: bool,
    kdf: str,
    ukm: bytes | None,
) -> cms.RecipientInfo:
    ephemeral, secret = _exchanged(public)
    wrap = core.Sequence(contents=core.ObjectIdentifier(_WRAP).dump()).dump()
    given = core.OctetString(ukm, explicit=0).dump() if ukm is not None else b""
    shared = core.Sequence(
        contents=wrap + given + core.OctetString((256).to_bytes(4, "big"), explicit=2).dump()
    ).dump()
    name = kdf.rpartition("-")[2]
    if kdf.startswith("hkdf-"):
        kek = HKDF(_HASHES[name], 32, ukm, shared).derive(secret)
    else:
        kek = X963KDF(_HASHES[name], 32, shared).derive(secret)
    named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    rid = (
        cms.KeyAgreementRecipientIdentifier(
            name="r_key_id", value={"subject_key_identifier": certificate.key_identifier}
        )
        if by_key_id
        else cms.KeyAgreementRecipientIdentifier(
            name="issuer_and_serial_number", value=cms.IssuerAndSerialNumber(named)
        )
    )
    spki = ephemeral.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    info = {
        "version": "v3",
        "originator": cms.OriginatorIdentifierOrKey(
            name="originator_key", value=cms.PublicKeyInfo.load(spki)
        ),
        "key_encryption_algorithm": {"algorithm": _KDF[kdf], "parameters": core.Any.load(wrap)},
        "recipient_encrypted_keys": [{"rid": rid, "encrypted_key": keywrap.aes_key_wrap(kek, key)}],
    }
    if ukm is not None:
        info["ukm"] = ukm
    return cms.RecipientInfo(name="kari", value=cms.KeyAgreeRecipientInfo(info))


def _exchanged(public: Any) -> tuple[Any, bytes]:
    """An ephemeral key and what it shares with ``public``."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        key = ec.generate_private_key(public.curve)
        return key, key.exchange(ec.ECDH(), public)
    kind = x25519.X25519PrivateKey if isinstance(public, x25519.X25519PublicKey) else x448.X448PrivateKey
    other = kind.generate()
    return other, other.exchange(public)


def content_info(kind: str, content: Any) -> bytes:
    """A structure under its name (RFC 5652, 3), as DER."""
    return bytes(cms.ContentInfo({"content_type": kind, "content": content}).dump())
