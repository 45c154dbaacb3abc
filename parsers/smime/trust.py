"""Whether a signer's certificate deserved belief at a given moment: path, dates, use, revocation.

Paths are built and judged by ``pyhanko-certvalidator`` (RFC 5280 6.1) on supplied certificates only,
without network. Three things stay ours because the library refuses or ignores them (see the decision
on libraries): weak algorithms are named instead of refused, dates are told apart from the rest, and
revocation is judged from every list at hand, whether or not the certificate announces one.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, AcceptAllAlgorithms, CertRevTrustPolicy

from parsers.certificates import describe, load, public_key, refusal_to_sign
from parsers.errors import ParseError, Unsupported
from parsers.smime.model import Evidence, Role, Signature, Trust, Wanted
from parsers.smime.primitives import weak_hash, weak_key
from parsers.smime.revocation import judge, owner_of
from parsers.smime.wanted import of_issuer, of_path

T = TypeVar("T")
_WEAK_LINK = "Un certificat du signataire est lui-même signé avec une empreinte trop faible aujourd’hui."
_MAX_OFFERED = 6
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """The verdict on a certificate: ``valid``, ``weak``, ``expired``, ``untrusted`` or ``revoked``."""

    verdict: Signature
    reasons: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """The certificates of the path, then the lists and OCSP answers, on which it stands."""
    wanted: tuple[Wanted, ...] = ()
    """What the network could add."""


def assess(
    certificate: bytes,
    seen: tuple[bytes, ...],
    trust: Trust,
    at: datetime,
    refusal_of: Callable[[bytes], str | None] = refusal_to_sign,
) -> Standing:
    """Judge a certificate at ``at`` (aware). ``seen`` are the certificates of the message.

    ``refusal_of`` says why it may not serve: to sign, unless another use is asked. The message's own
    certificates help to build a path and are never believed by themselves.
    """
    at = at.astimezone(UTC).replace(microsecond=0)
    others = _helpful(certificate, seen, trust)
    path = _path(certificate, others, trust.roots, _epoch(certificate, others, trust.roots, at))
    late = path is None or not _all_current(path, at)
    if path is None:
        path = _path_at_any_time(certificate, others, trust.roots)
    if path is None:
        return Standing(
            Signature.UNTRUSTED,
            (_untrusted(certificate, trust),),
            (Evidence(Role.SIGNER, certificate),),
            of_issuer((certificate, *_led(certificate, seen))),
        )
    refusal = refusal_of(certificate)
    if refusal is not None:
        return Standing(Signature.UNTRUSTED, (refusal,), steps_of(path))
    status = judge(path, trust.crls, trust.ocsp, at, trust.carried)
    evidence = (*steps_of(path), *status.evidence)
    if status.revoked:
        return Standing(Signature.REVOKED, status.reasons, evidence)
    wanted = of_path(path, status.unsure)
    if late:
        reasons = (*_date_reasons(path, at), *status.reasons)
        return Standing(Signature.EXPIRED, reasons, evidence, wanted)
    weak = _weaknesses(path)
    verdict = Signature.WEAK if weak else Signature.VALID
    return Standing(verdict, (*weak, *status.reasons), evidence, wanted)


def steps_of(path: tuple[bytes, ...]) -> tuple[Evidence, ...]:
    """The certificates of a path (signer first) with their places."""
    roles = [Role.SIGNER, *[Role.INTERMEDIATE] * (len(path) - 2), Role.ROOT]
    return tuple(Evidence(role, der) for role, der in zip(roles, path, strict=False))


def _weaknesses(path: tuple[bytes, ...]) -> tuple[str, ...]:
    """The last question: is every link strong? The root is believed by choice, not by its signature."""
    reasons: list[str] = []
    for position, der in enumerate(path):
        certificate = load(der)
        reason = weak_key(public_key(certificate.public_key.dump()))
        if reason is not None:
            reasons.append(reason)
        if position < len(path) - 1:
            try:
                reason = weak_hash(certificate["signature_algorithm"].hash_algo)
            except ValueError:  # EdDSA names no hash
                reason = None
            if reason is not None:
                reasons.append(_WEAK_LINK)
    return tuple(dict.fromkeys(reasons))


def _helpful(certificate: bytes, seen: tuple[bytes, ...], trust: Trust) -> tuple[bytes, ...]:
    """Certificates a path may go through."""
    supplied = (*trust.intermediates, *_authorities(trust.known))
    return tuple(dict.fromkeys((*_led(certificate, seen), *supplied)))


def _led(certificate: bytes, seen: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Of the message's certificates, the authorities that lead on from the signer, and few of them.

    Certificates that vouch for one another in every direction would give a stranger an endless search.
    """
    offered = [der for der in dict.fromkeys(seen) if der != certificate and _is_authority(der)]
    wanted = {load(certificate).issuer.hashable}
    led: list[bytes] = []
    for _ in offered:
        found = [der for der in offered if der not in led and load(der).subject.hashable in wanted]
        if not found or len(led) >= _MAX_OFFERED:
            break
        led += found
        wanted |= {load(der).issuer.hashable for der in found}
    return tuple(led[:_MAX_OFFERED])


@lru_cache(maxsize=8)
def _authorities(known: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(der for der in known if _is_authority(der))


def _is_authority(der: bytes) -> bool:
    try:
        return describe(der).authority
    except ParseError:
        return False


def _epoch(certificate: bytes, others: Iterable[bytes], roots: Iterable[bytes], at: datetime) -> datetime:
    """The first moment of the stretch around ``at`` in which no certificate begins or ends.

    A path is as good at one moment of such a stretch as at another, which lets its verdict be
    remembered although every message arrives at a time of its own.
    """
    edges = [edge for der in (certificate, *others, *roots) for edge in _edges(der)]
    return max((edge for edge in edges if edge <= at), default=at)


@lru_cache(maxsize=512)
def _edges(der: bytes) -> tuple[datetime, ...]:
    try:
        details = describe(der)
    except ParseError:
        return ()
    return details.not_before, details.not_after + _SECOND


def _all_current(path: tuple[bytes, ...], at: datetime) -> bool:
    """The library does not look at the dates of the root, nor at those of a certificate that is one."""
    return all(describe(der).not_before <= at <= describe(der).not_after for der in path)


def _path_at_any_time(
    certificate: bytes, others: tuple[bytes, ...], roots: tuple[bytes, ...]
) -> tuple[bytes, ...] | None:
    """A path that was good at one end of the certificate's life: then only dates are wrong."""
    details = describe(certificate)
    for moment in (details.not_after, details.not_before):
        path = _path(certificate, others, roots, moment)
        if path is not None:
            return path
    return None


@lru_cache(maxsize=256)
def _path(
    certificate: bytes, others: tuple[bytes, ...], roots: tuple[bytes, ...], moment: datetime
) -> tuple[bytes, ...] | None:
    """A valid path, from the certificate to a root, as DER; None when there is none."""
    if not roots:  # the library would then believe those of the machine
        return None
    context = ValidationContext(
        trust_roots=[load(der) for der in roots if _edges(der)],
        other_certs=[load(der) for der in others if _edges(der)],
        moment=moment,
        revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),
        algorithm_usage_policy=AcceptAllAlgorithms(),
        time_tolerance=timedelta(0),
        allow_fetching=False,
    )
    validator = CertificateValidator(load(certificate), validation_context=context)
    try:
        path = _finish(validator.async_validate_path())
        return tuple(step.dump() for step in reversed(list(path.iter_certs(include_root=True))))
    except Exception:  # noqa: BLE001  # whatever goes wrong on strangers' certificates, there is no path
        return None


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits: with fetching off, the library's own have nothing to wait for."""
    try:
        work.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value
    work.close()
    raise Unsupported("La vérification d’un certificat demande le réseau.")


def _untrusted(certificate: bytes, trust: Trust) -> str:
    if not trust.roots:
        return "Aucune autorité n’est déclarée : le certificat du signataire ne peut être vérifié."
    loaded = load(certificate)
    if loaded.issuer.hashable == loaded.subject.hashable:
        return "Le certificat du signataire n’est garanti que par lui-même."
    return "L’autorité qui garantit le certificat du signataire n’est pas reconnue."


def _date_reasons(path: tuple[bytes, ...], at: datetime) -> tuple[str, ...]:
    reasons = []
    for position, der in enumerate(path):
        details = describe(der)
        owner = owner_of(position)
        if at > details.not_after:
            reasons.append(f"{owner} avait expiré le {details.not_after:%d/%m/%Y}, avant l’arrivée.")
        elif at < details.not_before:
            reasons.append(f"{owner} n’était valable qu’à partir du {details.not_before:%d/%m/%Y}.")
    return tuple(reasons)
