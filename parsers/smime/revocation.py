"""Whether a certificate of a path was revoked at a given moment, by the lists and OCSP answers at hand.

RFC 5280 5 and 6.3 (CRL), RFC 6960 (OCSP). A proof is used only when its own signature holds. A
certificate listed counts as revoked from the date the proof gives, even when the proof came after the
message: what is learnt later about an earlier date is still true. One that is not listed is cleared
by a proof in force at ``at``, or made later while the certificate was still alive. With no proof at
all the verdict stands and says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from asn1crypto import crl, ocsp
from cryptography import x509

from parsers.certificates import describe, load, public_key
from parsers.errors import Malformed, ParseError
from parsers.smime.cms import reading
from parsers.smime.model import Evidence, Role
from parsers.smime.primitives import verify

_UNREADABLE = "Une preuve de révocation est illisible."
_NO_NEXT_UPDATE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Status:
    """What the proofs say of a whole path."""

    revoked: bool
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    """The proofs the answer stands on."""
    unsure: tuple[int, ...] = ()
    """Places in the path of the certificates that only the message itself, or nothing, clears."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What one proof says of one certificate."""

    revoked_at: datetime | None
    this_update: datetime
    next_update: datetime
    complete: bool = True
    """False when silence means nothing: partial list, other scope, unknown certificate."""

    def clears(self, at: datetime, not_after: datetime) -> bool:
        """Whether this proof, which lists nothing, shows that nothing was revoked at ``at``."""
        if self.revoked_at is not None and self.revoked_at <= at:
            return False
        in_force = self.this_update <= at <= self.next_update
        return self.complete and (in_force or at <= self.this_update <= not_after)


def owner_of(position: int) -> str:
    """How a sentence names the certificate at this place of a path."""
    if position == 0:
        return "Le certificat du signataire"
    return "Le certificat d’une autorité du signataire"


def judge(
    path: tuple[bytes, ...],
    crls: tuple[bytes, ...],
    answers: tuple[bytes, ...],
    at: datetime,
    carried: tuple[bytes, ...] = (),
) -> Status:
    """Judge every certificate of ``path`` (signer first, root last) at ``at``; the root is not judged.

    ``carried``: those of the proofs that the signer chose (see ``Trust.carried``).
    """
    evidence: list[Evidence] = []
    unsure: list[int] = []
    unknown = False
    for position in range(len(path) - 1):
        owner = owner_of(position)
        not_after = describe(path[position]).not_after
        cleared = sure = False
        for role, der, proof in _proofs(path[position], path[position + 1], crls, answers):
            used = Evidence(role, der, proof.this_update, proof.next_update)
            if proof.revoked_at is not None and proof.revoked_at <= at:
                reason = (
                    f"{owner} avait été révoqué le {proof.revoked_at:%d/%m/%Y}, avant l’arrivée du message."
                )
                return Status(True, (reason,), (*evidence, used))
            if proof.clears(at, not_after):
                cleared, sure = True, sure or der not in carried
                evidence.append(used)
        unsure += [] if sure else [position]
        unknown = unknown or (position == 0 and not cleared)
    reasons = (
        "La révocation du certificat du signataire n’a pas été vérifiée : aucune preuve en vigueur.",
    )
    return Status(False, reasons if unknown else (), tuple(dict.fromkeys(evidence)), tuple(unsure))


def _proofs(
    certificate: bytes, issuer: bytes, crls: tuple[bytes, ...], answers: tuple[bytes, ...]
) -> Iterator[tuple[Role, bytes, Proof]]:
    for der in crls:
        try:
            proof = _by_list(der, certificate, issuer)
        except ParseError:
            continue  # a proof nobody can read proves nothing
        if proof is not None:
            yield Role.CRL, der, proof
    for der in answers:
        try:
            proof = _by_answer(der, certificate, issuer)
        except ParseError:
            continue
        if proof is not None:
            yield Role.OCSP, der, proof


@lru_cache(maxsize=64)
def _list(der: bytes) -> tuple[Any, x509.CertificateRevocationList]:
    """The same list twice: asn1crypto for names and scope, cryptography for its fast search by number."""
    with reading(_UNREADABLE):
        return crl.CertificateList.load(der), x509.load_der_x509_crl(der)


@lru_cache(maxsize=64)
def _list_signed_by(der: bytes, issuer: bytes) -> bool:
    revocation_list, _ = _list(der)
    authority = load(issuer)
    with reading(_UNREADABLE):
        if revocation_list.issuer.hashable != authority.subject.hashable:
            return False
        usage = authority.key_usage_value
        if usage is not None and "crl_sign" not in usage.native:
            return False
        return _signed(revocation_list["tbs_cert_list"], revocation_list, authority)


def _signed(body: Any, envelope: Any, authority: Any) -> bool:
    key = public_key(authority.public_key.dump())
    algorithm = envelope["signature_algorithm"]
    try:
        name = algorithm.hash_algo
    except ValueError:
        name = "sha256"  # EdDSA, which uses none
    try:
        verify(key, algorithm, name, envelope["signature"].native, body.dump())
    except ParseError:
        return False
    return True


def _by_list(der: bytes, certificate: bytes, issuer: bytes) -> Proof | None:
    if not _list_signed_by(der, issuer):
        return None
    revocation_list, index = _list(der)
    subject = load(certificate)
    with reading(_UNREADABLE):
        if subject.issuer.hashable != revocation_list.issuer.hashable:
            return None
        scope = revocation_list.issuing_distribution_point_value
        if scope is not None and scope["indirect_crl"].native:
            return None
        this_update = index.last_update_utc
        next_update = index.next_update_utc or this_update + _NO_NEXT_UPDATE
        entry = index.get_revoked_certificate_by_serial_number(subject.serial_number)
        if entry is not None and not _removed(entry):
            return Proof(entry.revocation_date_utc, this_update, next_update)
        delta = revocation_list.delta_crl_indicator_value is not None
        complete = not delta and (scope is None or _in_scope(scope, subject))
        return Proof(None, this_update, next_update, complete)


def _removed(entry: x509.RevokedCertificate) -> bool:
    """A delta list takes a certificate off hold by this reason (RFC 5280 5.3.1)."""
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return False
    return reason == x509.ReasonFlags.remove_from_crl


def _in_scope(scope: Any, subject: Any) -> bool:
    """Whether a list speaks of certificates like this one (RFC 5280 5.2.5)."""
    if scope["only_some_reasons"].native is not None or scope["only_contains_attribute_certs"].native:
        return False
    if scope["only_contains_ca_certs"].native and not subject.ca:
        return False
    if scope["only_contains_user_certs"].native and subject.ca:
        return False
    points = scope["distribution_point"].native
    if not isinstance(points, list):
        return points is None
    announced = subject.crl_distribution_points_value
    own = announced.native if announced else ()
    return bool({uri for point in own for uri in point["distribution_point"] or ()} & set(points))


@lru_cache(maxsize=64)
def _answer(der: bytes) -> Any:
    with reading(_UNREADABLE):
        answer = ocsp.OCSPResponse.load(der)
        if answer["response_status"].native != "successful":
            raise Malformed(_UNREADABLE)
        return answer.basic_ocsp_response


def _by_answer(der: bytes, certificate: bytes, issuer: bytes) -> Proof | None:
    basic = _answer(der)
    subject, authority = load(certificate), load(issuer)
    with reading(_UNREADABLE):
        for single in basic["tbs_response_data"]["responses"]:
            if not _about(single["cert_id"], subject, authority):
                continue
            if not _answer_signed(basic, authority):
                return None
            this_update = single["this_update"].native
            next_update = single["next_update"].native or this_update + _NO_NEXT_UPDATE
            status = single["cert_status"]
            if status.name == "revoked":
                return Proof(status.chosen["revocation_time"].native, this_update, next_update)
            return Proof(None, this_update, next_update, status.name == "good")
    return None


def _about(identifier: Any, subject: Any, authority: Any) -> bool:
    name = identifier["hash_algorithm"]["algorithm"].native
    if name not in {"sha1", "sha256", "sha384", "sha512"}:
        return False

    def digest(data: bytes) -> bytes:
        return hashlib.new(name, data, usedforsecurity=False).digest()

    return bool(
        identifier["serial_number"].native == subject.serial_number
        and identifier["issuer_name_hash"].native == digest(subject.issuer.dump())
        and identifier["issuer_key_hash"].native == digest(bytes(authority.public_key["public_key"]))
    )


def _answer_signed(basic: Any, authority: Any) -> bool:
    """By the authority itself, or by a responder the authority made one (RFC 6960 4.2.2.2)."""
    if _signed(basic["tbs_response_data"], basic, authority):
        return True
    produced = basic["tbs_response_data"]["produced_at"].native
    for responder in basic["certs"] or ():
        usage = responder.extended_key_usage_value
        if usage is None or "ocsp_signing" not in usage.native:
            continue
        if not responder.not_valid_before <= produced <= responder.not_valid_after:
            continue
        if responder.issuer.hashable != authority.subject.hashable:
            continue
        if _signed(responder["tbs_certificate"], _CertificateSignature(responder), authority) and _signed(
            basic["tbs_response_data"], basic, responder
        ):
            return True
    return False


class _CertificateSignature:
    """A certificate names its signature field otherwise than a list or an answer does."""

    def __init__(self, certificate: Any) -> None:
        self._fields = {
            "signature_algorithm": certificate["signature_algorithm"],
            "signature": certificate["signature_value"],
        }

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]
