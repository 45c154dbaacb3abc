"""The signed attributes of a signature: what the signer bound to the content (RFC 5652 5.3, 5.4 and 11).

An attribute given twice, or with two values, is refused: two readers could choose differently.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from asn1crypto import cms, core

from parsers.errors import Malformed, ParseError
from parsers.smime.cms import (
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    SigningCertificate,
    SigningCertificateV2,
    octets,
    reading,
)
from parsers.smime.primitives import digest

_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"


class Attributes:
    """Signed attributes by dotted name. Empty (false) when the signature has none."""

    def __init__(self, values: dict[str, Any], encoded: Any) -> None:
        self._values = values
        self._encoded = encoded

    @classmethod
    def of(cls, info: Any) -> Attributes:
        """Those of a SignerInfo. Raises ``Malformed`` for one given twice."""
        encoded = info["signed_attrs"]
        values: dict[str, Any] = {}
        if isinstance(encoded, core.Void):
            return cls(values, None)
        for attribute in encoded:
            name = attribute["type"].dotted
            if name in values:
                raise Malformed("La signature porte deux fois le même attribut signé.")
            values[name] = attribute["values"]
        if not values:
            raise Malformed("La signature porte une liste vide d’attributs signés.")
        return cls(values, encoded)

    def __bool__(self) -> bool:
        return bool(self._values)

    def _one(self, name: str) -> Any:
        values = self._values.get(name)
        if values is None:
            return None
        if len(values) != 1:
            raise Malformed("La signature donne plusieurs valeurs à un même attribut signé.")
        return values[0]

    def message_digest(self, kind: str) -> bytes:
        """The digest of the content. Raises ``Malformed`` when a mandatory attribute is absent or wrong."""
        content_type = self._one(_CONTENT_TYPE)
        if content_type is None or content_type.native != kind:
            raise Malformed("La signature ne porte pas sur ce type de contenu.")
        value = octets(self._one(_MESSAGE_DIGEST))
        if value is None:
            raise Malformed("La signature ne dit pas l’empreinte du contenu.")
        return value

    def signing_time(self) -> datetime | None:
        """The time the signer claims, aware, UTC; None when absent or unreadable."""
        try:
            with reading("La date de la signature est illisible."):
                value = self._one(_SIGNING_TIME)
                native = None if value is None else value.native
        except ParseError:
            return None
        return native.astimezone(UTC) if isinstance(native, datetime) and native.tzinfo else None

    def check_binding(self, info: Any, certificate: bytes) -> None:
        """Refuse a certificate or algorithms swapped after signing (RFC 5035, RFC 6211).

        Raises ``Malformed`` when an attribute names another certificate or other algorithms.
        """
        first = self._one(SIGNING_CERTIFICATE_V2)
        if first is not None:
            entry = SigningCertificateV2.load(first.dump())["certs"][0]
            name, expected = entry["hash_algorithm"]["algorithm"].native, entry["cert_hash"].native
            if not compare_digest(digest(name, certificate), expected):
                raise Malformed("Le certificat joint n’est pas celui que le signataire a désigné.")
        first = self._one(SIGNING_CERTIFICATE)
        if first is not None:
            expected = SigningCertificate.load(first.dump())["certs"][0]["cert_hash"].native
            if not compare_digest(digest("sha1", certificate), expected):
                raise Malformed("Le certificat joint n’est pas celui que le signataire a désigné.")
        protection = self._one(_ALGORITHM_PROTECTION)
        if protection is None:
            return
        named = protection["signature_algorithm"]
        if _name(protection["digest_algorithm"]) != _name(info["digest_algorithm"]) or (
            not isinstance(named, core.Void) and _name(named) != _name(info["signature_algorithm"])
        ):
            raise Malformed(
                "Les algorithmes de la signature ne sont pas ceux que le signataire a désignés."
            )

    def encodings(self) -> Iterator[bytes]:
        """The bytes that were signed: as received under the universal tag, then in strict DER.

        RFC 5652 5.4 asks for DER; some writers send what they signed in another order.
        """
        received: bytes = self._encoded.dump()
        if received[1:2] != b"\x80":
            yield b"\x31" + received[1:]
        yield self._encoded.untag().dump(force=True)


def _name(algorithm: Any) -> str:
    return str(algorithm["algorithm"].dotted)


def refuse_disguise(kind: str, content: bytes) -> None:
    """A signature without signed attributes: allowed for plain data only (RFC 5652 5.3).

    Raises ``Malformed`` for another type, and when the content is itself a list of signed attributes:
    then it may be the attributes of some other message, shown as a text its author never wrote.
    """
    if kind != "data":
        raise Malformed("La signature ne protège pas le type du contenu.")
    if content[:1] != b"\x31":
        return
    try:
        with reading("Le contenu n’est pas une liste d’attributs."):
            disguised = {
                attribute["type"].dotted for attribute in cms.CMSAttributes.load(content, strict=True)
            }
    except ParseError:
        return
    if _MESSAGE_DIGEST in disguised:
        raise Malformed("Le contenu signé est la signature d’un autre message.")
