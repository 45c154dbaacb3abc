"""Who a message is encrypted for, and the content key each may recover.

RSA v1.5 and OAEP (RFC 3370, 3560, 8017), ephemeral-static ECDH (RFC 5753) with the X9.63 derivation,
X25519 and X448 (RFC 8418) with that one or HKDF.
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from asn1crypto import cms, core
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x448, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from parsers.certificates import key_identifier, names, private_key
from parsers.errors import CannotDecrypt, Unsupported
from parsers.smime.cms import octets
from parsers.smime.model import Identity
from parsers.smime.primitives import digest, hash_for

_WRONG = "Cette clé n’ouvre pas le message."
_TRIPLE_DES_WRAP = "1.2.840.113549.1.9.16.3.6"
_WRAP_BITS = {
    "2.16.840.1.101.3.4.1.5": 128,
    "2.16.840.1.101.3.4.1.25": 192,
    "2.16.840.1.101.3.4.1.45": 256,
    _TRIPLE_DES_WRAP: 192,
}
# dhSinglePass-stdDH and -cofactorDH, the same thing on curves of cofactor 1 (RFC 5753 7.1.4).
_KDF_HASHES = {
    "1.3.133.16.840.63.0.2": "sha1",
    "1.3.133.16.840.63.0.3": "sha1",
    "1.3.132.1.11.0": "sha224",
    "1.3.132.1.11.1": "sha256",
    "1.3.132.1.11.2": "sha384",
    "1.3.132.1.11.3": "sha512",
    "1.3.132.1.14.0": "sha224",
    "1.3.132.1.14.1": "sha256",
    "1.3.132.1.14.2": "sha384",
    "1.3.132.1.14.3": "sha512",
}
# dhSinglePass-stdDH-hkdf: the same with another derivation (RFC 8418 2.2).
_HKDF_HASHES = {
    "1.2.840.113549.1.9.16.3.19": "sha256",
    "1.2.840.113549.1.9.16.3.20": "sha384",
    "1.2.840.113549.1.9.16.3.21": "sha512",
}
_CLOSED = {
    "pwri": "un mot de passe (PasswordRecipientInfo, RFC 3211)",
    "kekri": "une clé convenue à l’avance (KEKRecipientInfo)",
    "ori": "un mécanisme que la passerelle ne connaît pas (OtherRecipientInfo, par exemple KEM)",
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One encrypted copy of the content key. ``info`` and ``entry`` are asn1crypto values."""

    agreement: bool
    """ECDH when true, RSA otherwise."""
    issuer: tuple[str, int] | None
    key_id: bytes | None
    info: Any
    encrypted_key: bytes

    def names(self, identity: Identity) -> bool:
        """Whether the sender named this certificate."""
        if self.issuer is not None:
            return self.issuer == names(identity.certificate)
        return self.key_id == key_identifier(identity.certificate)


def recipients(infos: Any) -> tuple[Recipient, ...]:
    """Those that RSA or elliptic keys may open; passwords and shared keys are left out."""
    found: list[Recipient] = []
    for choice in infos:
        info = choice.chosen
        if choice.name == "ktri":
            found.append(_recipient(False, info["rid"], info, info["encrypted_key"]))
        elif choice.name == "kari":
            found += [
                _recipient(True, entry["rid"], info, entry["encrypted_key"])
                for entry in info["recipient_encrypted_keys"]
            ]
    return tuple(found)


def closed(infos: Any) -> str | None:
    """Why nobody here can be a recipient, as a French sentence; None when a certificate is one."""
    kinds = list(dict.fromkeys(str(choice.name) for choice in infos))
    if not kinds or any(kind not in _CLOSED for kind in kinds):
        return None
    return (
        f"Le message est chiffré par {' et par '.join(_CLOSED[kind] for kind in kinds)}, et pour aucun "
        "certificat : demander un envoi chiffré avec celui de la boîte."
    )


def _recipient(agreement: bool, rid: Any, info: Any, encrypted: Any) -> Recipient:
    key = octets(encrypted) or b""
    if rid.name == "issuer_and_serial_number":
        named = rid.chosen["issuer"].hashable, rid.chosen["serial_number"].native
        return Recipient(agreement, named, None, info, key)
    identifier = rid.chosen["subject_key_identifier"] if rid.name == "r_key_id" else rid.chosen
    return Recipient(agreement, None, octets(identifier), info, key)


def unwrap(recipient: Recipient, identity: Identity) -> bytes:
    """The content key. Raises ``CannotDecrypt`` for a wrong key, ``Unsupported``, ``Malformed``."""
    key = private_key(identity.key)
    try:
        if recipient.agreement:
            return _agree(recipient, key)
        return _transport(recipient, key)
    except (InvalidTag, keywrap.InvalidUnwrap, ValueError) as error:
        raise CannotDecrypt(_WRONG) from error
    except UnsupportedAlgorithm as error:
        raise Unsupported("Le message emploie un chiffrement de clé non pris en charge.") from error


def _transport(recipient: Recipient, key: PrivateKeyTypes) -> bytes:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise CannotDecrypt(_WRONG)
    algorithm = recipient.info["key_encryption_algorithm"]
    kind = algorithm["algorithm"].native
    if kind == "rsaes_pkcs1v15":
        return key.decrypt(recipient.encrypted_key, padding.PKCS1v15())
    if kind != "rsaes_oaep":
        raise Unsupported(f"Le message emploie un chiffrement de clé non pris en charge ({kind}).")
    parameters = algorithm["parameters"]
    if isinstance(parameters, core.Void | core.Null):
        name, mask, label = "sha1", "sha1", None
    else:
        name = parameters["hash_algorithm"]["algorithm"].native
        mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
        label = parameters["p_source_algorithm"]["parameters"].native or None
    scheme = padding.OAEP(padding.MGF1(hash_for(mask)), hash_for(name), label)
    return key.decrypt(recipient.encrypted_key, scheme)


def _agree(recipient: Recipient, key: PrivateKeyTypes) -> bytes:
    if not isinstance(key, ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey | x448.X448PrivateKey):
        raise CannotDecrypt(_WRONG)
    info = recipient.info
    if info["originator"].name != "originator_key":
        raise Unsupported("Le message emploie un accord de clé statique, non pris en charge.")
    algorithm = info["key_encryption_algorithm"]
    scheme = algorithm["algorithm"].dotted
    if scheme not in _KDF_HASHES and scheme not in _HKDF_HASHES:
        raise Unsupported(f"Le message emploie un accord de clé non pris en charge ({scheme}).")
    wrap = cms.KeyEncryptionAlgorithm.load(algorithm["parameters"].dump())
    bits = _WRAP_BITS.get(wrap["algorithm"].dotted)
    if bits is None:
        name = wrap["algorithm"].native
        raise Unsupported(f"Le message emploie une enveloppe de clé non prise en charge ({name}).")
    point = bytes(info["originator"].chosen["public_key"])
    secret = _shared_secret(key, point)
    ukm = octets(info["ukm"])
    info_bytes = _shared_info(wrap.dump(), ukm, bits)
    if scheme in _HKDF_HASHES:
        kek = HKDF(hash_for(_HKDF_HASHES[scheme]), bits // 8, ukm, info_bytes).derive(secret)
    else:
        kek = X963KDF(hash_for(_KDF_HASHES[scheme]), bits // 8, info_bytes).derive(secret)
    if wrap["algorithm"].dotted == _TRIPLE_DES_WRAP:
        return _triple_des_unwrap(kek, recipient.encrypted_key)
    return keywrap.aes_key_unwrap(kek, recipient.encrypted_key)


def _shared_secret(
    key: ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey | x448.X448PrivateKey, point: bytes
) -> bytes:
    """A point of another curve, or of none, is never used, so that nothing leaks (RFC 7748 6 for zero)."""
    try:
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(key.curve, point))
        if isinstance(key, x25519.X25519PrivateKey):
            return key.exchange(x25519.X25519PublicKey.from_public_bytes(point))
        return key.exchange(x448.X448PublicKey.from_public_bytes(point))
    except ValueError as error:
        raise CannotDecrypt(_WRONG) from error


def _triple_des_unwrap(kek: bytes, wrapped: bytes) -> bytes:
    """RFC 3217 3.2, still what OpenSSL picks around a 3DES content."""
    if len(wrapped) != 40:
        raise CannotDecrypt(_WRONG)
    outer = Cipher(TripleDES(kek), modes.CBC(bytes.fromhex("4adda22c79e82105"))).decryptor()
    turned = (outer.update(wrapped) + outer.finalize())[::-1]
    inner = Cipher(TripleDES(kek), modes.CBC(turned[:8])).decryptor()
    opened = inner.update(turned[8:]) + inner.finalize()
    key, check = opened[:24], opened[24:]
    if not compare_digest(digest("sha1", key)[:8], check):
        raise CannotDecrypt(_WRONG)
    return key


def _shared_info(algorithm: bytes, ukm: bytes | None, bits: int) -> bytes:
    """ECC-CMS-SharedInfo (RFC 5753 7.2) with the algorithm exactly as the sender wrote it."""
    content = algorithm
    if ukm is not None:
        content += core.OctetString(ukm, explicit=0).dump()
    content += core.OctetString(bits.to_bytes(4, "big"), explicit=2).dump()
    return bytes(core.Sequence(contents=content).dump())
