"""Who could be written to in secret: certificates that serve to encrypt, described for those who choose.

RFC 5280 4.2.1.3 and 4.2.1.12 (uses), RFC 8550 4.4 (mail). Nothing here is believed: dates, authority and
revocation are judged by whoever uses a certificate, at the moment of use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from parsers.certificates import certificates_from, describe, load, public_key
from parsers.errors import ParseError
from parsers.smime.cms import reading
from parsers.smime.model import Signature, Trust
from parsers.smime.primitives import weak_key
from parsers.smime.trust import assess

_MOST = 50
_MOST_HARVESTED = 5
_USES = {"key_encipherment", "key_agreement", "data_encipherment"}
_MAIL = {"email_protection", "any_extended_key_usage"}


@dataclass(frozen=True, slots=True)
class Addressee:
    """One certificate that is no authority's. ``emails`` lower case; dates aware, UTC."""

    der: bytes
    fingerprint: str
    emails: tuple[str, ...]
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    refusal: str | None
    """Why nothing may be encrypted for it (French), or ``None``."""


@dataclass(frozen=True, slots=True)
class Harvested:
    """A certificate worth showing to a person. ``signed``: it signed the mail; else it only came along."""

    who: Addressee
    signed: bool


def harvest(
    carried: Sequence[bytes], signing: Sequence[bytes], address: str, trust: Trust, at: datetime
) -> tuple[Harvested, ...]:
    """Certificates of a validly signed mail that name ``address`` and may receive secrets at ``at``.

    ``signing`` made the valid signatures. The others of ``carried`` are covered by no signature: anyone on
    the way may add one (RFC 5652, 5.1), hence they count only when a known authority vouches for them.
    """
    made = set(signing)
    found = []
    for one in addressees((*signing, *carried)):
        if address.lower() not in one.emails or one.refusal is not None:
            continue
        if not one.not_before <= at <= one.not_after:
            continue
        if one.der not in made and not _vouched(one.der, tuple(carried), trust, at):
            continue
        found.append(Harvested(one, one.der in made))
    return tuple(found[:_MOST_HARVESTED])


def _vouched(der: bytes, carried: tuple[bytes, ...], trust: Trust, at: datetime) -> bool:
    try:
        return assess(der, carried, trust, at, refusal_to_encrypt).verdict is Signature.VALID
    except ParseError:
        return False


def addressees(blobs: Sequence[bytes]) -> tuple[Addressee, ...]:
    """Every certificate of end users in these files (DER, PEM or a bag of certificates), once each.

    A blob nobody can read is left out: the others still serve.
    """
    found: dict[str, Addressee] = {}
    for blob in blobs[:_MOST]:
        try:
            ders = certificates_from(blob)[:_MOST]
        except ParseError:
            continue
        for der in ders:
            one = _addressee(der)
            if one is not None:
                found.setdefault(one.fingerprint, one)
    return tuple(found.values())


def _addressee(der: bytes) -> Addressee | None:
    try:
        details = describe(der)
        if details.authority:
            return None
        return Addressee(
            der=der,
            fingerprint=details.fingerprint,
            emails=details.emails,
            subject=details.subject[:200],
            issuer=details.issuer[:200],
            not_before=details.not_before,
            not_after=details.not_after,
            refusal=refusal_to_encrypt(der),
        )
    except ParseError:
        return None


def refusal_to_encrypt(der: bytes) -> str | None:
    """Why this certificate may not receive secrets, as a French sentence; ``None`` when it may.

    Raises ``Malformed``.
    """
    certificate = load(der)
    with reading("Un certificat est illisible."):
        usage = certificate.key_usage_value
        if usage is not None and not usage.native & _USES:
            return "Le certificat n’est pas fait pour chiffrer."
        extended = certificate.extended_key_usage_value
        if extended is not None and not set(extended.native) & _MAIL:
            return "Le certificat n’est pas fait pour la messagerie."
        algorithm = certificate.public_key.algorithm
    if algorithm not in {"rsa", "ec"}:
        return "La clé de ce certificat ne permet pas de chiffrer."
    if weak_key(public_key(certificate.public_key.dump())) is not None:
        return "La clé de ce certificat est trop faible aujourd’hui."
    return None
